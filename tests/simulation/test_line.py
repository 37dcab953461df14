"""The line from a seed, on the rules alone: parties go silent, what they send is lost, delayed and doubled.

Their clocks differ, one of them suspends in the middle, and the state is lost and comes back from a snapshot or from
the entries.

Whatever happens: nobody ever sees two different accepted arrangements, and no answer that is due is forgotten.
"""

from dataclasses import dataclass
from random import Random

import msgspec
import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.commands import Command, Tick
from skyparley.airspace.events import DialogueChanged, Verdict
from skyparley.airspace.line.agreements import commands as a
from skyparley.airspace.line.agreements import terms as t
from skyparley.airspace.line.dialogue import commands as c
from skyparley.airspace.line.dialogue.items import Dialogue
from skyparley.airspace.line.duty import commands as d
from support.line_world import SECOND_US, CrashingWorld

SEEDS = 1_000
STEPS = 60
DIGESTS = tuple(letter * 64 for letter in "0123456789abcdef")
POSTS = {"north": "ops", "south": "tower"}
WATCH = "1" * 16


@dataclass
class Sent:
    """A command on its way to the node; it arrives at a time, perhaps twice, perhaps never."""

    at_us: int
    party: str
    key: str
    command: Command


class World(CrashingWorld):
    """A node by its rules, two parties that know only what has reached them, and a network that cannot be trusted."""

    def __init__(self, random: Random) -> None:
        self.way: list[Sent] = []
        self.known: dict[str, dict[str, Dialogue]] = {party: {} for party in POSTS}
        self.late: list[tuple[int, str, int, Dialogue]] = []
        self.told = 0
        self.last_told: dict[tuple[str, str], int] = {}
        self.accepted: dict[str, tuple[str, ...]] = {}
        self.skew_us = {party: random.randrange(-300, 300) * SECOND_US for party in POSTS}
        self.silent_until_us = dict.fromkeys(POSTS, 0)
        self.numbers = 0
        super().__init__(random)
        for party, post in POSTS.items():
            for command in (d.DefinePost("deputy", (), ""), d.DefinePost(post, ("deputy",), "")):
                self.must(party, command)
            self.must(party, d.TakeWatch(post, WATCH))
        self.agree()

    def agree(self) -> None:
        """Answer times and tests of the line."""
        texts = (a.Text("en", "x"),)
        self.must("north", a.DraftAgreement("line", texts, ("north", "south"), ("en",), ("en",)))
        for number, term in (("1", t.AnswerTimeTerm("FLASH", 20)), ("2", t.LineTestTerm(120, 30))):
            self.must("north", a.ProposeClause("line", 1, number, 0, False, term, texts))
            self.must("south", a.AnswerClause("line", 1, number, 1, True, ""))
        for party in POSTS:
            self.must(party, a.AcceptAgreement("line", 1))

    def arrive(self, party: str, key: str, command: Command, *, after_us: int) -> None:
        """A command has reached the node, which makes it an entry whatever comes of it."""
        event = self.event(party, command, after_us=after_us)
        event = msgspec.structs.replace(event, idempotency_key=key)
        self.entries[-1] = event
        outcome = apply(self.state, event)
        for change in outcome.changes:
            if isinstance(change, DialogueChanged):
                self.tell(change)
        if outcome.verdict is Verdict.REPEATED:
            said = [one for change in outcome.changes if isinstance(change, DialogueChanged) for one in change.messages]
            assert all(message.sequence != event.sequence for message in said)

    def tell(self, change: DialogueChanged) -> None:
        """Each party learns of a change, sooner or later, in any order."""
        dialogue = change.dialogue
        self.told += 1
        for party in POSTS:
            self.late.append(
                (self.state.time_us + self.random.randrange(0, 30) * SECOND_US, party, self.told, dialogue)
            )
        if dialogue.result:
            question = self.state.line.messages[dialogue.dialogue_id, dialogue.question]
            arrangement = (dialogue.result, question.digest, str(dialogue.question))
            assert self.accepted.setdefault(dialogue.dialogue_id, arrangement) == arrangement
            if dialogue.result == "accepted":
                assert dialogue.read_back in ("not_needed", "confirmed")

    def deliver(self) -> None:
        """What is due reaches the parties; what is older than what they know tells them nothing."""
        due = [one for one in self.late if one[0] <= self.state.time_us]
        self.late = [one for one in self.late if one[0] > self.state.time_us]
        for _, party, place, dialogue in due:
            before = self.known[party].get(dialogue.dialogue_id)
            if place > self.last_told.get((party, dialogue.dialogue_id), 0):
                assert before is None or not before.result or before.result == dialogue.result
                self.known[party][dialogue.dialogue_id] = dialogue
                self.last_told[party, dialogue.dialogue_id] = place

    def act(self, party: str) -> None:
        """A party does something sensible by what it knows, or something foolish."""
        random = self.random
        if random.random() < 0.03:
            self.silent_until_us[party] = self.state.time_us + random.randrange(20, 200) * SECOND_US
        if self.state.time_us + self.skew_us[party] < self.silent_until_us[party]:
            return
        command = self.choose(party)
        self.numbers += 1
        copies = random.choices((0, 1, 2), (1, 7, 2))[0]
        for _ in range(copies):
            at_us = self.state.time_us + random.randrange(0, 40) * SECOND_US
            self.way.append(Sent(at_us, party, f"{party}-{self.numbers}", command))

    def choose(self, party: str) -> Command:
        random = self.random
        other = next(name for name in POSTS if name != party)
        post = random.choice((POSTS[party], POSTS[party], "deputy"))
        live = [one for one in self.known[party].values() if not one.is_over]
        tests = [one for one in self.state.line.tests_of("line") if not one.over]
        if tests and random.random() < 0.3:
            return d.AnswerLineTest("line", tests[-1].number, POSTS[party], random.random() < 0.2)
        if random.random() < 0.05:
            return random.choice((a.SuspendAgreement("line", 1, 0, "talks"), a.ResumeAgreement("line", 1)))
        if random.random() < 0.06:
            return random.choice((d.LeaveWatch(POSTS[party], WATCH, ""), d.TakeWatch(POSTS[party], WATCH)))
        digest = random.choice(DIGESTS)
        if not live or random.random() < 0.2:
            response = random.choice(("WU", "AN", "R", "Y"))
            name = f"{random.randrange(2**32):016x}"
            to_post = POSTS[other]
            return c.OpenDialogue(name, other, "", post, to_post, "FLASH", response, random.random() < 0.6, digest)
        dialogue = random.choice(live)
        act = random.choices(c.ACTS, (1, 1, 1, 1, 2, 1, 1, 1))[0]
        return c.SendMessage(
            dialogue.dialogue_id,
            dialogue.question,
            post,
            act,
            "FLASH",
            "AN" if act == "open" else "N",
            act == "open" and random.random() < 0.5,
            digest,
        )

    def compare(self) -> None:
        """The node compares what was read back, when it gets round to it."""
        for dialogue in list(self.state.line.dialogues.values()):
            if dialogue.read_back == "comparing" and not dialogue.is_over and self.random.random() < 0.7:
                question, reading = (
                    self.state.line.messages[dialogue.dialogue_id, number].digest
                    for number in (dialogue.question, dialogue.reading)
                )
                matches = self.random.random() < 0.6
                found = c.RecordReadBack(dialogue.dialogue_id, dialogue.reading, question, reading, matches)
                self.arrive("", "", found, after_us=1)

    def check(self) -> None:
        """What is asked is owed by one party and due by a time, or it is an alarm."""
        for dialogue in self.state.line.dialogues.values():
            if dialogue.is_over:
                assert not dialogue.owes
            elif dialogue.question:
                assert dialogue.owes in POSTS
                assert dialogue.state == "timed_out" or (dialogue.waiting_us or 0) > self.state.time_us
        for test in self.state.line.line_tests.values():
            assert test.over or test.answer_by_us > self.state.time_us
            assert not test.over or all(one.state != "waiting" for one in test.answers)

    def step(self) -> None:
        for party in POSTS:
            self.act(party)
        due = [one for one in self.way if one.at_us <= self.state.time_us]
        self.random.shuffle(due)
        self.way = [one for one in self.way if one.at_us > self.state.time_us]
        for one in due:
            self.arrive(one.party, one.key, one.command, after_us=self.random.randrange(1, SECOND_US))
        self.compare()
        self.arrive("", "", Tick(), after_us=self.random.choice((1, 5, 15)) * SECOND_US)
        self.deliver()
        if self.random.random() < 0.03:
            self.crash()
        self.check()


@pytest.mark.parametrize("block", range(20))
def test_nothing_is_accepted_twice_and_nothing_that_is_due_is_forgotten(block: int) -> None:
    ended = set()
    for seed in range(block * SEEDS // 20, (block + 1) * SEEDS // 20):
        world = World(Random(seed))
        try:
            for _ in range(STEPS):
                world.step()
            world.way.clear()
            for _ in range(40):  # everybody has gone: what nobody answers becomes an alarm
                world.compare()
                world.arrive("", "", Tick(), after_us=25 * SECOND_US)
            for dialogue in world.state.line.dialogues.values():
                ended.add(dialogue.state)
                assert dialogue.is_over or dialogue.state in ("timed_out", "told"), dialogue
            world.late = [(0, *rest) for _, *rest in world.late]
            world.deliver()
            assert world.known["north"] == world.known["south"]
            world.crash()
            assert world.state.state_hash() == world.state.recomputed_state_hash()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
    assert ended == {"closed", "declined", "aborted", "timed_out"}
