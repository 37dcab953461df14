"""Rules of calls: a voice call is an object, or it is gone with those who heard it.

Its text is agreed by the side that did not draft it, or each side keeps its own account, and both say so. What somebody
committed to has an owner and a time, and is overdue by log time if nobody reports on it.
"""

from collections.abc import Sequence

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import CallChanged, Change, Event
from skyparley.airspace.line.calls.commands import (
    AgreeCall,
    CallCommand,
    Commitment,
    ReadOutCall,
    RecordCall,
    ReportCommitment,
    ReviseCall,
)
from skyparley.airspace.line.calls.items import HeldCommitment, VoiceCall
from skyparley.airspace.line.duty.posts import acting_post
from skyparley.airspace.line.state import LineState
from skyparley.airspace.line.tables import CALLS, COMMITMENTS
from skyparley.airspace.state import Airspace
from skyparley.airspace.transitions import START, next_state
from skyparley.errors import ConflictingStateError, ForbiddenError, InvalidInputError, LimitExceededError, NotFoundError
from skyparley.geometry.interval import check_instant_us

REPORTS = ("meet", "partly", "fail", "dispute")


def validate(command: CallCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    limits.check_drawn_id(command.call_id, whose="a call's", place="call_id")
    limits.check_post_id(command.post)
    if not isinstance(command, AgreeCall):
        limits.check_digest(command.text_digest, place="text_digest")
    if isinstance(command, ReviseCall | AgreeCall):
        limits.check_count(command.revision, least=1, place="revision")
    if isinstance(command, RecordCall | ReviseCall):
        _validate_commitments(command.commitments)
    if isinstance(command, ReportCommitment):
        limits.check_count(command.number, least=1, place="number")
        if command.word not in REPORTS:
            raise InvalidInputError(f"unknown report: use one of {', '.join(REPORTS)}", place="word")
    elif isinstance(command, RecordCall):
        limits.check_party_id(command.other, place="other")
        check_instant_us(command.began_us, place="began")
        if not 0 <= command.lasted_s <= limits.MAX_CALL_S:
            raise InvalidInputError(f"a call lasts 0 to {limits.MAX_CALL_S} seconds", place="lasted_s")
        keys = [(one.party, one.post) for one in command.participants]
        if not 1 <= len(keys) <= limits.MAX_PARTICIPANTS or keys != sorted(set(keys)):
            raise InvalidInputError(
                f"1 to {limits.MAX_PARTICIPANTS} posts took part, sorted, each once", place="participants"
            )
        for one in command.participants:
            limits.check_party_id(one.party, place="participants")
            limits.check_post_id(one.post, place="participants")


def check(state: Airspace, party: str, command: CallCommand, time_us: int) -> None:
    """Raise the error that stands for the refusal of a command by the state."""
    line = state.line
    acting_post(line, party, command.post)
    held = line.calls.get(command.call_id)
    if isinstance(command, RecordCall):
        if held is not None:
            raise ConflictingStateError("this call is on record already")
        if command.other == party or command.other not in state.parties:
            raise NotFoundError(f"there is no other party '{command.other}'", place="other")
        if command.began_us > time_us:
            raise InvalidInputError("the call begins in the future: record it afterwards", place="began")
        both = {party, command.other}
        if {one.party for one in command.participants} != both:
            raise InvalidInputError("posts of both parties took part, and of no other", place="participants")
        if sum(one.recorder == party for one in line.calls_of(party)) >= limits.MAX_CALLS_PER_PARTY:
            raise LimitExceededError(
                f"{limits.MAX_CALLS_PER_PARTY} calls of '{party}' are on record, the most there may be"
            )
        _check_owners(command.commitments, both)
        return
    if held is None or party not in (held.recorder, held.other):
        raise NotFoundError(f"'{party}' has no call '{command.call_id}'")
    if isinstance(command, ReportCommitment):
        _check_report(held, party, command)
        return
    next_state(CALLS, held.state, _word(command))
    if isinstance(command, ReviseCall | AgreeCall) and command.revision != held.revision:
        raise ConflictingStateError(f"the text is at revision {held.revision} now: read it again", place="revision")
    if isinstance(command, AgreeCall) and held.drafted_by == party:
        raise ForbiddenError("the other side agrees to a draft, not the one that wrote it")
    if isinstance(command, ReviseCall):
        _check_owners(command.commitments, {held.recorder, held.other})


def perform(state: Airspace, event: Event, command: CallCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    line = state.line
    if isinstance(command, RecordCall):
        call = VoiceCall(
            call_id=command.call_id,
            recorder=event.party,
            other=command.other,
            participants=command.participants,
            began_us=command.began_us,
            lasted_s=command.lasted_s,
            state=next_state(CALLS, START, "record"),
            revision=1,
            drafted_by=event.party,
            decided=command.decided,
            text_digest=command.text_digest,
            commitments=_drafted(command.commitments, event.time_us),
            accounts=(),
            recorded_us=event.time_us,
            changed_us=event.time_us,
            changed_sequence=event.sequence,
        )
        _put(line, call, event, changes)
        return
    call = line.calls[command.call_id]
    if isinstance(command, ReportCommitment):
        _put(line, _reported(call, event, command), event, changes)
        return
    call = msgspec.structs.replace(call, state=next_state(CALLS, call.state, _word(command)))
    if isinstance(command, ReviseCall):
        call = msgspec.structs.replace(
            call,
            revision=call.revision + 1,
            drafted_by=event.party,
            decided=command.decided,
            text_digest=command.text_digest,
            commitments=_drafted(command.commitments, event.time_us),
        )
    elif isinstance(command, AgreeCall):
        call = msgspec.structs.replace(
            call, commitments=tuple(_moved(one, "agree", event.time_us) for one in call.commitments)
        )
    else:
        others = [one for one in call.accounts if one[0] != event.party]
        call = msgspec.structs.replace(call, accounts=tuple(sorted([*others, (event.party, command.text_digest)])))
    _put(line, call, event, changes)


def pass_time(line: LineState, call: VoiceCall, event: Event, changes: list[Change]) -> None:
    """Commitments whose time has come are overdue; a call that was left alone for long leaves the state."""
    due = [one for one in call.commitments if one.state == "due"]
    if not due:
        line.drop_call(call)
        return
    commitments = tuple(
        _moved(one, "time", event.time_us) if one.state == "due" and one.due_us <= event.time_us else one
        for one in call.commitments
    )
    _put(line, msgspec.structs.replace(call, commitments=commitments), event, changes)


def _validate_commitments(commitments: Sequence[Commitment]) -> None:
    if len(commitments) > limits.MAX_COMMITMENTS:
        raise LimitExceededError(f"a call has at most {limits.MAX_COMMITMENTS} commitments", place="commitments")
    for index, one in enumerate(commitments):
        limits.check_party_id(one.owner, place=f"commitments[{index}].owner")
        check_instant_us(one.due_us, place=f"commitments[{index}].due")


def _check_owners(commitments: Sequence[Commitment], parties: set[str]) -> None:
    for index, one in enumerate(commitments):
        if one.owner not in parties:
            raise InvalidInputError("the owner is one of the two parties", place=f"commitments[{index}].owner")


def _check_report(call: VoiceCall, party: str, command: ReportCommitment) -> None:
    if command.number > len(call.commitments):
        raise NotFoundError(f"the call has no commitment {command.number}", place="number")
    held = call.commitments[command.number - 1]
    if (command.word == "dispute") == (held.owner == party):
        raise ForbiddenError("its owner reports on a commitment, and the other side may dispute it")
    next_state(COMMITMENTS, held.state, command.word)


def _reported(call: VoiceCall, event: Event, command: ReportCommitment) -> VoiceCall:
    commitments = tuple(
        msgspec.structs.replace(_moved(one, command.word, event.time_us), text_digest=command.text_digest)
        if one.number == command.number
        else one
        for one in call.commitments
    )
    return msgspec.structs.replace(call, commitments=commitments)


def _drafted(commitments: Sequence[Commitment], time_us: int) -> tuple[HeldCommitment, ...]:
    first = next_state(COMMITMENTS, START, "draft")
    return tuple(
        HeldCommitment(number, one.owner, one.due_us, first, time_us, "") for number, one in enumerate(commitments, 1)
    )


def _moved(one: HeldCommitment, word: str, time_us: int) -> HeldCommitment:
    return msgspec.structs.replace(one, state=next_state(COMMITMENTS, one.state, word), since_us=time_us)


def _word(command: ReviseCall | AgreeCall | ReadOutCall) -> str:
    return {ReviseCall: "revise", AgreeCall: "agree", ReadOutCall: "read_out"}[type(command)]


def _put(line: LineState, call: VoiceCall, event: Event, changes: list[Change]) -> None:
    after = msgspec.structs.replace(call, changed_us=event.time_us, changed_sequence=event.sequence)
    line.put_call(after)
    changes.append(CallChanged(after))
