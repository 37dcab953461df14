"""The commands of the line: what parties ask for when they agree.

As all commands: closed lists of fields, integers and strings only (`airspace/commands.py`). Texts of clauses and
reasons are shared, because everybody must be able to read what is in force; persons never appear.
"""

import msgspec

from skyparley.airspace.line.agreements.terms import Term


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in one language (ISO 639-1)."""

    language: str
    text: str


class DraftAgreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="draft_agreement", tag_field="kind"):
    """A party opens the first draft of an agreement; all its members are named, the author among them.

    Texts are given in every language of the agreement; where they differ the `authoritative` ones count.
    """

    agreement_id: str
    titles: tuple[Text, ...]
    members: tuple[str, ...]
    languages: tuple[str, ...]
    authoritative: tuple[str, ...]


class ProposeClause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="propose_clause", tag_field="kind"):
    """A member proposes a clause of the draft `version`, new, in place of revision `replaces`, or to be struck.

    If there is no draft, `version` must be the one after that in force, whose clauses the new draft takes over.
    """

    agreement_id: str
    version: int
    number: str
    replaces: int
    struck: bool
    term: Term | None
    texts: tuple[Text, ...]


class AnswerClause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="answer_clause", tag_field="kind"):
    """A member accepts a revision of a clause of the draft, or reserves its position and says why."""

    agreement_id: str
    version: int
    number: str
    revision: int
    accepted: bool
    reservation: str


class AcceptAgreement(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="accept_agreement", tag_field="kind"
):
    """A member accepts the draft `version` as a whole; once all have, it is in force."""

    agreement_id: str
    version: int


class SuspendAgreement(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="suspend_agreement", tag_field="kind"
):
    """A member suspends the version in force from a time (microseconds since 1970 UTC) on, and says why.

    A time that has passed means at once.
    """

    agreement_id: str
    version: int
    from_us: int
    reason: str


class ResumeAgreement(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="resume_agreement", tag_field="kind"
):
    """A member takes its suspension back, also one that has not begun."""

    agreement_id: str
    version: int


class TerminateAgreement(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="terminate_agreement", tag_field="kind"
):
    """A member ends the agreement from a time on, for all, and says why."""

    agreement_id: str
    version: int
    from_us: int
    reason: str


Ending = SuspendAgreement | TerminateAgreement
"""What makes an agreement hold no longer."""
AgreementCommand = (
    DraftAgreement
    | ProposeClause
    | AnswerClause
    | AcceptAgreement
    | SuspendAgreement
    | ResumeAgreement
    | TerminateAgreement
)
