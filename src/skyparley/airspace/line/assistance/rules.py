"""Rules of assistance (ICAO Annex 12; process of the line): all concerned are called at once, and see who acts.

Each party that is called has a dialogue of its own; what is said there moves the case by the tables `HELPERS` and
`ASSISTANCE`. An agreed corridor is filed as an operation of the party that helps, in the entry that accepts it. It is
not held up by what else is filed: it warns at once, and is negotiated afterwards.
"""

import msgspec

from skyparley.airspace import limits
from skyparley.airspace.events import AssistanceChanged, Change, DialogueChanged, Event
from skyparley.airspace.line.assistance.commands import AssistanceCommand, RequestAssistance
from skyparley.airspace.line.assistance.items import Assistance, CalledParty
from skyparley.airspace.line.dialogue.commands import OpenDialogue
from skyparley.airspace.line.dialogue.course import ended, opened
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.airspace.line.duty.posts import acting_post, post_of
from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.airspace.line.state import LineState
from skyparley.airspace.line.tables import ASSISTANCE, HELPERS
from skyparley.airspace.operations.rules import check_times
from skyparley.airspace.state import Airspace
from skyparley.airspace.transitions import START, next_state
from skyparley.errors import ConflictingStateError, InvalidInputError, LimitExceededError, NotFoundError


def validate(command: AssistanceCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    limits.check_drawn_id(command.assistance_id, whose="a case's", place="assistance_id")
    if not isinstance(command, RequestAssistance):
        limits.check_post_id(command.post)
        return
    limits.check_post_id(command.from_post, place="from_post")
    limits.check_digest(command.body_digest, place="body_digest")
    if not 1 <= len(command.calls) <= limits.MAX_CALLED:
        raise LimitExceededError(f"call 1 to {limits.MAX_CALLED} parties", place="parties")
    parties = [call.party for call in command.calls]
    if parties != sorted(set(parties)):
        raise InvalidInputError("parties are sorted, each once", place="parties")
    if len({call.dialogue_id for call in command.calls}) != len(command.calls):
        raise InvalidInputError("each party has a dialogue of its own", place="parties")
    for call in command.calls:
        limits.check_party_id(call.party, place="parties")
        limits.check_post_id(call.post, place="parties")
        limits.check_drawn_id(call.dialogue_id, whose="a dialogue's", place="parties")


def check(state: Airspace, party: str, command: AssistanceCommand) -> None:
    """Raise the error that stands for the refusal of a command by the state."""
    line = state.line
    held = line.assistance.get(command.assistance_id)
    if isinstance(command, RequestAssistance):
        if held is not None or any(call.dialogue_id in line.dialogues for call in command.calls):
            raise ConflictingStateError("this case is on record already: ask for another one")
        acting_post(line, party, command.from_post, place="from_post")
        for call in command.calls:
            if call.party == party:
                raise InvalidInputError("a party does not call itself", place="parties")
            if call.party not in state.parties:
                raise NotFoundError(f"there is no party '{call.party}'", place="parties")
            post_of(line, call.party, call.post, place="parties")
        if line.unfinished_of(party) + len(command.calls) > limits.MAX_DIALOGUES_PER_PARTY:
            raise LimitExceededError(f"'{party}' has too many dialogues that are not over: close some")
        return
    if held is None or held.requester != party:
        raise NotFoundError(f"'{party}' has asked for no assistance '{command.assistance_id}'")
    acting_post(line, party, command.post)
    next_state(ASSISTANCE, held.state, "close")


def perform(state: Airspace, event: Event, command: AssistanceCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    line = state.line
    if isinstance(command, RequestAssistance):
        for call in command.calls:
            opening = OpenDialogue(
                dialogue_id=call.dialogue_id,
                to_party=call.party,
                about="",
                from_post=command.from_post,
                to_post=call.post,
                precedence="FLASH",
                response="Y",
                read_back=command.read_back,
                body_digest=command.body_digest,
            )
            opened(line, event, opening, changes, assistance=command.assistance_id)
        first = next_state(HELPERS, START, "call")
        called = tuple(CalledParty(call.party, call.dialogue_id, first, event.time_us, "") for call in command.calls)
        case = Assistance(
            command.assistance_id, event.party, command.from_post, START, called, event.time_us, 0, event.sequence
        )
        _move(line, case, "request", event, changes)
        return
    _close(line, line.assistance[command.assistance_id], event, changes)


def follow(
    state: Airspace, event: Event, dialogue: Dialogue, question: Message | None, step: str, word: str,
    changes: list[Change],
) -> None:  # fmt: skip
    """What was said in a dialogue of a case has its effect on it. `step` is that of the message, `word` what it did."""
    case = state.line.assistance.get(dialogue.assistance)
    if case is None or case.state == "closed":
        return
    helper = dialogue.peer(case.requester)
    doing = _doing(question, step, word, by_helper=event.party == helper)
    held = next(one for one in case.called if one.party == helper)
    if not doing or doing not in HELPERS[held.state]:
        return
    filed = question.changes[0].operation_id if doing == "agree" and question is not None and question.changes else ""
    moved = CalledParty(
        helper,
        held.dialogue_id,
        next_state(HELPERS, held.state, doing),
        event.time_us,
        filed or held.operation_id,
    )
    called = tuple(moved if one.party == helper else one for one in case.called)
    case = msgspec.structs.replace(case, called=called)
    acting = any(one.state in ("agreed", "under_way") for one in called)
    if doing == "complete" and not acting:
        _close(state.line, case, event, changes)
    elif doing == "refuse" and not acting:
        offered = any(one.state == "offered" for one in called)
        left = all(one.state == "declined" for one in called)
        _move(state.line, case, "refuse" if left else "fall_back" if offered else "start_over", event, changes)
    elif doing in ("complete", "refuse"):
        _put(state.line, case, event, changes)
    else:
        _move(state.line, case, doing, event, changes)


def pass_time(line: LineState, case: Assistance) -> None:
    """It was closed for so long that it leaves the state."""
    line.drop_assistance(case)


def check_corridor(
    state: Airspace, dialogue: Dialogue, changes: tuple[ProposedChange, ...], time_us: int,
    amendments: tuple[Amendment, ...] | None = None,
) -> None:  # fmt: skip
    """Raise the error that stands for the refusal of a corridor that is proposed, or with amendments, accepted."""
    case = state.line.assistance.get(dialogue.assistance)
    if case is None or case.state == "closed":
        raise ConflictingStateError("the case is closed")
    helper = dialogue.peer(case.requester)
    if len(changes) != 1 or changes[0].party != helper or changes[0].version != 0:
        raise ConflictingStateError("a corridor is one new operation of the party that helps", place="changes")
    if state.operation(helper, changes[0].operation_id, time_us=time_us) is not None:
        raise ConflictingStateError("this corridor is filed already: agree on a change of it", place="changes")
    for one in amendments or ():
        if one.operation_class != limits.RESCUE_CLASS:
            raise ConflictingStateError(f"a corridor has the class {limits.RESCUE_CLASS}", place="amendments")
        check_times(one.extents, time_us)


def _doing(question: Message | None, step: str, word: str, *, by_helper: bool) -> str:
    """What a message does to the party that helps; empty: nothing."""
    if step == "complete" or (step == "under_way" and by_helper):
        return step
    if step == "offer" and by_helper:
        return "offer"
    if word == "accept" and question is not None and question.step in ("offer", "corridor"):
        return "agree"
    refused = word in ("refuse", "decline") and by_helper
    about = question is not None and (question.number == 1 or question.step in ("offer", "corridor"))
    return "refuse" if refused and about else ""


def _close(line: LineState, case: Assistance, event: Event, changes: list[Change]) -> None:
    """The case is over, and with it what still waits in its dialogues."""
    for one in case.called:
        dialogue = line.dialogues.get(one.dialogue_id)
        if dialogue is not None and not dialogue.is_over:
            after = ended(dialogue, "abort" if dialogue.question else "close", event)
            line.put_dialogue(after)
            changes.append(DialogueChanged(after, ()))
    _move(line, case, "close", event, changes)


def _move(line: LineState, case: Assistance, word: str, event: Event, changes: list[Change]) -> None:
    _put(line, msgspec.structs.replace(case, state=next_state(ASSISTANCE, case.state, word)), event, changes)


def _put(line: LineState, case: Assistance, event: Event, changes: list[Change]) -> None:
    after = msgspec.structs.replace(case, changed_us=event.time_us, changed_sequence=event.sequence)
    line.put_assistance(after)
    changes.append(AssistanceChanged(after))
