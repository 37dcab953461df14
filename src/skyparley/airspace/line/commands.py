"""The commands of the line, and the rules that belong to each: what `codec`, `decide` and `apply` ask.

Closed lists of fields, integers and strings only, as all commands (`airspace/commands.py`).
"""

from skyparley.airspace.line.agreements.commands import AgreementCommand
from skyparley.airspace.line.assistance.commands import AssistanceCommand
from skyparley.airspace.line.calls.commands import CallCommand
from skyparley.airspace.line.dialogue.commands import DialogueCommand
from skyparley.airspace.line.duty.commands import LineTestCommand, PostCommand
from skyparley.airspace.line.negotiation.commands import AcknowledgeAlarm

LineCommand = (
    AgreementCommand
    | PostCommand
    | LineTestCommand
    | DialogueCommand
    | AcknowledgeAlarm
    | AssistanceCommand
    | CallCommand
)
