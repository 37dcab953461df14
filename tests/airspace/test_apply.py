"""Rules of the shared airspace, one by one, where a reader looks for them."""

from typing import Any

import msgspec
import pytest

from skyparley.airspace import commands as c
from skyparley.airspace import limits
from skyparley.airspace.apply import apply
from skyparley.airspace.codec import content_digest, encode_command, findings_commands
from skyparley.airspace.decide import check
from skyparley.airspace.events import (
    ConflictFound,
    ConflictVoid,
    Event,
    OperationChanged,
    OperationLeft,
    Outcome,
    Repeated,
    error_of,
)
from skyparley.airspace.keeping.records import Refusal, conflict_id
from skyparley.airspace.operations import commands as o
from skyparley.airspace.state import Airspace
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    IdempotencyError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    StorageError,
)
from skyparley.record.authorship import AUTHENTICATIONS
from support.airspace_histories import ALGORITHM, DAY_US, HOUR_US, START_US, digest_of, event_at, extent


class World:
    """A state with the parties north and south, and a clock that the test moves."""

    def __init__(self) -> None:
        self.state = Airspace()
        self.now_us = START_US
        for party in ("north", "south"):
            self.do("", c.RegisterParty(party, party, "third_state"))

    def event(self, party: str, command: c.Command, key: str = "", **more: Any) -> Event:
        return event_at(self.state.sequence + 1, self.now_us, party, command, key, **more)

    def do(self, party: str, command: c.Command, key: str = "", **more: Any) -> Outcome:
        self.now_us = max(self.now_us, self.state.time_us + 1)
        return apply(self.state, self.event(party, command, key, **more))

    def file(self, party: str, operation_id: str = "x", hours: int = 1, number: int = 1, key: str = "") -> Outcome:
        return self.do(party, self.filing(operation_id, hours, number), key)

    def filing(self, operation_id: str = "x", hours: int = 1, number: int = 1) -> o.FileOperation:
        extents = (extent(START_US + HOUR_US, START_US + HOUR_US + hours * HOUR_US),)
        return o.FileOperation(operation_id, "drone", extents, digest_of(number))

    def find(self, a: tuple[str, str], b: tuple[str, str], through: int | None = None, **changes: Any) -> Outcome:
        one, other = self.state.operations[a], self.state.operations[b]
        finding = c.Finding(
            sequence=max(one.details_sequence, other.details_sequence),
            a_party=a[0],
            a_operation_id=a[1],
            a_digest=one.details_digest,
            b_party=b[0],
            b_operation_id=b[1],
            b_digest=other.details_digest,
            rule="volume_overlap",
            certain=True,
            witness_digest=digest_of(9),
        )
        found = (msgspec.structs.replace(finding, **changes),)
        through = self.state.sequence if through is None else through
        return self.do("", c.RecordFindings(self.state.findings_through, through, ALGORITHM, found))


@pytest.fixture
def world() -> World:
    return World()


def code(outcome: Outcome) -> str:
    return outcome.refusal.code if outcome.refusal else str(outcome.verdict)


def test_a_filing_is_accepted_and_waits_to_be_compared(world: World) -> None:
    outcome = world.file("north")
    (change,) = outcome.changes
    assert isinstance(change, OperationChanged)
    assert change.operation == world.state.operation("north", "x")
    assert (change.operation.state, change.operation.version) == ("accepted", 1)
    assert change.operation.extents() == world.filing().extents
    assert world.state.pending_filings() == [(3, ("north", "x"))]
    assert world.state.checked_through(("north", "x")) is None
    world.do("", c.RecordFindings(0, 3, ALGORITHM, ()))
    assert world.state.pending_filings() == []
    assert world.state.checked_through(("north", "x")) == 3


def test_the_identifier_is_the_party_s_own_and_free_again_after_the_end(world: World) -> None:
    world.file("north")
    assert code(world.file("south")) == "accepted"
    refused = world.file("north")
    assert code(refused) == "state_conflict"
    assert "accepted at version 1" in refused.refusal.message
    assert code(world.do("north", o.CancelOperation("x", 1))) == "accepted"
    assert code(world.file("north")) == "accepted"


def test_a_stale_version_is_told_the_present_one(world: World) -> None:
    world.file("north")
    world.do("north", o.ActivateOperation("x", 1))
    refused = world.do("north", o.EndOperation("x", 1))
    assert code(refused) == "state_conflict"
    assert "version 2 now, not 1" in refused.refusal.message
    ended = world.do("north", o.EndOperation("x", 2))
    (left,) = ended.changes
    assert isinstance(left, OperationLeft)
    assert (left.operation.state, left.operation.version) == ("ended", 3)
    assert world.state.operations == {}


def test_nobody_touches_the_operation_of_another(world: World) -> None:
    world.file("north")
    assert code(world.do("south", o.CancelOperation("x", 1))) == "not_found"


@pytest.mark.parametrize("authentication", [*AUTHENTICATIONS, "guess", ""])
def test_who_may_do_what(world: World, authentication: str) -> None:
    by_party = world.do("north", world.filing(), authentication=authentication)
    signed = authentication == "party-signed"  # by a key that the party does not have, and without idempotency key
    assert code(by_party) == ("accepted" if authentication in AUTHENTICATIONS and not signed else "invalid_input")
    by_node = world.do("", c.Tick(), authentication=authentication)
    known = "forbidden" if authentication in AUTHENTICATIONS else "invalid_input"
    assert code(by_node) == ("accepted" if authentication == "node" else known)
    for command in (
        c.Tick(),
        c.RegisterParty("west", "W", "third_state"),
        c.RecordFindings(0, 1, ALGORITHM, ()),
        c.Epoch(1, world.state.state_hash()),
    ):
        refused = code(world.do("north", command, authentication=authentication))
        assert refused == ("invalid_input" if signed else known)
    assert code(world.do("", world.filing("y"))) == "forbidden"
    assert code(world.do("west", world.filing("y"))) == "not_found"


@pytest.mark.parametrize(
    ("begin_us", "end_us", "expected"),
    [
        (-HOUR_US, 0, "invalid_input"),
        (-HOUR_US, 1, "accepted"),
        (30 * DAY_US, 31 * DAY_US, "accepted"),
        (30 * DAY_US + 1, 31 * DAY_US, "limit_exceeded"),
    ],
)
def test_when_an_operation_may_be(world: World, begin_us: int, end_us: int, expected: str) -> None:
    world.now_us = now_us = START_US + DAY_US
    extents = (extent(now_us + begin_us, now_us + end_us),)
    filing = msgspec.structs.replace(world.filing(), extents=extents)
    assert code(world.do("north", filing)) == expected


def test_the_end_is_not_part_of_the_operation(world: World) -> None:
    end_us = START_US + 2 * HOUR_US
    world.file("north")
    world.file("south", hours=2)
    world.do("south", o.ActivateOperation("x", 1))
    assert world.state.waits_for_time() == end_us
    world.now_us = end_us - 1
    assert world.do("", c.Tick()).changes == ()
    world.now_us = end_us
    (left,) = world.do("", c.Tick()).changes
    assert isinstance(left, OperationLeft)
    assert (left.operation.key, left.operation.state) == (("north", "x"), "unused")
    world.now_us = end_us + HOUR_US
    (left,) = world.do("", c.Tick()).changes
    assert isinstance(left, OperationLeft)
    assert (left.operation.key, left.operation.state) == (("south", "x"), "expired")
    assert world.state.waits_for_time() is None


def test_a_refused_entry_moves_time_too(world: World) -> None:
    world.file("north")
    world.now_us = START_US + 2 * HOUR_US
    outcome = world.do("south", o.EndOperation("nothing", 1))
    assert code(outcome) == "not_found"
    assert [type(change) for change in outcome.changes] == [OperationLeft]


def test_a_conflict_lives_as_long_as_both_operations_as_compared(world: World) -> None:
    world.file("north", hours=1)
    world.file("south", hours=2)
    a, b = ("north", "x"), ("south", "x")
    (found,) = world.find(a, b).changes
    assert isinstance(found, ConflictFound)
    assert found.conflict.conflict_id == conflict_id(a, b, "volume_overlap")
    assert (found.conflict.sequence, found.conflict.recorded_sequence) == (4, 5)
    assert world.state.conflicts_of(a) == world.state.conflicts_of(b) == [found.conflict]

    amendment = o.AmendOperation("x", 1, "drone", world.filing(hours=1).extents, digest_of(5))
    changed, void = world.do("north", amendment).changes
    assert isinstance(changed, OperationChanged)
    assert isinstance(void, ConflictVoid)
    assert void.conflict == found.conflict
    assert world.state.conflicts == {}

    (again,) = world.find(a, b).changes
    assert isinstance(again, ConflictFound)
    assert again.conflict.conflict_id == found.conflict.conflict_id
    world.now_us = START_US + 2 * HOUR_US
    _, left, void = world.do("", c.Tick()).changes  # its alarm came before: nobody had settled it
    assert isinstance(left, OperationLeft)
    assert isinstance(void, ConflictVoid)
    assert world.state.conflicts == {}


@pytest.mark.parametrize(
    "changes", [{"a_digest": digest_of(8)}, {"b_digest": digest_of(8)}, {"b_operation_id": "z"}, {"sequence": 3}]
)
def test_a_finding_about_what_is_no_longer_so_is_void_at_once(world: World, changes: dict[str, Any]) -> None:
    world.file("north")
    world.file("south")
    outcome = world.find(("north", "x"), ("south", "x"), **changes)
    assert (code(outcome), outcome.findings_void, outcome.changes) == ("accepted", 1, ())
    assert world.state.conflicts == {}


def test_an_operation_amended_back_to_the_same_details_is_compared_under_its_new_sequence(world: World) -> None:
    world.file("north", number=1)
    world.file("south", number=2)
    a, b = ("north", "x"), ("south", "x")
    world.do("north", o.AmendOperation("x", 1, "drone", world.filing().extents, digest_of(1)))
    assert world.find(a, b, through=4, sequence=4).findings_void == 1
    assert world.find(a, b).findings_void == 0
    assert len(world.state.conflicts) == 1


def test_findings_continue_where_the_last_ended_and_not_beyond_the_log(world: World) -> None:
    world.file("north")
    assert code(world.do("", c.RecordFindings(1, 2, ALGORITHM, ()))) == "state_conflict"
    assert code(world.do("", c.RecordFindings(0, world.state.sequence + 1, ALGORITHM, ()))) == "state_conflict"
    assert code(world.do("", c.RecordFindings(0, 2, ALGORITHM, ()))) == "accepted"
    assert code(world.do("", c.RecordFindings(0, 3, ALGORITHM, ()))) == "state_conflict"
    assert code(world.do("", c.RecordFindings(2, 3, ALGORITHM, ()))) == "accepted"
    assert world.state.findings_through == 3


def test_the_findings_of_one_filing_may_come_in_parts_and_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FINDINGS_PER_COMMAND", 2)
    others = ["a", "b", "c", "d", "e"]
    for name in others:
        world.file("north", name)
    world.file("south", "x")
    last = world.state.sequence
    found = [
        c.Finding(last, "north", name, digest_of(1), "south", "x", digest_of(1), "volume_overlap", True, digest_of(2))
        for name in others
    ]
    first, *_ = findings_commands(0, last, ALGORITHM, found)
    assert (first.after, first.through, first.findings) == (0, last - 1, ())
    parts = findings_commands(last - 1, last, ALGORITHM, found)
    assert [(part.through, len(part.findings)) for part in parts] == [(last - 1, 2), (last - 1, 2), (last, 1)]
    assert code(world.do("", first)) == "accepted"
    assert code(world.do("", parts[0])) == "accepted"
    assert world.state.pending_filings() == [(last, ("south", "x"))]
    for part in parts:  # the node has restarted after the first part and begins this filing again
        assert code(world.do("", part)) == "accepted"
    assert len(world.state.conflicts) == len(others)
    assert world.state.findings_through == last
    assert world.state.pending_filings() == []
    assert world.state.state_hash() == world.state.recomputed_state_hash()


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_findings_commands_continue_one_another_and_lose_nothing(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FINDINGS_PER_COMMAND", limit)
    found = [
        c.Finding(sequence, "a", f"{n:02}", digest_of(1), "b", "x", digest_of(2), "volume_overlap", True, digest_of(3))
        for sequence, count in ((3, 2), (4, 1), (7, 6), (8, 3), (11, 1))
        for n in range(count)
    ]
    commands = findings_commands(2, 12, ALGORITHM, found)
    after = 2
    for command in commands:
        encode_command(command)
        assert command.after == after
        assert len(command.findings) <= limit
        after = command.through
    assert after == 12
    assert [finding for command in commands for finding in command.findings] == found
    assert findings_commands(2, 3, ALGORITHM, ()) == [c.RecordFindings(2, 3, ALGORITHM, ())]


def test_a_repeat_gets_the_first_answer_within_the_window(world: World) -> None:
    first = world.file("north", key="k")
    assert code(first) == "accepted"
    again = world.file("north", key="k")
    assert (again.verdict, again.first_sequence, again.refusal) == ("repeated", first.sequence, None)
    other = world.file("north", number=2, key="k")
    assert code(other) == "idempotency_key_reused"
    assert code(world.file("south", key="k")) == "accepted"
    world.now_us = START_US + limits.IDEMPOTENCY_WINDOW_US + 2
    assert world.state.time_us < world.now_us
    assert world.state.key_record("north", "k", time_us=first.time_us + limits.IDEMPOTENCY_WINDOW_US) is None
    assert world.state.key_record("north", "k", time_us=first.time_us + limits.IDEMPOTENCY_WINDOW_US - 1) is not None


def test_a_refusal_in_the_log_is_repeated_too_and_one_before_it_leaves_no_trace(world: World) -> None:
    world.file("north")
    before = world.state.state_hash()
    proposal = world.event("north", world.filing(), "k")
    refusal = check(world.state, proposal, world.now_us)
    assert isinstance(refusal, Refusal)
    assert world.state.state_hash() == before
    in_the_log = world.file("north", key="k")
    assert in_the_log.refusal == refusal
    assert world.state.refused[in_the_log.sequence].refusal == refusal
    again = check(world.state, proposal, world.now_us)
    assert again == Repeated(in_the_log.sequence, refusal)


def test_check_foresees_what_will_have_ended(world: World) -> None:
    world.file("north")
    proposal = world.event("north", o.ActivateOperation("x", 1))
    assert check(world.state, proposal, START_US + 2 * HOUR_US - 1) is None
    gone = check(world.state, proposal, START_US + 2 * HOUR_US)
    assert isinstance(gone, Refusal)
    assert gone.code == "not_found"
    late = check(world.state, world.event("north", world.filing("y")), START_US + 3 * HOUR_US)
    assert isinstance(late, Refusal)
    assert "has passed" in late.message


def test_the_number_of_live_operations_of_a_party_is_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_LIVE_OPERATIONS_PER_PARTY", 2)
    world.file("north", "a", hours=1)
    world.file("north", "b", hours=2)
    assert code(world.file("north", "c", hours=3)) == "limit_exceeded"
    assert code(world.file("south", "c", hours=3)) == "accepted"
    world.now_us = START_US + 2 * HOUR_US
    proposal = world.event("north", world.filing("c", hours=3))
    assert check(world.state, proposal, world.now_us) is None
    assert code(world.file("north", "c", hours=3)) == "accepted"


def test_an_operation_amended_very_often_does_not_fill_the_memory(world: World) -> None:
    world.file("north")
    for version in range(1, 3_000):
        extents = (extent(START_US, START_US + DAY_US + version),)
        amendment = o.AmendOperation("x", version, "drone", extents, digest_of(version))
        assert code(world.do("north", amendment)) == "accepted"
    assert len(world.state._ends) < 1_100
    assert world.state.waits_for_time() == START_US + DAY_US + 2_999


def test_a_log_that_cannot_be_one_raises_and_changes_nothing(world: World) -> None:
    before = world.state.state_hash()
    tick = event_at(world.state.sequence + 2, START_US + DAY_US, "", c.Tick())
    with pytest.raises(StorageError, match="gap"):
        apply(world.state, tick)
    with pytest.raises(StorageError, match="not later"):
        apply(world.state, event_at(world.state.sequence + 1, world.state.time_us, "", c.Tick()))
    newer = c.Epoch(c.RULES_VERSION + 1, before)
    with pytest.raises(StorageError, match="upgrade"):
        apply(world.state, event_at(world.state.sequence + 1, START_US + DAY_US, "", newer))
    assert isinstance(check(world.state, world.event("", newer), START_US), Refusal)
    assert world.state.state_hash() == before


def test_an_epoch_names_the_state_before_it(world: World) -> None:
    world.file("north")
    world.now_us = START_US + 2 * HOUR_US
    epoch = c.Epoch(c.RULES_VERSION, world.state.state_hash())
    outcome = world.do("", epoch)
    assert code(outcome) == "accepted"
    assert [type(change) for change in outcome.changes] == [OperationLeft]
    assert code(world.do("", epoch)) == "state_conflict"


def test_refusals_stand_for_their_errors() -> None:
    for kind in (
        InvalidInputError,
        LimitExceededError,
        ForbiddenError,
        NotFoundError,
        ConflictingStateError,
        IdempotencyError,
    ):
        error = error_of(Refusal(kind.code, "why"))
        assert type(error) is kind
        assert error.message == "why"


def test_the_content_digest_is_that_of_the_body(world: World) -> None:
    assert world.event("north", c.Tick()).content_digest == content_digest(encode_command(c.Tick()))
