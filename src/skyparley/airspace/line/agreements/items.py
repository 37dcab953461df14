"""What the line holds in the shared state: agreements with their drafts, versions and standings.

Every record is an item of the state hash. `due_us` of an item is the next instant at which time alone changes it.
"""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from skyparley.airspace.line.agreements.commands import Text
from skyparley.airspace.line.agreements.terms import ReviewTerm, Term

TermT = TypeVar("TermT")


class Reservation(msgspec.Struct, frozen=True, array_like=True):
    """Why a member does not accept a clause as it is."""

    party: str
    text: str


class Clause(msgspec.Struct, frozen=True, array_like=True):
    """A numbered clause: its text in every language, the number it lays down, and who accepts this revision.

    `version` is that of the draft in which it took this form: it is cited by it, also in later versions that leave it
    as it is. `struck`: the proposal is to leave it out. `accepted_by` is sorted.
    """

    number: str
    version: int
    revision: int
    struck: bool
    term: Term | None
    texts: tuple[Text, ...]
    proposed_by: str
    accepted_by: tuple[str, ...]
    reservations: tuple[Reservation, ...]


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """How a member stands to the version in force; `announced` comes true at `from_us`, until then it is empty."""

    party: str
    state: str
    since_us: int
    reason: str
    announced: str = ""
    from_us: int = 0
    announced_reason: str = ""


class DraftStanding(msgspec.Struct, frozen=True, array_like=True):
    """How a member stands to the draft."""

    party: str
    state: str
    since_us: int


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """The version that is being negotiated, clauses in the order of their numbers."""

    version: int
    clauses: tuple[Clause, ...]
    standings: tuple[DraftStanding, ...]


class Agreement(msgspec.Struct, frozen=True, array_like=True, tag="agreement"):
    """An agreement on how deconfliction works between its members.

    `version` counts what was accepted by all, 0: nothing yet. `minima_sequence` is the entry at which the separation
    that it lays down last changed, 0: never. `review_due` says that its review date has passed. `next_test_us` is when
    its line is tested next, 0: no test is scheduled.
    """

    agreement_id: str
    titles: tuple[Text, ...]
    members: tuple[str, ...]
    languages: tuple[str, ...]
    authoritative: tuple[str, ...]
    version: int
    clauses: tuple[Clause, ...]
    standings: tuple[Standing, ...]
    draft: Draft | None
    review_due: bool
    minima_sequence: int
    changed_sequence: int
    next_test_us: int = 0

    @property
    def in_force(self) -> bool:
        """Whether all members accept it now."""
        return self.version > 0 and all(standing.state == "accepted" for standing in self.standings)

    @property
    def due_us(self) -> int | None:
        """When an announced suspension or termination begins, the review date passes, or the line is tested."""
        times = [standing.from_us for standing in self.standings if standing.announced]
        review_us = self.review_us
        if review_us is not None and not self.review_due:
            times.append(review_us)
        if self.next_test_us:
            times.append(self.next_test_us)
        return min(times, default=None)

    @property
    def review_us(self) -> int | None:
        """The review date of the version in force (microseconds since 1970 UTC)."""
        for clause in self.clauses:
            if isinstance(clause.term, ReviewTerm):
                return clause.term.review_us
        return None

    def citation(self, clause: Clause) -> str:
        """How a clause is cited: `agreement/version/clause`."""
        return f"{self.agreement_id}/{clause.version}/{clause.number}"

    def terms(self, kind: type[TermT]) -> Iterator[tuple[str, TermT]]:
        """The terms of a kind that hold now, each with its citation; none unless it is in force."""
        for clause in self.clauses if self.in_force else ():
            if isinstance(clause.term, kind):
                yield self.citation(clause), clause.term

    def standing(self, party: str) -> Standing | None:
        """How a party stands to the version in force; None if there is none or it is no member."""
        return next((standing for standing in self.standings if standing.party == party), None)
