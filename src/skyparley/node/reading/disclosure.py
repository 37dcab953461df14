"""What a reader may see. The one place where disclosure is decided.

A party sees its own operations with their details, every hazard area (a notice that is not seen warns nobody), and of
others only this: that there is a conflict, with whom, its place and time, how close, and the part in which declared
volumes overlap. The operator of the node and the observer of a demo see all, but what officers say to each other is
for their parties (and the observer) only. Identifiers of others' operations are not
disclosed, but for hazard areas. That there is an entry at a place of the log is for everybody; whose and of which kind
is not, if it is another party's: who speaks to whom is nobody else's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from skyparley.airspace.events import (
    AgreementChanged,
    AssistanceChanged,
    CallChanged,
    CellsShared,
    Change,
    ConflictChanged,
    ConflictFound,
    ConflictVoid,
    DialogueChanged,
    LineTested,
    MinimaChanged,
    OperationChanged,
    OperationLeft,
)
from skyparley.airspace.keeping.records import LiveOperation, Party, RecordedConflict
from skyparley.airspace.line.agreements import numbers
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.agreements.terms import CONFLICT_ONLY, IDENTIFIED
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.airspace.line.dialogue.items import Dialogue
from skyparley.airspace.state import Airspace
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.conflict.overlap import overlap_parts
from skyparley.conflict.witness import sentence
from skyparley.geometry.interval import format_time
from skyparley.node.identity import Author
from skyparley.node.line.negotiation.views import AlarmView
from skyparley.node.line.views import AgreementStatus, agreement_status, may_see_agreement
from skyparley.node.reading.shapes import render_operation_shapes, render_polygon
from skyparley.node.reading.views import (
    ClosestView,
    ConflictDetail,
    ConflictView,
    LateNoticeView,
    OperationView,
    OverlapView,
    PartyView,
    RefView,
    WindowView,
)
from skyparley.record.authorship import NODE
from skyparley.record.envelope import Header


@dataclass(frozen=True, slots=True)
class Between:
    """What decides about a conflict of two parties beside its witness: what they agreed, and their operations.

    `hazards` are those of the two sides that are hazard areas: everybody knows them by name.
    """

    hazards: tuple[OperationRef, ...]
    late_notices: list[LateNoticeView]
    agreements: list[AgreementStatus]
    disclosure: str
    disclosure_basis: str
    gives_way: str | None
    priority_basis: str

    def may_name(self, author: Author, ref: OperationRef) -> bool:
        """Whether one side may be named to a reader."""
        own = author.sees_all or ref.party == author.party
        return own or self.disclosure == IDENTIFIED or ref in self.hazards


def between_of(state: Airspace, a: OperationRef, b: OperationRef) -> Between:
    """What decides about a conflict of two operations now."""
    sides = [live for ref in (a, b) if (live := state.operation(ref.party, ref.operation_id)) is not None]
    hazards = tuple(OperationRef(live.party, live.operation_id) for live in sides if live.hazard)
    agreements = state.line.between(a.party, b.party)
    level, level_basis = numbers.disclosure(agreements)
    gives_way, basis = _gives_way(agreements, sides)
    statuses = [agreement_status(agreement) for agreement in agreements]
    late = [view for live in sides for view in late_notice_views(live)]
    return Between(hazards, late, statuses, level, level_basis, gives_way, basis)


def _gives_way(agreements: Sequence[Agreement], sides: Sequence[LiveOperation]) -> tuple[str | None, str]:
    """Who of two gives way by the ranks of their classes, and the clause that says so."""
    if len(sides) < 2:
        return None, ""
    one, other = sides
    (one_rank, one_basis), (other_rank, other_basis) = (
        numbers.rank(agreements, live.operation_class) for live in sides
    )
    if one_rank == other_rank:
        return None, ""
    return (one.party, other_basis or one_basis) if one_rank < other_rank else (other.party, one_basis or other_basis)


def late_notice_views(live: LiveOperation) -> list[LateNoticeView]:
    """The clauses on notice that an operation's filing did not keep."""
    return [LateNoticeView(live.party, one.basis, one.notice_s, one.given_s) for one in live.late_notices]


def may_see_operation(author: Author, live: LiveOperation) -> bool:
    """Whether an operation's details are for this reader."""
    return author.sees_all or live.hazard or live.party == author.party


def may_see_conflict(author: Author, a_party: str, b_party: str) -> bool:
    """Whether a reader learns of a conflict between operations of two parties."""
    return author.sees_all or author.party in (a_party, b_party)


def operation_view(live: LiveOperation, operation: Operation) -> OperationView:
    """An operation in full."""
    shapes = render_operation_shapes(operation)
    return OperationView(
        party=live.party,
        operation_id=live.operation_id,
        operation_class=live.operation_class,
        state=live.state,
        version=live.version,
        sequence=live.changed_sequence,
        begin=format_time(live.begin_us),
        end=format_time(live.end_us),
        hazard=live.hazard,
        hazard_kind=live.hazard_kind or None,
        late_notices=late_notice_views(live),
        volumes=msgspec.Raw(msgspec.json.encode(shapes["volumes"])),
        trajectories=msgspec.Raw(msgspec.json.encode(shapes["trajectories"])),
    )


def may_see_dialogue(author: Author, dialogue: Dialogue) -> bool:
    """Whether a dialogue is for this reader: its two parties, and the observer of a demo; not a node's operator."""
    return author.role == "observer" or author.party in (dialogue.opener, dialogue.other)


def may_see_assistance(author: Author, case: Assistance) -> bool:
    """Whether a case of assistance is for this reader: all that it concerns, and the observer of a demo."""
    return (
        author.role == "observer"
        or author.party == case.requester
        or any(one.party == author.party for one in case.called)
    )


def may_see_call(author: Author, call: VoiceCall) -> bool:
    """Whether a voice call is for this reader: its two parties, and the observer of a demo."""
    return author.role == "observer" or author.party in (call.recorder, call.other)


def may_see_author(author: Author, header: Header) -> bool:
    """Whether who wrote an entry, and of which kind it is, is for this reader: its own, and what is of the node."""
    return author.sees_all or header.party == author.party or (header.party == "" and header.authentication == NODE)


def conflict_view(
    author: Author,
    conflict: Conflict,
    conflict_id: str,
    sequence: int | None,
    between: Between,
    alarm: AlarmView | None = None,
) -> ConflictView:
    """A conflict as far as it is for this reader; `sequence` is that of the filing that made it, None in a dry run."""
    a_shown, b_shown = between.may_name(author, conflict.a), between.may_name(author, conflict.b)
    if a_shown and b_shown:
        told = conflict.sentence
    else:
        told = sentence(conflict, _label(conflict.a, shown=a_shown), _label(conflict.b, shown=b_shown))
    closest = conflict.closest
    return ConflictView(
        conflict_id=conflict_id,
        rule=conflict.rule.value,
        a=RefView(conflict.a.party, conflict.a.operation_id if a_shown else None),
        b=RefView(conflict.b.party, conflict.b.operation_id if b_shown else None),
        first_time=format_time(conflict.first_us),
        last_time=format_time(conflict.last_us),
        windows=[WindowView(format_time(w.first_us), format_time(w.last_us)) for w in conflict.windows],
        closest=ClosestView(
            time=format_time(closest.time_us),
            latitude_deg=round(closest.latitude_deg, 7),
            longitude_deg=round(closest.longitude_deg, 7),
            horizontal_m=round(closest.horizontal_m, 3),
            vertical_m=round(closest.vertical_m, 3),
        ),
        certain=conflict.certain,
        same_party=conflict.same_party,
        sentence=told,
        sequence=sequence,
        basis=conflict.basis or None,
        gives_way=between.gives_way,
        priority_basis=between.priority_basis or None,
        disclosure=between.disclosure,
        disclosure_basis=between.disclosure_basis or None,
        late_notices=between.late_notices,
        agreements=between.agreements,
        alarm=alarm,
    )


def conflict_detail(view: ConflictView, conflict: Conflict, a: Operation, b: Operation) -> ConflictDetail:
    """A recorded conflict with the overlapping part, which is for both sides: what lies in both, and no more.

    `a` and `b` are the operations that conflict; the agreement may withhold the part. A dry run does not give it:
    nobody would learn who had looked.
    """
    parts, left_out = overlap_parts(a, b, conflict) if view.disclosure != CONFLICT_ONLY else ([], 0)
    overlap = [
        OverlapView(
            polygon=render_polygon(part.rings),
            lower_m=part.lower_m,
            upper_m=part.upper_m,
            altitude_datum=None if part.datum is None else part.datum.value,
            begin=format_time(part.begin_us),
            end=format_time(part.end_us),
        )
        for part in parts
    ]
    return ConflictDetail(**msgspec.structs.asdict(view), overlap=overlap, overlap_left_out=left_out)


def party_view(party: Party) -> PartyView:
    """A party, which everybody may know."""
    return PartyView(party.party, party.name, party.party_kind, party.state, party.sequence)


def _label(ref: OperationRef, *, shown: bool) -> str:
    return str(ref) if shown else f"an operation of {ref.party}"


def concerns(author: Author, change: Change) -> bool:
    """Whether a reader is told of a change."""
    if isinstance(change, OperationChanged | OperationLeft):
        return may_see_operation(author, change.operation)
    if isinstance(change, ConflictFound | ConflictVoid | ConflictChanged):
        recorded: RecordedConflict = change.conflict
        return may_see_conflict(author, recorded.a_party, recorded.b_party)
    if isinstance(change, CellsShared):
        return may_see_conflict(author, change.shared.party, change.shared.party)
    if isinstance(change, AgreementChanged):
        return may_see_agreement(author, change.agreement)
    if isinstance(change, DialogueChanged):
        return may_see_dialogue(author, change.dialogue)
    if isinstance(change, CallChanged):
        return may_see_call(author, change.call)
    if isinstance(change, AssistanceChanged):
        return may_see_assistance(author, change.assistance)
    if isinstance(change, LineTested):
        return author.sees_all or any(answer.party == author.party for answer in change.test.answers)
    return not isinstance(change, MinimaChanged)
