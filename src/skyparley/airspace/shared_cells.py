"""What an operation of a party and an operational intent of a USS share, by cells only.

Found in the entry that writes the later of the two, by cells × altitude × time; bands of different datum are taken to
touch. It is no conflict: the outlines may well be apart. It tells the party whom to ask.
"""

from collections.abc import Sequence

from skyparley.airspace.dss.commands import PutIntent
from skyparley.airspace.events import CellsShared, Change, Event
from skyparley.airspace.keeping.records import LiveOperation
from skyparley.airspace.keeping.shared import SharedCells
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import meet
from skyparley.airspace.state import Airspace


def found_by_intent(state: Airspace, event: Event, command: PutIntent, changes: list[Change]) -> None:
    """Which live operations an intent that was written shares cells with, by party and operation."""
    intent = state.dss.intents[command.intent_id]
    for key in sorted(state.shared.near(command.extents)):
        live = state.operations[key]
        together = live.begin_us < intent.end_us and live.end_us > intent.begin_us
        if together and meet(live.extents(), command.extents):
            _found(state, SharedCells(*key, command.intent_id, event.sequence), changes)


def found_by_operation(
    state: Airspace, event: Event, operation: LiveOperation, extents: Sequence[Extent], changes: list[Change]
) -> None:
    """Which intents an operation that was written shares cells with, by identifier."""
    near = state.dss.intents_near(extents)
    for name in sorted(near):
        if meet(extents, near[name].extents()):
            _found(state, SharedCells(*operation.key, name, event.sequence), changes)


def _found(state: Airspace, shared: SharedCells, changes: list[Change]) -> None:
    state.shared.put(shared)
    changes.append(CellsShared(shared))
