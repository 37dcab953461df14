"""Dialogues on the rules alone: random histories against an obvious memory of what was said, and impossible inputs."""

from random import Random
from typing import Any

import msgspec
import pytest

from skyparley.airspace import limits
from skyparley.airspace.codec import validate_command
from skyparley.airspace.commands import Command, Tick
from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.limits import CLOSED_DIALOGUE_US
from skyparley.airspace.line.dialogue import commands as c
from skyparley.airspace.line.dialogue.items import Dialogue
from skyparley.airspace.line.duty.commands import DefinePost, LeaveWatch, TakeWatch
from skyparley.errors import InvalidInputError
from support.line_world import SECOND_US, LineWorld

NAME = "00000000000000d1"
DIGEST = "a" * 64
OTHER_DIGEST = "b" * 64
WATCH = "1" * 16


class World(LineWorld):
    """North has one post, south a chain of three; everybody is on watch."""

    def __init__(self) -> None:
        super().__init__()
        self.must("north", DefinePost("ops", (), ""))
        for post, following in (("command", ""), ("deputy", "command"), ("tower", "deputy")):
            self.must("south", DefinePost(post, (), following))
            self.must("south", TakeWatch(post, WATCH))
        self.must("north", TakeWatch("ops", WATCH))

    @property
    def dialogue(self) -> Dialogue:
        return self.state.line.dialogues[NAME]


def opening(**changes: Any) -> c.OpenDialogue:
    first = c.OpenDialogue(NAME, "south", "", "ops", "tower", "FLASH", "WU", False, DIGEST)
    return msgspec.structs.replace(first, **changes)


def message(act: str, party: str = "south", **changes: Any) -> c.SendMessage:
    post = "ops" if party == "north" else "tower"
    response = "WU" if act == "open" else "N"
    return msgspec.structs.replace(c.SendMessage(NAME, 1, post, act, "FLASH", response, False, OTHER_DIGEST), **changes)


class Memory:
    """What was said in one dialogue, and what follows from it by the words of the standard and nothing else."""

    def __init__(self, read_back: bool, response: str) -> None:
        self.state = "open"
        self.asker, self.question, self.number = "north", 1, 1
        self.read_back = "due" if read_back else "not_needed"
        self.response = response

    def allows(self, party: str, command: c.SendMessage) -> bool:
        act, asker = command.act, party == self.asker
        if self.state in ("closed", "declined", "aborted"):
            return False
        if act in ("note", "close"):
            return True
        if act == "open":
            return asker or command.reference == self.question
        if command.reference != self.question or (act == "confirm") != asker:
            return False
        if act == "confirm":
            return self.read_back == "matched"
        if act == "read_back":
            return self.read_back in ("due", "mismatch", "matched")
        return act != "accept" or self.read_back in ("not_needed", "confirmed")

    def hear(self, party: str, command: c.SendMessage) -> None:
        self.number += 1
        act = command.act
        if act == "open":
            self.state, self.asker, self.question = "open", party, self.number
            self.read_back, self.response = "due" if command.read_back else "not_needed", command.response
        elif act in ("accept", "refuse"):
            self.state = "closed"
        elif act == "standby":
            self.state = "standby"
        elif act == "close":
            self.state = "aborted" if party == self.asker else "declined"
        elif act == "read_back":
            self.state, self.read_back = "open", "comparing"
        elif act == "confirm":
            self.read_back = "confirmed"
            self.state = "closed" if self.response == "R" else "open"


def random_message(random: Random, memory: Memory) -> tuple[str, c.SendMessage]:
    party = random.choice(("north", "south"))
    act = random.choices(c.ACTS, (3, 2, 1, 2, 4, 3, 2, 1))[0]
    reference = memory.question if random.random() < 0.85 else random.randrange(memory.number + 1)
    return party, message(
        act,
        party,
        reference=reference,
        response=random.choice(("WU", "AN", "R", "Y")) if act == "open" else "N",
        read_back=act == "open" and random.random() < 0.7,
    )


def still_owed(world: LineWorld) -> None:
    """What is not over and asks something is owed by one party, and due, or an alarm: it cannot be forgotten."""
    for dialogue in world.state.line.dialogues.values():
        if dialogue.is_over or dialogue.state == "told":
            assert not dialogue.owes
            continue
        assert dialogue.owes in (dialogue.opener, dialogue.other)
        if dialogue.state == "timed_out":
            assert dialogue.waiting_us is None
        else:
            assert dialogue.waiting_us is not None
            assert dialogue.waiting_us > world.state.time_us
            waits_us = world.state.waits_for_time()
            assert waits_us is not None
            assert waits_us <= dialogue.waiting_us


@pytest.mark.parametrize("seed", range(200))
def test_a_random_history_is_what_an_obvious_memory_says(seed: int) -> None:
    random = Random(seed)
    world = World()
    first = opening(response=random.choice(("WU", "AN", "R", "Y")), read_back=random.random() < 0.7)
    world.must("north", first)
    memory = Memory(first.read_back, first.response)
    for _ in range(40):
        if world.dialogue.read_back == "comparing" and world.dialogue.is_over:
            question = digest_of(world, memory.question)
            found = c.RecordReadBack(NAME, world.dialogue.reading, question, OTHER_DIGEST, True)
            assert "not waiting for its comparison" in world.refused("", found)
            break
        if world.dialogue.read_back == "comparing" and random.random() < 0.7:
            matches = random.random() < 0.6
            question = digest_of(world, memory.question)
            world.must("", c.RecordReadBack(NAME, world.dialogue.reading, question, OTHER_DIGEST, matches))
            memory.read_back = "matched" if matches else "mismatch"
        elif random.random() < 0.2:
            before = world.dialogue
            world.must("", Tick(), after_us=random.choice((1, 61)) * SECOND_US)
            if not before.is_over and before.waiting_us is not None and before.waiting_us <= world.state.time_us:
                memory.state = "timed_out" if before.step + 1 >= len(before.chain) else "open"
        else:
            party, command = random_message(random, memory)
            due_us = world.dialogue.waiting_us
            if due_us is not None and due_us <= world.state.time_us + SECOND_US:
                world.must("", Tick(), after_us=2 * SECOND_US)
                memory.state = world.dialogue.state
            if memory.allows(party, command):
                world.must(party, command)
                memory.hear(party, command)
            else:
                world.refused(party, command)
        assert (world.dialogue.state, world.dialogue.question) == (memory.state, memory.question)
        if not world.dialogue.is_over:
            assert world.dialogue.read_back == memory.read_back
        still_owed(world)
    again = decode_snapshot(encode_snapshot(world.state))
    assert again.state_hash() == world.state.state_hash() == world.state.recomputed_state_hash()
    assert again.waits_for_time() == world.state.waits_for_time()


def digest_of(world: LineWorld, number: int) -> str:
    return world.state.line.messages[NAME, number].digest


def test_a_dialogue_that_is_over_leaves_after_some_days_with_its_messages() -> None:
    world = World()
    world.must("north", opening(response="N"))
    world.must("north", opening(dialogue_id="00000000000000d2"))
    world.must("south", message("accept", dialogue_id="00000000000000d2"))
    world.must("", Tick(), after_us=CLOSED_DIALOGUE_US - 10 * SECOND_US)
    assert len(world.state.line.dialogues) == 2
    world.must("", Tick(), after_us=20 * SECOND_US)
    assert not world.state.line.dialogues
    assert not world.state.line.messages
    assert world.state.line.unfinished_of("north") == 0
    assert world.state.state_hash() == world.state.recomputed_state_hash()


def test_who_may_compare_and_what() -> None:
    world = World()
    world.must("north", opening(read_back=True))
    compare = c.RecordReadBack(NAME, 2, DIGEST, OTHER_DIGEST, True)
    assert "not waiting for its comparison" in world.refused("", compare)
    world.must("south", message("read_back"))
    assert "only the node itself" in world.refused("north", compare)
    wrong = msgspec.structs.replace(compare, question_digest=OTHER_DIGEST)
    assert "other messages were compared" in world.refused("", wrong)
    world.must("", compare)
    assert world.dialogue.owes == "north"
    assert "not waiting for its comparison" in world.refused("", compare)


def test_a_post_in_the_chain_that_nobody_staffs_is_passed_over() -> None:
    world = World()
    world.must("north", opening())
    world.must("south", LeaveWatch("deputy", WATCH, ""))
    world.must("", Tick(), after_us=61 * SECOND_US)
    steps = [(step.post, step.staffed) for step in world.state.line.messages[NAME, 1].steps]
    assert steps == [("tower", True), ("deputy", False), ("command", True)]
    assert (world.dialogue.chain[world.dialogue.step], world.dialogue.state) == ("command", "open")


@pytest.mark.parametrize(
    ("command", "place"),
    [
        (opening(dialogue_id="d1"), "dialogue_id"),
        (opening(to_party="South"), "to_party"),
        (opening(to_post="Tower!"), "to_post"),
        (opening(from_post=""), "from_post"),
        (opening(about="conflict"), "about"),
        (opening(precedence="URGENT"), "precedence"),
        (opening(response="W"), "response"),
        (opening(response="N", read_back=True), "read_back"),
        (opening(body_digest="x"), "body_digest"),
        (message("shout"), "act"),
        (message("open", response="N"), "response"),
        (message("accept", response="R"), "response"),
        (message("accept", read_back=True), "read_back"),
        (message("accept", reference=-1), "reference"),
        (c.ReceiveMessages(()), "receipts"),
        (c.ReceiveMessages((c.Receipt(NAME, 2), c.Receipt(NAME, 1))), "receipts"),
        (c.ReceiveMessages((c.Receipt(NAME, 1), c.Receipt(NAME, 1))), "receipts"),
        (c.ReceiveMessages((c.Receipt(NAME, 0),)), "number"),
        (c.ReadMessage(NAME, 0, "tower"), "number"),
        (c.ReadMessage(NAME, 1, ""), "post"),
        (c.RecordReadBack(NAME, 1, "x", DIGEST, True), "question_digest"),
        (c.RecordReadBack(NAME, 1, DIGEST, "x", True), "read_back_digest"),
    ],
)
def test_what_is_impossible_in_itself_names_its_place(command: Command, place: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        validate_command(command)
    assert caught.value.place == place


def test_every_limit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (
        ("MAX_DIALOGUES_PER_PARTY", 2),
        ("MAX_MESSAGES_PER_DIALOGUE", 3),
        ("MAX_POSTS_PER_PARTY", 3),
        ("MAX_WATCHES", 2),
        ("MAX_CHAIN", 2),
        ("MAX_RECEIPTS", 2),
    ):
        monkeypatch.setattr(limits, name, most)
    world = World()
    world.must("north", opening())
    assert world.dialogue.chain == ("tower", "deputy")
    assert "of this identifier already" in world.refused("north", opening())
    world.must("north", opening(dialogue_id="00000000000000d2"))
    assert "has opened 2 dialogues" in world.refused("north", opening(dialogue_id="00000000000000d3"))
    world.must("south", message("accept", dialogue_id="00000000000000d2"))
    world.must("north", opening(dialogue_id="00000000000000d3"))  # what is over counts no longer
    for _ in range(2):
        world.must("south", message("note"))
    assert "at most 3 messages" in world.refused("south", message("note"))
    world.must("south", message("accept"))  # notes cannot keep a question from its end
    assert "has 3 posts" in world.refused("south", DefinePost("more", (), ""))
    assert "this watch has begun already" in world.refused("south", TakeWatch("tower", WATCH))
    world.must("south", TakeWatch("tower", "2" * 16))
    assert "2 have the watch at 'tower' already" in world.refused("south", TakeWatch("tower", "3" * 16))
    with pytest.raises(InvalidInputError, match="1 to 2 receipts"):
        validate_command(c.ReceiveMessages(tuple(c.Receipt(NAME, number) for number in (1, 2, 3))))


def test_what_a_message_may_refer_to() -> None:
    world = World()
    world.must("north", opening())
    assert "has no message 2" in world.refused("south", message("note", reference=2))
    assert "message 1 is the one that waits" in world.refused("south", message("accept", reference=0))
    world.must("south", message("open", reference=1, response="AN"))
    assert "message 2 is the one that waits" in world.refused("north", message("accept", "north", reference=1))
    assert world.state.line.messages[NAME, 2].steps[0].post == "ops"  # whoever asked is asked back at the same post
    world.must("north", message("open", "north", reference=2, response="AN"))
    assert world.state.line.messages[NAME, 3].steps[0].post == "tower"


def test_receipt_and_reading_are_recorded_once() -> None:
    world = World()
    world.must("north", opening())
    world.must("south", c.ReceiveMessages((c.Receipt(NAME, 1),)))
    received_us = world.state.line.messages[NAME, 1].received_us
    assert received_us == world.state.time_us
    outcome = world.do("south", c.ReceiveMessages((c.Receipt(NAME, 1),)))
    assert (outcome.changes, world.state.line.messages[NAME, 1].received_us) == ((), received_us)
    world.must("south", c.ReadMessage(NAME, 1, "deputy"))
    read = world.state.line.messages[NAME, 1]
    assert (read.received_us, read.read_us, read.read_post) == (received_us, world.state.time_us, "deputy")
    assert "was read at 'deputy' already" in world.refused("south", c.ReadMessage(NAME, 1, "tower"))
    for party in ("north", "west"):
        assert "is for" in world.refused(party, c.ReceiveMessages((c.Receipt(NAME, 1),)))


def test_an_answer_after_the_first_post_was_due_is_marked_delayed() -> None:
    world = World()
    world.must("north", opening())
    world.must("", Tick(), after_us=61 * SECOND_US)
    world.must("north", message("note", "north"))
    world.must("south", message("accept", from_post="deputy"))
    assert [world.state.line.messages[NAME, number].delayed for number in (1, 2, 3)] == [False, False, True]


def test_timers_that_change_a_million_times_do_not_fill_the_memory() -> None:
    world = World()
    world.must("north", opening())
    for _ in range(2_500):
        line = world.state.line
        before = line.dialogues[NAME]
        line.put_dialogue(msgspec.structs.replace(before, answer_by_us=before.answer_by_us + 1))
    assert len(line._due) < 2_000
    assert world.state.waits_for_time() == world.dialogue.waiting_us
