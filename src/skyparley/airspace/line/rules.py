"""The rules of the line: which room decides about which command, and about what time alone brings."""

from skyparley.airspace.events import Change, Event, Proposal
from skyparley.airspace.line.agreements import rules as agreements
from skyparley.airspace.line.agreements.commands import AgreementCommand
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.assistance import rules as assistance
from skyparley.airspace.line.assistance.commands import AssistanceCommand
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.airspace.line.calls import rules as calls
from skyparley.airspace.line.calls.commands import CallCommand
from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.airspace.line.commands import LineCommand
from skyparley.airspace.line.dialogue import course as dialogue_course
from skyparley.airspace.line.dialogue import rules as dialogue
from skyparley.airspace.line.dialogue.commands import DialogueCommand
from skyparley.airspace.line.dialogue.items import Dialogue
from skyparley.airspace.line.duty import line_tests, posts
from skyparley.airspace.line.duty.commands import PostCommand
from skyparley.airspace.line.negotiation import alarms
from skyparley.airspace.line.negotiation.commands import AcknowledgeAlarm
from skyparley.airspace.line.negotiation.items import Alarm
from skyparley.airspace.state import Airspace
from skyparley.errors import ForbiddenError


def validate(command: LineCommand) -> None:
    """Raise `InvalidInputError` or `LimitExceededError` if a command is impossible in itself."""
    if isinstance(command, AgreementCommand):
        agreements.validate(command)
    elif isinstance(command, DialogueCommand):
        dialogue.validate(command)
    elif isinstance(command, PostCommand):
        posts.validate(command)
    elif isinstance(command, AcknowledgeAlarm):
        alarms.validate(command)
    elif isinstance(command, AssistanceCommand):
        assistance.validate(command)
    elif isinstance(command, CallCommand):
        calls.validate(command)
    else:
        line_tests.validate(command)


def check(state: Airspace, proposal: Proposal, command: LineCommand, time_us: int) -> None:
    """Raise the error that stands for the refusal of a command by the state at a log time."""
    if isinstance(command, AgreementCommand):
        agreements.check(state, proposal, command, time_us)
    elif isinstance(command, DialogueCommand):
        dialogue.check(state, proposal, command, time_us)
    elif not proposal.party:
        raise ForbiddenError("posts belong to parties: the node itself has none")
    elif isinstance(command, PostCommand):
        posts.check(state, proposal.party, command)
    elif isinstance(command, AcknowledgeAlarm):
        alarms.check(state, proposal.party, command)
    elif isinstance(command, AssistanceCommand):
        assistance.check(state, proposal.party, command)
    elif isinstance(command, CallCommand):
        calls.check(state, proposal.party, command, time_us)
    else:
        line_tests.check(state, proposal.party, command)


def perform(state: Airspace, event: Event, command: LineCommand, changes: list[Change]) -> None:
    """Do what an accepted command asks."""
    if isinstance(command, AgreementCommand):
        agreements.perform(state, event, command, changes)
    elif isinstance(command, DialogueCommand):
        dialogue.perform(state, event, command, changes)
    elif isinstance(command, PostCommand):
        posts.perform(state, event, command, changes)
    elif isinstance(command, AcknowledgeAlarm):
        alarms.perform(state, event, command, changes)
    elif isinstance(command, AssistanceCommand):
        assistance.perform(state, event, command, changes)
    elif isinstance(command, CallCommand):
        calls.perform(state, event, command, changes)
    else:
        line_tests.perform(state, event, command, changes)


def pass_time(state: Airspace, event: Event, changes: list[Change]) -> None:
    """What is due on the line by the entry's time happens, in the order in which it is due."""
    while (item := state.line.next_due(event.time_us)) is not None:
        if isinstance(item, Agreement):
            agreements.pass_time(state, item, event, changes)
        elif isinstance(item, Alarm):
            alarms.pass_time(state, item, event, changes)
        elif isinstance(item, Assistance):
            assistance.pass_time(state.line, item)
        elif isinstance(item, VoiceCall):
            calls.pass_time(state.line, item, event, changes)
        elif isinstance(item, Dialogue):
            dialogue_course.pass_time(state.line, item, event, changes)
        else:
            line_tests.pass_time(state.line, item, event, changes)
