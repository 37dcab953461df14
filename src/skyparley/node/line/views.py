"""What leaves the node about the line: closed records whose JSON encoding is the body of the HTTP API.

Texts are objects from language to text. Times are RFC 3339 with `Z`. Agreements are shown to their members, and to
those who see all.
"""

from collections.abc import Iterable, Mapping

import msgspec

from skyparley.airspace.line.agreements.commands import Text
from skyparley.airspace.line.agreements.items import Agreement, Clause
from skyparley.geometry.interval import format_time
from skyparley.node.identity import Author
from skyparley.node.line.terms import TermBody, show_term


class ReservationView(msgspec.Struct, frozen=True):
    """A member's reservation on a clause."""

    party: str
    text: str


class ClauseView(msgspec.Struct, frozen=True):
    """A clause of the version in force; it took this form in `version`, by which it is cited."""

    number: str
    version: int
    term: TermBody | None
    texts: dict[str, str]


class DraftClauseView(ClauseView, frozen=True):
    """A clause of the draft: which revision this is, whose, and who accepts it."""

    revision: int
    struck: bool
    proposed_by: str
    accepted_by: list[str]
    reservations: list[ReservationView]


class StandingView(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a member stands to the version in force, since when and why, and what it has announced."""

    party: str
    state: str
    since: str
    reason: str = ""
    announced: str = ""
    announced_from: str = ""
    announced_reason: str = ""


class DraftStandingView(msgspec.Struct, frozen=True):
    """How a member stands to the draft."""

    party: str
    state: str
    since: str


class DraftView(msgspec.Struct, frozen=True):
    """The version that is being negotiated."""

    version: int
    clauses: list[DraftClauseView]
    standings: list[DraftStandingView]


class AgreementStatus(msgspec.Struct, frozen=True):
    """Whether an agreement is in force now. `status` is `draft`, `in_force`, `suspended` or `terminated`.

    `parties` has each member's standing: `accepted`, `suspended` or `terminated`; `proposed` before version 1.
    """

    agreement_id: str
    version: int
    status: str
    parties: dict[str, str]


class AgreementView(msgspec.Struct, frozen=True):
    """An agreement: what is in force, how each member stands to it, and the draft of the next version."""

    agreement_id: str
    titles: dict[str, str]
    members: list[str]
    languages: list[str]
    authoritative: list[str]
    status: str
    version: int
    clauses: list[ClauseView]
    standings: list[StandingView]
    draft: DraftView | None
    review: str | None
    review_due: bool
    sequence: int


class AgreementPage(msgspec.Struct, frozen=True):
    """Agreements of which the reader is a member; `next` is always null."""

    items: list[AgreementView]
    next: None


class AgreementAnswer(msgspec.Struct, frozen=True):
    """The answer to a command on an agreement: as it stands at `sequence`."""

    agreement: AgreementView
    sequence: int


def may_see_agreement(author: Author, agreement: Agreement) -> bool:
    """Whether an agreement is for a reader: its members, and those who see all."""
    return author.sees_all or author.party in agreement.members


def status_of(agreement: Agreement) -> str:
    """The word for an agreement as a whole."""
    states = {standing.state for standing in agreement.standings}
    if "terminated" in states:
        return "terminated"
    if "suspended" in states:
        return "suspended"
    return "in_force" if agreement.version else "draft"


def agreement_status(agreement: Agreement) -> AgreementStatus:
    """An agreement's status, with each member's standing."""
    parties = {standing.party: standing.state for standing in agreement.standings}
    if not parties:
        parties = dict.fromkeys(agreement.members, "proposed")
    return AgreementStatus(agreement.agreement_id, agreement.version, status_of(agreement), parties)


def agreement_view(agreement: Agreement) -> AgreementView:
    """An agreement in full."""
    return AgreementView(
        agreement_id=agreement.agreement_id,
        titles=texts_of(agreement.titles),
        members=list(agreement.members),
        languages=list(agreement.languages),
        authoritative=list(agreement.authoritative),
        status=status_of(agreement),
        version=agreement.version,
        clauses=[
            ClauseView(
                clause.number,
                clause.version,
                None if clause.term is None else show_term(clause.term),
                texts_of(clause.texts),
            )
            for clause in agreement.clauses
        ],
        standings=[
            StandingView(
                standing.party,
                standing.state,
                format_time(standing.since_us),
                standing.reason,
                standing.announced,
                format_time(standing.from_us) if standing.announced else "",
                standing.announced_reason,
            )
            for standing in agreement.standings
        ],
        draft=_draft_view(agreement),
        review=None if agreement.review_us is None else format_time(agreement.review_us),
        review_due=agreement.review_due,
        sequence=agreement.changed_sequence,
    )


def texts_of(texts: Iterable[Text]) -> dict[str, str]:
    """Texts by language."""
    return {text.language: text.text for text in texts}


def sorted_texts(texts: Mapping[str, str]) -> tuple[Text, ...]:
    """Texts as a command holds them, of an object from language to text."""
    return tuple(Text(language, texts[language]) for language in sorted(texts))


def _draft_view(agreement: Agreement) -> DraftView | None:
    draft = agreement.draft
    if draft is None:
        return None
    return DraftView(
        draft.version,
        [_draft_clause(clause) for clause in draft.clauses],
        [DraftStandingView(one.party, one.state, format_time(one.since_us)) for one in draft.standings],
    )


def _draft_clause(clause: Clause) -> DraftClauseView:
    return DraftClauseView(
        number=clause.number,
        version=clause.version,
        term=None if clause.term is None else show_term(clause.term),
        texts=texts_of(clause.texts),
        revision=clause.revision,
        struck=clause.struck,
        proposed_by=clause.proposed_by,
        accepted_by=list(clause.accepted_by),
        reservations=[ReservationView(one.party, one.text) for one in clause.reservations],
    )
