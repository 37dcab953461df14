"""Assistance and voice calls from a seed, on the rules alone: whatever is sent, in whatever order, nothing breaks.

Commands are made at random, most of them sensible. Each is refused with a reason or has its effect; the state comes
back from a snapshot and from the entries; what has an owner and a time is due, or on record as overdue.
"""

from random import Random

import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.commands import Command, Tick
from skyparley.airspace.events import Verdict
from skyparley.airspace.limits import RESCUE_CLASS
from skyparley.airspace.line.assistance.commands import Called, CloseAssistance, RequestAssistance
from skyparley.airspace.line.calls import commands as v
from skyparley.airspace.line.dialogue import commands as c
from skyparley.airspace.line.duty import commands as d
from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.airspace.operations.commands import Extent
from support.line_world import SECOND_US, START_US, CrashingWorld

SEEDS = 400
STEPS = 60
PARTIES = ("north", "south", "west")
DIGEST = "d" * 64


class World(CrashingWorld):
    """Three parties that ask for help, answer, telephone and promise."""

    def __init__(self, random: Random) -> None:
        self.names = 0
        super().__init__(random)
        for party in PARTIES:
            self.must(party, d.DefinePost("post", (), ""))
            self.must(party, d.TakeWatch("post", "1" * 16))

    def name(self) -> str:
        self.names += 1
        return f"{self.names:016x}"

    def choose(self, party: str) -> Command:
        random, line = self.random, self.state.line
        doing = random.random()
        if doing < 0.06:
            others = sorted(random.sample([one for one in PARTIES if one != party], random.choice((1, 2))))
            called = tuple(Called(one, "post", self.name()) for one in others)
            return RequestAssistance(self.name(), called, "post", random.random() < 0.5, DIGEST)
        if doing < 0.10 and line.assistance:
            return CloseAssistance(random.choice(sorted(line.assistance)), "post")
        if doing < 0.60 and line.dialogues:
            return self.say(party)
        return self.telephone(party)

    def say(self, party: str) -> Command:
        random, line = self.random, self.state.line
        own = [one for one in line.dialogues_of(party) if not one.is_over]
        dialogue = random.choice(own or list(line.dialogues.values()))
        act = random.choices(c.ACTS, (5, 5, 2, 1, 2, 2, 1, 1))[0]
        step = random.choice(c.STEPS) if act == "open" else ""
        changes: tuple[ProposedChange, ...] = ()
        amendments: tuple[Amendment, ...] = ()
        if step == "corridor":
            case = line.assistance.get(dialogue.assistance)
            helper = dialogue.peer(case.requester) if case is not None else party
            changes = (ProposedChange(helper, f"c{random.randrange(4)}", 0, DIGEST),)
        question = line.messages.get((dialogue.dialogue_id, dialogue.question))
        if act == "accept" and question is not None:
            begin_us = max(self.state.time_us, START_US) + random.randrange(-50, 500) * SECOND_US
            extent = Extent(("478954",), 0, 100, "WGS84", begin_us, begin_us + 60 * SECOND_US)
            amendments = tuple(
                Amendment(one.party, one.operation_id, one.version, one.details_digest, (extent,), RESCUE_CLASS)
                for one in question.changes
            )
        return c.SendMessage(
            dialogue.dialogue_id, dialogue.question, "post", act, "FLASH", "AN" if act == "open" else "N",
            act == "open" and random.random() < 0.4, DIGEST, changes, amendments, (),
            1 if changes or amendments else 0, step,
        )  # fmt: skip

    def telephone(self, party: str) -> Command:
        random, line = self.random, self.state.line
        now_us = max(self.state.time_us, START_US)
        due = tuple(
            v.Commitment(random.choice(PARTIES), now_us + random.randrange(1, 900) * SECOND_US)
            for _ in range(random.randrange(3))
        )
        if not line.calls or random.random() < 0.2:
            other = random.choice([one for one in PARTIES if one != party])
            both = tuple(v.Participant(one, "post") for one in sorted((party, other)))
            return v.RecordCall(self.name(), other, "post", both, now_us - SECOND_US, 60, bool(due), due, DIGEST)
        call = random.choice(line.calls_of(party) or list(line.calls.values()))
        doing = random.random()
        if doing < 0.2:
            return v.ReviseCall(call.call_id, call.revision, "post", False, due, DIGEST)
        if doing < 0.5:
            return v.AgreeCall(call.call_id, call.revision, "post")
        if doing < 0.6:
            return v.ReadOutCall(call.call_id, "post", DIGEST)
        word = random.choice(("meet", "partly", "fail", "dispute"))
        return v.ReportCommitment(call.call_id, random.randrange(1, 3), "post", word, DIGEST)

    def compare(self) -> None:
        for dialogue in list(self.state.line.dialogues.values()):
            if dialogue.read_back == "comparing" and not dialogue.is_over:
                numbers = (dialogue.question, dialogue.reading)
                digests = [self.state.line.messages[dialogue.dialogue_id, number].digest for number in numbers]
                found = c.RecordReadBack(dialogue.dialogue_id, dialogue.reading, *digests, self.random.random() < 0.7)
                apply(self.state, self.event("", found))

    def check(self) -> None:
        for case in self.state.line.assistance.values():
            if case.state == "closed" and case.changed_sequence == self.state.sequence:
                states = [self.state.line.dialogues[one.dialogue_id].state for one in case.called]
                assert all(state in ("closed", "declined", "aborted", "told", "open") for state in states)
            for one in case.called:
                assert not one.operation_id or one.state in ("agreed", "under_way", "done", "declined")
        for call in self.state.line.calls.values():
            for commitment in call.commitments:
                assert commitment.state != "due" or commitment.due_us > self.state.time_us
                assert (commitment.state == "drafted") == (call.state != "agreed")

    def note(self, seen: dict[str, int]) -> None:
        """What has been seen so far."""
        for case in self.state.line.assistance.values():
            seen[case.state] = seen.get(case.state, 0) + 1
            seen["corridor"] = seen.get("corridor", 0) + sum(bool(one.operation_id) for one in case.called)
        for call in self.state.line.calls.values():
            for commitment in call.commitments:
                seen[f"commitment {commitment.state}"] = seen.get(f"commitment {commitment.state}", 0) + 1


@pytest.mark.parametrize("block", range(2))
def test_nothing_breaks_and_nothing_that_is_due_is_forgotten(block: int) -> None:
    seen: dict[str, int] = {}
    for seed in range(block * SEEDS // 2, (block + 1) * SEEDS // 2):
        world = World(Random(seed))
        try:
            for _ in range(STEPS):
                party = world.random.choice(PARTIES)
                command = world.choose(party)
                outcome = apply(world.state, world.event(party, command))
                if outcome.verdict is Verdict.ACCEPTED:
                    seen[type(command).__name__] = seen.get(type(command).__name__, 0) + 1
                world.compare()
                apply(world.state, world.event("", Tick(), after_us=world.random.choice((1, 30, 200)) * SECOND_US))
                world.check()
                world.note(seen)
                if world.random.random() < 0.03:
                    world.crash()
            world.crash()
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
    wanted = ("requested", "offered", "agreed", "under_way", "declined", "closed", "corridor", "CloseAssistance",
              "ReviseCall", "AgreeCall", "ReadOutCall", "ReportCommitment", "commitment overdue", "commitment met",
              "commitment disputed")  # fmt: skip
    assert [name for name in wanted if not seen.get(name)] == [], seen
