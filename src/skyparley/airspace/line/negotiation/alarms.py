"""The alarm of a conflict: nothing is left to chance because nobody spoke of it.

A conflict between two parties that still stands when the later of its operations begins is an alarm on both sides; an
agreement may have it raised earlier (`unresolved`), and at once for a class that warns at once, such as rescue flights,
which are negotiated afterwards. Hearing an alarm settles nothing: it ends when the conflict does.
"""

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import Change, ConflictChanged, Event
from skyparley.airspace.keeping.records import LiveOperation, RecordedConflict
from skyparley.airspace.line.agreements.numbers import unresolved_lead, warns_at_once
from skyparley.airspace.line.duty.posts import acting_post
from skyparley.airspace.line.negotiation.commands import AcknowledgeAlarm
from skyparley.airspace.line.negotiation.items import Acknowledgement, Alarm
from skyparley.airspace.line.tables import ALARMS
from skyparley.airspace.state import Airspace
from skyparley.airspace.transitions import START, next_state
from skyparley.errors import ConflictingStateError, NotFoundError
from skyparley.units import MICROSECONDS_PER_SECOND


def watch(state: Airspace, conflict: RecordedConflict, a: LiveOperation, b: LiveOperation, time_us: int) -> None:
    """A conflict was found at a time: its alarm begins to wait, or is raised at once. One's own conflicts have none."""
    if a.party == b.party:
        return
    agreements = state.line.between(a.party, b.party)
    lead = unresolved_lead(agreements)
    warning = warns_at_once(agreements, (a.operation_class, b.operation_class))
    at_us = max(a.begin_us, b.begin_us) - lead.value * MICROSECONDS_PER_SECOND
    word = "find_late" if at_us <= time_us else "find_and_warn" if warning else "find"
    state.line.put_alarm(
        Alarm(
            conflict_id=conflict.conflict_id,
            state=next_state(ALARMS, START, word),
            at_us=at_us,
            basis=warning if word == "find_and_warn" else lead.basis,
            since_us=0 if word == "find" else time_us,
        )
    )


def pass_time(state: Airspace, alarm: Alarm, event: Event, changes: list[Change]) -> None:
    """Its time has come and the conflict still stands. Whoever heard an earlier warning has not heard this."""
    conflict = state.conflicts[alarm.conflict_id]
    basis = unresolved_lead(state.line.between(conflict.a_party, conflict.b_party)).basis
    state.line.put_alarm(
        msgspec.structs.replace(
            alarm,
            state=next_state(ALARMS, alarm.state, "time"),
            basis=basis if alarm.state == "warned" else alarm.basis,
            since_us=event.time_us,
            heard=(),
        )
    )
    changes.append(ConflictChanged(conflict))


def validate(command: AcknowledgeAlarm) -> None:
    """Raise `InvalidInputError` if a command is impossible in itself."""
    limits.check_conflict_id(command.conflict_id, place="conflict_id")
    limits.check_post_id(command.post)


def check(state: Airspace, party: str, command: AcknowledgeAlarm) -> None:
    """Raise the error that stands for the refusal of a command by the state."""
    conflict = state.conflicts.get(command.conflict_id)
    alarm = state.line.alarms.get(command.conflict_id)
    if conflict is None or alarm is None or party not in (conflict.a_party, conflict.b_party):
        raise NotFoundError(f"'{party}' has no alarm of a conflict '{command.conflict_id}'", place="conflict_id")
    acting_post(state.line, party, command.post)
    next_state(ALARMS, alarm.state, "acknowledge")
    heard = next((one for one in alarm.heard if one.party == party), None)
    if heard is not None:
        raise ConflictingStateError(f"'{heard.post}' has acknowledged this alarm already")


def perform(state: Airspace, event: Event, command: AcknowledgeAlarm, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    alarm = state.line.alarms[command.conflict_id]
    heard = (*alarm.heard, Acknowledgement(event.party, command.post, event.time_us))
    after = next_state(ALARMS, alarm.state, "acknowledge")
    state.line.put_alarm(msgspec.structs.replace(alarm, state=after, heard=heard))
    changes.append(ConflictChanged(state.conflicts[command.conflict_id]))
