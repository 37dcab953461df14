"""The numbers that hold by some agreements now, each with the clause that lays it down.

Where several that are in force bind two parties, the stricter number holds: more distance, more notice, less
disclosure, less time to answer. Where none does, the defaults hold, and the citation is empty.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.agreements.terms import (
    DISCLOSURES,
    OVERLAP,
    AnswerTimeTerm,
    ContactTerm,
    DisclosureTerm,
    LineTestTerm,
    NoticeTerm,
    PriorityTerm,
    SeparationTerm,
    UnresolvedTerm,
)
from skyparley.airspace.state import Airspace
from skyparley.conflict.minima import AgreedMinima, AgreedTable, SeparationMinima, SeparationMinimum
from skyparley.units import MILLIMETRES_PER_METRE

DEFAULT_DISCLOSURE: Final = OVERLAP
DEFAULT_ANSWER_S: Final = {"FLASH": 60, "IMMEDIATE": 180, "PRIORITY": 600, "ROUTINE": 3_600}
"""How long a message may wait for its answer where nothing is agreed, by precedence."""
DEFAULT_TEST_ANSWER_S: Final = 180


class Number(NamedTuple):
    """A whole number and the clause (`agreement/version/clause`) that lays it down; empty: a default."""

    value: int
    basis: str


def notices(agreements: Iterable[Agreement], operation_class: str) -> list[Number]:
    """The seconds of notice that an operation of a class is owed, by every agreement."""
    return [
        Number(term.notice_s, basis)
        for agreement in agreements
        for basis, term in agreement.terms(NoticeTerm)
        if term.operation_class == operation_class
    ]


def disclosure(agreements: Iterable[Agreement]) -> tuple[str, str]:
    """What each side of a conflict learns of the other (a word of `DISCLOSURES`), and the clause that says so."""
    found = [
        (DISCLOSURES.index(term.level), basis)
        for agreement in agreements
        for basis, term in agreement.terms(DisclosureTerm)
    ]
    if not found:
        return DEFAULT_DISCLOSURE, ""
    index, basis = min(found)
    return DISCLOSURES[index], basis


def rank(agreements: Iterable[Agreement], operation_class: str) -> Number:
    """The rank of a class; the lower one of two gives way."""
    found = [
        Number(term.rank, basis)
        for agreement in agreements
        for basis, term in agreement.terms(PriorityTerm)
        if term.operation_class == operation_class
    ]
    return max(found, default=Number(0, ""))


def unresolved_lead(agreements: Iterable[Agreement]) -> Number:
    """The seconds before the later of two operations begins at which their conflict is an alarm."""
    found = [Number(term.lead_s, basis) for agreement in agreements for basis, term in agreement.terms(UnresolvedTerm)]
    return max(found, default=Number(0, ""))


def warns_at_once(agreements: Iterable[Agreement], operation_classes: Iterable[str]) -> str:
    """The clause by which a conflict with an operation of one of these classes warns at once; empty: none does."""
    classes = set(operation_classes)
    return next(
        (
            basis
            for agreement in agreements
            for basis, term in agreement.terms(PriorityTerm)
            if term.warns_at_once and term.operation_class in classes
        ),
        "",
    )


def answer_time(agreements: Iterable[Agreement], precedence: str) -> Number:
    """The seconds within which a message of a precedence is answered."""
    found = [
        Number(term.answer_s, basis)
        for agreement in agreements
        for basis, term in agreement.terms(AnswerTimeTerm)
        if term.precedence == precedence
    ]
    return min(found, default=Number(DEFAULT_ANSWER_S[precedence], ""))


def contact(agreements: Iterable[Agreement], party: str) -> tuple[str, str]:
    """The post at which a party is reached by the first agreement that names one, and the clause; empty: none does."""
    for agreement in agreements:
        for basis, term in agreement.terms(ContactTerm):
            if term.party == party:
                return term.post, basis
    return "", ""


def line_test(agreement: Agreement) -> tuple[LineTestTerm | None, str]:
    """What an agreement that is in force says on tests of its line, and the clause."""
    return next(((term, basis) for basis, term in agreement.terms(LineTestTerm)), (None, ""))


def line_test_answer(agreement: Agreement) -> Number:
    """The seconds within which a test of an agreement's line is answered."""
    term, basis = line_test(agreement)
    return Number(DEFAULT_TEST_ANSWER_S, "") if term is None else Number(term.answer_s, basis)


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
            for basis, term in agreement.terms(SeparationTerm)
        }
        if entries:
            tables.append(AgreedTable(name, frozenset(agreement.members), entries))
    return AgreedMinima(defaults, tuple(tables))
