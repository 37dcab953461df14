"""What the line holds as of one entry: agreements, posts, dialogues, tests, and the times at which something is due.

Part of the airspace's state (`airspace/state.py`): every record put here is an item of its hash. The indexes are
derived and rebuilt from the records.
"""

from bisect import insort
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any, Final, TypeVar

import msgspec

from skyparley.airspace.keeping.statehash import MultisetHash
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.airspace.line.dialogue.items import Dialogue, Message, MessageKey
from skyparley.airspace.line.duty.items import LineTest, Post, PostKey
from skyparley.airspace.line.negotiation.items import Alarm

_ENCODER: Final = msgspec.msgpack.Encoder()
_AGREEMENT: Final = "agreement"
_DIALOGUE: Final = "dialogue"
_TEST: Final = "test"
_ALARM: Final = "alarm"
_ASSISTANCE: Final = "assistance"
_CALL: Final = "call"
TimedItem = Agreement | Alarm | Assistance | VoiceCall | Dialogue | LineTest
"""What time alone can change; `due_us` says when."""
_DueKey = tuple[str, Any]
"""A kind of timed items, and the key of one of them."""
KeyT = TypeVar("KeyT")
ItemT = TypeVar("ItemT")


class LineState:
    """Read it freely; only the rules of the line call what changes it."""

    def __init__(self, items: MultisetHash) -> None:
        self.agreements: dict[str, Agreement] = {}
        self.posts: dict[PostKey, Post] = {}
        self.dialogues: dict[str, Dialogue] = {}
        self.messages: dict[MessageKey, Message] = {}
        self.line_tests: dict[tuple[str, int], LineTest] = {}
        self.assistance: dict[str, Assistance] = {}
        self.calls: dict[str, VoiceCall] = {}
        self._calls_of: dict[str, dict[str, None]] = {}
        self.alarms: dict[str, Alarm] = {}
        """The alarms of conflicts, by the conflict's identifier."""
        self._timed: dict[str, dict[Any, Any]] = {
            _AGREEMENT: self.agreements,
            _ALARM: self.alarms,
            _ASSISTANCE: self.assistance,
            _CALL: self.calls,
            _DIALOGUE: self.dialogues,
            _TEST: self.line_tests,
        }
        self._items = items
        self._of_party: dict[str, list[str]] = {}
        self._posts_of: dict[str, list[str]] = {}
        self._dialogues_of: dict[str, dict[str, None]] = {}
        self._unfinished: dict[str, int] = {}
        self._tests_of: dict[str, list[int]] = {}
        self._due: list[tuple[int, _DueKey]] = []

    # agreements

    def put_agreement(self, agreement: Agreement) -> None:
        """Add or replace an agreement; its members never change."""
        name = agreement.agreement_id
        before = self.agreements.get(name)
        if before is None:
            for member in agreement.members:
                insort(self._of_party.setdefault(member, []), name)
        self._put(self.agreements, name, before, agreement)
        self._expect((_AGREEMENT, name), before, agreement)

    def of_party(self, party: str) -> list[Agreement]:
        """The agreements of which a party is a member, in force or not, by identifier."""
        return [self.agreements[name] for name in self._of_party.get(party, ())]

    def between(self, one: str, other: str) -> list[Agreement]:
        """The agreements of which both parties are members, in force or not, by identifier."""
        return [agreement for agreement in self.of_party(one) if other in agreement.members]

    def minima_sequence(self, one: str, other: str) -> int:
        """The entry at which the separation that was agreed between two parties last changed; 0: never."""
        return max((agreement.minima_sequence for agreement in self.between(one, other)), default=0)

    # posts

    def put_post(self, post: Post) -> None:
        """Add or replace a post."""
        before = self.posts.get(post.key)
        if before is None:
            insort(self._posts_of.setdefault(post.party, []), post.post)
        self._put(self.posts, post.key, before, post)

    def drop_post(self, post: Post) -> None:
        """Remove a post."""
        self._drop(self.posts, post.key)
        self._posts_of[post.party].remove(post.post)

    def posts_of(self, party: str) -> list[Post]:
        """The posts of a party, by name."""
        return [self.posts[party, name] for name in self._posts_of.get(party, ())]

    # dialogues

    def put_dialogue(self, dialogue: Dialogue) -> None:
        """Add or replace a dialogue."""
        name = dialogue.dialogue_id
        before = self.dialogues.get(name)
        if before is None:
            for party in (dialogue.opener, dialogue.other):
                self._dialogues_of.setdefault(party, {})[name] = None
        self._count(before, -1)
        self._count(dialogue, 1)
        self._put(self.dialogues, name, before, dialogue)
        self._expect((_DIALOGUE, name), before, dialogue)

    def put_message(self, message: Message) -> None:
        """Add or replace the envelope of a message."""
        self._put(self.messages, message.key, self.messages.get(message.key), message)

    def drop_dialogue(self, dialogue: Dialogue) -> None:
        """Remove a dialogue with its messages."""
        name = dialogue.dialogue_id
        for number in range(1, dialogue.messages + 1):
            self._drop(self.messages, (name, number))
        self._count(dialogue, -1)
        self._drop(self.dialogues, name)
        for party in (dialogue.opener, dialogue.other):
            del self._dialogues_of[party][name]
            if not self._dialogues_of[party]:
                del self._dialogues_of[party]

    def dialogues_of(self, party: str) -> list[Dialogue]:
        """The dialogues of a party, by identifier."""
        return [self.dialogues[name] for name in sorted(self._dialogues_of.get(party, ()))]

    def messages_of(self, dialogue: Dialogue) -> list[Message]:
        """The messages of a dialogue, by number."""
        return [self.messages[dialogue.dialogue_id, number] for number in range(1, dialogue.messages + 1)]

    def speaking(self, digest: str) -> str | None:
        """The dialogue that is not over in which a body is a message."""
        found = (name for (name, _), one in self.messages.items() if one.digest == digest)
        return next((name for name in found if not self.dialogues[name].is_over), None)

    def unfinished_of(self, party: str) -> int:
        """How many dialogues that a party opened are not over."""
        return self._unfinished.get(party, 0)

    # tests of the line

    def put_test(self, test: LineTest) -> None:
        """Add or replace a test of the line."""
        key = (test.agreement_id, test.number)
        before = self.line_tests.get(key)
        if before is None:
            insort(self._tests_of.setdefault(test.agreement_id, []), test.number)
        self._put(self.line_tests, key, before, test)
        self._expect((_TEST, key), before, test)

    def drop_tests(self, agreement_id: str, through: int) -> None:
        """Remove the tests of an agreement up to a number."""
        numbers = self._tests_of.get(agreement_id, [])
        while numbers and numbers[0] <= through:
            self._drop(self.line_tests, (agreement_id, numbers.pop(0)))

    def tests_of(self, agreement_id: str) -> list[LineTest]:
        """The tests of an agreement's line that are kept, the oldest first."""
        return [self.line_tests[agreement_id, number] for number in self._tests_of.get(agreement_id, ())]

    def last_test(self, agreement_id: str) -> int:
        """The number of an agreement's last test; 0: none yet."""
        numbers = self._tests_of.get(agreement_id)
        return numbers[-1] if numbers else 0

    # alarms of conflicts

    def put_alarm(self, alarm: Alarm) -> None:
        """Add or replace the alarm of a conflict."""
        name = alarm.conflict_id
        before = self.alarms.get(name)
        self._put(self.alarms, name, before, alarm)
        self._expect((_ALARM, name), before, alarm)

    def drop_alarm(self, conflict_id: str) -> None:
        """Remove the alarm of a conflict, if it has one."""
        if conflict_id in self.alarms:
            self._drop(self.alarms, conflict_id)

    # assistance

    def put_assistance(self, case: Assistance) -> None:
        """Add or replace a case of assistance."""
        name = case.assistance_id
        before = self.assistance.get(name)
        self._put(self.assistance, name, before, case)
        self._expect((_ASSISTANCE, name), before, case)

    def drop_assistance(self, case: Assistance) -> None:
        """Remove a case of assistance."""
        self._drop(self.assistance, case.assistance_id)

    # voice calls

    def put_call(self, call: VoiceCall) -> None:
        """Add or replace a voice call."""
        name = call.call_id
        before = self.calls.get(name)
        for party in (call.recorder, call.other):
            self._calls_of.setdefault(party, {})[name] = None
        self._put(self.calls, name, before, call)
        self._expect((_CALL, name), before, call)

    def drop_call(self, call: VoiceCall) -> None:
        """Remove a voice call."""
        self._drop(self.calls, call.call_id)
        for party in (call.recorder, call.other):
            del self._calls_of[party][call.call_id]

    def calls_of(self, party: str) -> list[VoiceCall]:
        """The voice calls of a party, by identifier."""
        return [self.calls[name] for name in sorted(self._calls_of.get(party, ()))]

    # time

    def waits_for_time(self) -> int | None:
        """The next instant (microseconds since 1970 UTC) at which something here is due, or None."""
        self._skip_stale()
        return self._due[0][0] if self._due else None

    def next_due(self, time_us: int) -> TimedItem | None:
        """The first of what is due by a time, by time, kind and name; it must be changed, or it is due again."""
        due_us = self.waits_for_time()
        return None if due_us is None or due_us > time_us else self._item(self._due[0][1])

    def content(self) -> Iterator[bytes]:
        """The canonical bytes of every item."""
        kinds: list[dict[Any, Any]] = [self.posts, self.messages, *self._timed.values()]
        for held in kinds:
            yield from map(_ENCODER.encode, held.values())

    def _put(self, held: dict[KeyT, ItemT], key: KeyT, before: ItemT | None, after: ItemT) -> None:
        if before is not None:
            self._items.remove(_ENCODER.encode(before))
        held[key] = after
        self._items.add(_ENCODER.encode(after))

    def _drop(self, held: dict[KeyT, ItemT], key: KeyT) -> None:
        self._items.remove(_ENCODER.encode(held.pop(key)))

    def _count(self, dialogue: Dialogue | None, change: int) -> None:
        if dialogue is not None and not dialogue.is_over:
            self._unfinished[dialogue.opener] = self._unfinished.get(dialogue.opener, 0) + change

    def _item(self, key: _DueKey) -> TimedItem | None:
        kind, name = key
        return self._timed[kind].get(name)

    def _expect(self, key: _DueKey, before: TimedItem | None, after: TimedItem) -> None:
        due_us = after.due_us
        if due_us is not None and (before is None or before.due_us != due_us):
            heappush(self._due, (due_us, key))
            self._tidy()

    def _skip_stale(self) -> None:
        while self._due:
            item = self._item(self._due[0][1])
            if item is not None and item.due_us == self._due[0][0]:
                return
            heappop(self._due)

    def _tidy(self) -> None:
        """Bound the stale entries, or what changes a million times would fill the memory."""
        held = sum(map(len, self._timed.values()))
        if len(self._due) > 2 * held + 1_000:
            valid = {entry for entry in self._due if (item := self._item(entry[1])) and item.due_us == entry[0]}
            self._due = sorted(valid)
