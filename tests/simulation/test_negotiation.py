"""Negotiation from a seed, on the rules alone: what is sent arrives late, twice or never, while others file in between.

Two parties propose to move what conflicts, a third files wherever it likes, operations are amended, cancelled and end,
and the state is lost and comes back. What is exact in a running node is plain here: two operations conflict where their
extents meet.

Whatever happens: nothing is amended that was not proposed by one and accepted by the other; an acceptance makes no new
conflict; a conflict that nobody settles is an alarm when its time has come.
"""

from dataclasses import dataclass
from random import Random

import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.commands import Command, Finding, RecordFindings, Tick
from skyparley.airspace.events import Outcome, Verdict
from skyparley.airspace.keeping.records import LiveOperation, OperationKey
from skyparley.airspace.line.dialogue import commands as c
from skyparley.airspace.line.duty import commands as d
from skyparley.airspace.line.negotiation.commands import Amendment, ProposedChange
from skyparley.airspace.operations.commands import AmendOperation, CancelOperation, Extent, FileOperation
from skyparley.airspace.operations.extents import meet
from support.line_world import SECOND_US, START_US, CrashingWorld

SEEDS = 1_000
STEPS = 25
BLOCKS = 10
CELLS = ("478954", "47895c", "478964", "47896c")
POSTS = {"north": "ops", "south": "tower"}
DIGEST = "d" * 64


@dataclass
class Sent:
    """A command on its way to the log."""

    at_us: int
    party: str
    command: Command


class World(CrashingWorld):
    """A node by its rules; what is sent to its log arrives later, in any order, perhaps twice or never."""

    def __init__(self, random: Random) -> None:
        self.way: list[Sent] = []
        self.shapes: dict[str, tuple[Extent, ...]] = {}
        self.seen: dict[str, int] = {}
        self.names = 0
        super().__init__(random)
        for party, post in POSTS.items():
            self.must(party, d.DefinePost(post, (), ""))
            self.must(party, d.TakeWatch(post, "1" * 16))

    @property
    def now_us(self) -> int:
        return max(self.state.time_us, START_US)

    def shape(self) -> tuple[str, tuple[Extent, ...]]:
        """Somewhere, at some height, some time from now on; its digest."""
        self.names += 1
        begin_us = self.now_us + self.random.randrange(60, 1_500) * SECOND_US
        lower_mm = self.random.randrange(3) * 1_000
        extents = (
            Extent(
                (self.random.choice(CELLS),),
                lower_mm,
                lower_mm + 500,
                "WGS84",
                begin_us,
                begin_us + self.random.randrange(60, 600) * SECOND_US,
            ),
        )
        digest = f"{self.names:064x}"
        self.shapes[digest] = extents
        return digest, extents

    def send(self, party: str, command: Command) -> None:
        for _ in range(self.random.choices((0, 1, 2), (1, 7, 2))[0]):
            self.way.append(Sent(self.now_us + self.random.randrange(20) * SECOND_US, party, command))

    def clashes(self, key: OperationKey, extents: tuple[Extent, ...]) -> set[OperationKey]:
        """What an operation with these extents would meet."""
        return {
            live.key
            for live in self.state.operations.values()
            if live.key != key and live.end_us > self.now_us and meet(live.extents(), extents)
        }

    def arrive(self, party: str, command: Command, *, after_us: int) -> Outcome:
        accepts = isinstance(command, c.SendMessage) and bool(command.amendments)
        before = dict(self.state.operations)
        standing = {one.key: self.clashes(one.key, one.extents()) for one in before.values()} if accepts else {}
        outcome = apply(self.state, self.event(party, command, after_us=after_us))
        taken = outcome.verdict is Verdict.ACCEPTED
        if accepts and taken:
            assert isinstance(command, c.SendMessage)
            self.check_acceptance(party, command, before, standing)
        own = isinstance(command, AmendOperation) and (party, command.operation_id)
        amended = {(one.party, one.operation_id) for one in command.amendments} if accepts and taken else set()
        for key, live in self.state.operations.items():
            if key in before and live.details_digest != before[key].details_digest:
                assert key == own or key in amended
        self.find()
        return outcome

    def check_acceptance(
        self,
        party: str,
        command: c.SendMessage,
        before: dict[OperationKey, LiveOperation],
        standing: dict[OperationKey, set[OperationKey]],
    ) -> None:
        """What was accepted was proposed by the other side, is now so, and conflicts with nothing new."""
        dialogue = self.state.line.dialogues[command.dialogue_id]
        question = self.state.line.messages[dialogue.dialogue_id, dialogue.question]
        assert question.from_party != party
        assert dialogue.result == "accepted"
        changed = {(one.party, one.operation_id) for one in question.changes}
        assert changed == {(one.party, one.operation_id) for one in command.amendments}
        for one in command.amendments:
            key = (one.party, one.operation_id)
            assert self.state.operations[key].details_digest == one.details_digest
            assert before[key].version == one.version
            assert self.clashes(key, one.extents) <= standing[key] - {dialogue.peer(one.party)}
            self.seen["accepted"] = self.seen.get("accepted", 0) + 1

    def find(self) -> None:
        """The comparison, at once: every filing with all before it."""
        while (through := self.state.findings_through) < self.state.sequence:
            pending = self.state.pending_filings()
            findings = []
            for sequence, key in pending:
                live = self.state.operations[key]
                for other in sorted(self.clashes(key, live.extents())):
                    held = self.state.operations[other]
                    if held.details_sequence <= sequence:
                        findings.append(finding(sequence, *sorted((live, held), key=lambda one: one.key)))
            findings.sort(key=lambda one: (one.sequence, one.a_party, one.a_operation_id, one.b_party))
            last = self.state.sequence
            apply(self.state, self.event("", RecordFindings(through, last, "simulated/1", tuple(findings)), after_us=1))
            if not pending:
                return

    def act(self) -> None:
        random = self.random
        party = random.choice(("north", "south", "south", "north", "west"))
        mine = [one for one in self.state.operations.values() if one.party == party]
        doing = random.random()
        if not mine or doing < 0.25:
            digest, extents = self.shape()
            wanted = [
                one for sent in self.way if isinstance(sent.command, c.SendMessage) for one in sent.command.watched
            ]
            if party == "west" and wanted:  # just where somebody is about to accept
                extents = self.shapes[digest] = (random.choice(wanted),)
            self.send(party, FileOperation(f"o{self.names}", "drone", extents, digest))
        elif doing < 0.35:
            held, (digest, extents) = random.choice(mine), self.shape()
            self.send(party, AmendOperation(held.operation_id, held.version, "drone", extents, digest))
        elif doing < 0.40:
            held = random.choice(mine)
            self.send(party, CancelOperation(held.operation_id, held.version))
        elif party in POSTS and doing < 0.70:
            self.propose(party)
        elif party in POSTS:
            self.answer(party)

    def propose(self, party: str) -> None:
        """Move one or both of a conflict, to where nothing is by what the node knows now."""
        both = set(POSTS)
        conflicts = [one for one in self.state.conflicts.values() if {one.a_party, one.b_party} == both]
        if not conflicts:
            return
        conflict = self.random.choice(sorted(conflicts, key=lambda one: one.conflict_id))
        changes = []
        for key in sorted(self.random.sample([conflict.a, conflict.b], self.random.choice((1, 1, 2)))):
            digest, extents = self.shape()
            if self.clashes(key, extents):
                return
            changes.append(ProposedChange(*key, self.state.operations[key].version, digest))
        if len(changes) == 2 and meet(self.shapes[changes[0].details_digest], self.shapes[changes[1].details_digest]):
            return
        name, other = f"{self.random.randrange(2**32):016x}", "south" if party == "north" else "north"
        self.send(
            party,
            c.OpenDialogue(
                name, other, conflict.conflict_id, POSTS[party], POSTS[other], "FLASH", "AN", False, DIGEST,
                tuple(changes), self.state.sequence,
            ),
        )  # fmt: skip

    def answer(self, party: str) -> None:
        """Accept what is proposed, if it is still clear by what the node knows now; or refuse it."""
        waiting = [one for one in self.state.line.dialogues_of(party) if one.owes == party and not one.is_over]
        if not waiting:
            return
        dialogue = self.random.choice(waiting)
        question = self.state.line.messages[dialogue.dialogue_id, dialogue.question]
        said = (dialogue.dialogue_id, dialogue.question, POSTS[party])
        if self.random.random() < 0.15:
            self.send(party, c.SendMessage(*said, "refuse", "FLASH", "N", False, DIGEST))
            return
        amendments = tuple(
            Amendment(one.party, one.operation_id, one.version, one.details_digest, self.shapes[one.details_digest])
            for one in question.changes
        )
        moved = {(one.party, one.operation_id) for one in amendments}
        if any(self.clashes((one.party, one.operation_id), one.extents) - moved for one in amendments):
            self.seen["overtaken"] = self.seen.get("overtaken", 0) + 1
            return
        watched = tuple(extent for one in amendments for extent in one.extents)
        self.send(
            party,
            c.SendMessage(
                *said, "accept", "FLASH", "N", False, DIGEST, (), amendments, watched, self.state.sequence
            ),
        )  # fmt: skip

    def check(self) -> None:
        """A conflict of two parties that stands when its time has come is an alarm."""
        for conflict in self.state.conflicts.values():
            alarm = self.state.line.alarms.get(conflict.conflict_id)
            assert (alarm is None) == (conflict.a_party == conflict.b_party)
            if alarm is not None:
                begins = [self.state.operations[key].begin_us for key in (conflict.a, conflict.b)]
                assert (alarm.state == "unresolved") == (max(begins) <= self.state.time_us)
                self.seen[alarm.state] = self.seen.get(alarm.state, 0) + 1
        assert set(self.state.line.alarms) <= set(self.state.conflicts)

    def step(self) -> None:
        for _ in range(3):
            self.act()
        due = [one for one in self.way if one.at_us <= self.now_us]
        self.random.shuffle(due)
        self.way = [one for one in self.way if one.at_us > self.now_us]
        for one in due:
            outcome = self.arrive(one.party, one.command, after_us=self.random.randrange(1, SECOND_US))
            if outcome.refusal is not None and outcome.refusal.place == "checked_through":
                self.seen["refused as overtaken"] = self.seen.get("refused as overtaken", 0) + 1
        self.arrive("", Tick(), after_us=self.random.choice((2, 10, 40)) * SECOND_US)
        if self.random.random() < 0.05:
            self.crash()
        self.check()


def finding(sequence: int, a: LiveOperation, b: LiveOperation) -> Finding:
    return Finding(
        sequence, a.party, a.operation_id, a.details_digest, b.party, b.operation_id, b.details_digest,
        "volume_overlap", True, DIGEST,
    )  # fmt: skip


@pytest.mark.parametrize("block", range(BLOCKS))
def test_what_is_accepted_was_proposed_is_clear_and_nothing_unsettled_is_silent(block: int) -> None:
    seen: dict[str, int] = {}
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        world = World(Random(seed))
        try:
            for _ in range(STEPS):
                world.step()
            world.crash()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        for name, count in world.seen.items():
            seen[name] = seen.get(name, 0) + count
    for name in ("accepted", "overtaken", "refused as overtaken", "waiting", "unresolved"):
        assert seen.get(name, 0) >= 1, (name, seen)
