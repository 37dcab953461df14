"""What a reader may see. The one place where disclosure is decided.

A party sees its own operations with their details, every hazard area (a notice that is not seen warns nobody), and of
others only this: that there is a conflict, with whom, its place and time, how close, and the part in which declared
volumes overlap. The operator of the node and the observer of a demo see all. Identifiers of others' operations are not
disclosed, but for hazard areas.
"""

from collections.abc import Collection

import msgspec

from skyparley.airspace.events import (
    Change,
    ConflictFound,
    ConflictVoid,
    OperationChanged,
    OperationLeft,
    PartyRegistered,
)
from skyparley.airspace.state import LiveOperation, Party, RecordedConflict
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.conflict.overlap import overlap_parts
from skyparley.conflict.witness import sentence
from skyparley.geometry.interval import format_time
from skyparley.node.identity import Author
from skyparley.node.reading.shapes import render_operation_shapes, render_polygon
from skyparley.node.reading.views import (
    ClosestView,
    ConflictDetail,
    ConflictView,
    OperationView,
    OverlapView,
    PartyView,
    RefView,
    WindowView,
)


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
        volumes=msgspec.Raw(msgspec.json.encode(shapes["volumes"])),
        trajectories=msgspec.Raw(msgspec.json.encode(shapes["trajectories"])),
    )


def conflict_view(
    author: Author, conflict: Conflict, conflict_id: str, sequence: int | None, hazards: Collection[OperationRef]
) -> ConflictView:
    """A conflict as far as it is for this reader; `sequence` is that of the filing that made it, None in a dry run.

    `hazards` are those of the two sides that are hazard areas: everybody knows them by name.
    """
    a_shown = author.sees_all or conflict.a.party == author.party or conflict.a in hazards
    b_shown = author.sees_all or conflict.b.party == author.party or conflict.b in hazards
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
    )


def conflict_detail(view: ConflictView, conflict: Conflict, a: Operation, b: Operation) -> ConflictDetail:
    """A recorded conflict with the overlapping part, which is for both sides: what lies in both, and no more.

    `a` and `b` are the operations that conflict. A dry run does not give it: nobody would learn who had looked.
    """
    parts, left_out = overlap_parts(a, b, conflict)
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
    if isinstance(change, ConflictFound | ConflictVoid):
        recorded: RecordedConflict = change.conflict
        return may_see_conflict(author, recorded.a_party, recorded.b_party)
    return isinstance(change, PartyRegistered)
