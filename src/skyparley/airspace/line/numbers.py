"""The numbers that hold between two parties now, each with the clause that lays it down.

Where several agreements in force bind the two, the stricter number holds: more distance, more notice, less
disclosure. Where none does, the defaults hold, and the citation is empty.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

from skyparley.airspace.line.agreement import separation_of
from skyparley.airspace.line.items import Agreement
from skyparley.airspace.line.terms import (
    DISCLOSURES,
    DisclosureTerm,
    NoticeTerm,
    PriorityTerm,
)
from skyparley.airspace.state import Airspace
from skyparley.conflict.minima import AgreedMinima, AgreedTable, SeparationMinima, SeparationMinimum
from skyparley.units import MILLIMETRES_PER_METRE

DEFAULT_DISCLOSURE: Final = "overlap"
TermT = TypeVar("TermT")


class Number(NamedTuple):
    """A whole number and the clause (`agreement/version/clause`) that lays it down; empty: a default."""

    value: int
    basis: str


def between(state: Airspace, one: str, other: str) -> list[Agreement]:
    """The agreements in force that bind two parties, by identifier."""
    return [
        agreement
        for _, agreement in sorted(state.line.agreements.items())
        if agreement.in_force and one in agreement.members and other in agreement.members
    ]


def terms_between(state: Airspace, one: str, other: str, kind: type[TermT]) -> Iterator[tuple[str, TermT]]:
    """The terms of a kind that hold between two parties, each with its citation."""
    for agreement in between(state, one, other):
        for clause in agreement.clauses:
            if isinstance(clause.term, kind):
                yield agreement.citation(clause), clause.term


def notices(state: Airspace, party: str, operation_class: str) -> list[Number]:
    """The seconds of notice that a party owes for an operation of a class, by every agreement that binds it."""
    return [
        Number(clause.term.notice_s, agreement.citation(clause))
        for _, agreement in sorted(state.line.agreements.items())
        if agreement.in_force and party in agreement.members
        for clause in agreement.clauses
        if isinstance(clause.term, NoticeTerm) and clause.term.operation_class == operation_class
    ]


def disclosure(state: Airspace, one: str, other: str) -> tuple[str, str]:
    """What the one learns of the other's side of a conflict (a word of `DISCLOSURES`), and the clause that says so."""
    found = [(DISCLOSURES.index(term.level), basis) for basis, term in terms_between(state, one, other, DisclosureTerm)]
    if not found:
        return DEFAULT_DISCLOSURE, ""
    index, basis = min(found)
    return DISCLOSURES[index], basis


def rank(state: Airspace, one: str, other: str, operation_class: str) -> tuple[int, bool, str]:
    """The rank of a class between two parties, whether it warns at once, and the clause that says so."""
    found = [
        (term.rank, term.warns_at_once, basis)
        for basis, term in terms_between(state, one, other, PriorityTerm)
        if term.operation_class == operation_class
    ]
    return max(found, default=(0, False, ""))


def agreed_minima(state: Airspace, defaults: SeparationMinima) -> AgreedMinima:
    """The separation minima that hold now, for the exact comparison."""
    tables = []
    for name, agreement in sorted(state.line.agreements.items()):
        entries = {
            (term.class_a, term.class_b): SeparationMinimum(
                term.horizontal_mm / MILLIMETRES_PER_METRE,
                term.vertical_mm / MILLIMETRES_PER_METRE,
                basis,
            )
            for basis, term in separation_of(agreement)
        }
        if entries:
            tables.append(AgreedTable(name, frozenset(agreement.members), entries))
    return AgreedMinima(defaults, tuple(tables))
