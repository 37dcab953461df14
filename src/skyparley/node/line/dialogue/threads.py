"""The read side of dialogues: the inbox of a party, its dialogues, and one of them with all that was said."""

from typing import Final

import msgspec

from skyparley.airspace.line.dialogue.items import Dialogue
from skyparley.errors import NotFoundError
from skyparley.geometry.interval import format_time
from skyparley.node.engine import Engine
from skyparley.node.identity import Author
from skyparley.node.line.dialogue.views import DialogueDetail, DialoguePage, DialogueView, Inbox
from skyparley.node.line.duty.views import line_test_view
from skyparley.node.reading.disclosure import may_see_dialogue
from skyparley.node.reading.reader import Reader

INBOX_LENGTH: Final = 200


class Threads:
    """Shows dialogues to their parties."""

    def __init__(self, engine: Engine, reader: Reader) -> None:
        self._engine = engine
        self._reader = reader

    def page(self, author: Author, after: str = "", limit: int = INBOX_LENGTH) -> DialoguePage:
        """The dialogues that a reader may see and that are not over for long, by identifier."""
        line = self._engine.state.line
        mine = line.dialogues_of(author.party) if author.party else line.dialogues.values()
        held = sorted(one.dialogue_id for one in mine if may_see_dialogue(author, one))
        names = [name for name in held if name > after]
        page = [self._reader.line.dialogue(line.dialogues[name]) for name in names[:limit]]
        return DialoguePage(page, names[limit - 1] if len(names) > limit else None)

    def detail(self, author: Author, dialogue_id: str, language: str, zone: str) -> DialogueDetail:
        """A dialogue with all its messages, in a language. Raises `NotFoundError`, `InvalidInputError`."""
        dialogue = dialogue_for(self._engine, author, dialogue_id)
        view = self._reader.line.dialogue(dialogue)
        thread = [
            self._reader.line.message(author, message, language, zone)
            for message in self._engine.state.line.messages_of(dialogue)
        ]
        return DialogueDetail(**msgspec.structs.asdict(view), thread=thread)

    def inbox(self, author: Author) -> Inbox:
        """What needs the author's party: first what is due first, then what nobody answered in time."""
        party = author.require_party()
        line = self._engine.state.line
        live = [one for one in line.dialogues_of(party) if one.owes]
        owed = sorted((one for one in live if one.owes == party), key=_urgency)
        waiting = sorted((one for one in live if one.owes != party), key=_urgency)
        tests = [
            test
            for agreement in line.of_party(party)
            for test in line.tests_of(agreement.agreement_id)
            if any(one.party == party and one.state == "waiting" for one in test.answers)
        ]
        alarms, alarms_left_out = self._reader.raised(author, INBOX_LENGTH)
        return Inbox(
            time=format_time(self._engine.clock()),
            owed=self._shown(owed),
            owed_left_out=max(0, len(owed) - INBOX_LENGTH),
            waiting=self._shown(waiting),
            waiting_left_out=max(0, len(waiting) - INBOX_LENGTH),
            tests=[line_test_view(test) for test in tests[:INBOX_LENGTH]],
            tests_left_out=max(0, len(tests) - INBOX_LENGTH),
            alarms=alarms,
            alarms_left_out=alarms_left_out,
        )

    def _shown(self, dialogues: list[Dialogue]) -> list[DialogueView]:
        return [self._reader.line.dialogue(one) for one in dialogues[:INBOX_LENGTH]]


def dialogue_for(engine: Engine, author: Author, dialogue_id: str) -> Dialogue:
    """A dialogue that a reader may see. Raises `NotFoundError`."""
    found = engine.state.line.dialogues.get(dialogue_id)
    if found is None or not may_see_dialogue(author, found):
        raise NotFoundError(f"there is no dialogue '{dialogue_id[:40]}' that this key may see")
    return found


def _urgency(dialogue: Dialogue) -> tuple[bool, int, str]:
    """What nobody answered in time comes first, then what is due first."""
    return dialogue.state != "timed_out", dialogue.answer_by_us, dialogue.dialogue_id
