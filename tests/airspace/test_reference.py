"""The airspace against the reference model, over random histories: outcomes, full state, hash, check before the log."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.reference_airspace import ReferenceAirspace, ReferenceOutcome
from skyparley.airspace import limits
from skyparley.airspace.apply import apply
from skyparley.airspace.codec import command_kind
from skyparley.airspace.decide import check
from skyparley.airspace.events import (
    ConflictChanged,
    ConflictFound,
    ConflictVoid,
    OperationChanged,
    OperationLeft,
    Outcome,
    PartyRegistered,
    Repeated,
)
from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.state import Airspace
from support.airspace_histories import Step, history, random_steps, steps

HISTORIES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_LIVE_OPERATIONS_PER_PARTY", 3)
    monkeypatch.setattr(limits, "MAX_IDEMPOTENCY_KEYS_PER_PARTY", 2)


@HISTORIES
@given(st.lists(steps(), min_size=5, max_size=50))
def test_every_history_comes_to_the_same_as_in_the_reference_model(drawn: list[Step]) -> None:
    compare(drawn)


@pytest.mark.parametrize("seed", range(60))
def test_long_histories_come_to_the_same_as_in_the_reference_model(seed: int) -> None:
    compare(random_steps(seed, 120))


def compare(drawn: list[Step]) -> None:
    state, reference = Airspace(), ReferenceAirspace()
    for event in history(drawn):
        foreseen = check(state, event, event.time_us)
        hash_before = state.state_hash()
        expected = reference.apply(event)
        outcome = apply(state, event)
        assert flat(outcome) == expected
        assert_same(state, reference)
        assert hash_before != state.state_hash()
        if isinstance(foreseen, Repeated):
            assert (outcome.verdict, outcome.first_sequence) == ("repeated", foreseen.first_sequence)
        else:
            assert outcome.refusal == foreseen


@HISTORIES
@given(st.integers(0, 10_000), st.integers(0, 90))
def test_snapshot_and_tail_come_to_the_same_as_replay_from_zero(seed: int, cut: int) -> None:
    events = history(random_steps(seed, 90))
    whole = Airspace()
    outcomes = [apply(whole, event) for event in events]
    begun = Airspace()
    for event in events[:cut]:
        apply(begun, event)
    resumed = decode_snapshot(encode_snapshot(begun))
    assert [apply(resumed, event) for event in events[cut:]] == outcomes[cut:]
    assert resumed.state_hash() == whole.state_hash() == resumed.recomputed_state_hash()
    assert encode_snapshot(resumed) == encode_snapshot(whole)
    assert resumed.pending_filings() == whole.pending_filings()
    assert resumed.waits_for_time() == whole.waits_for_time()


def test_the_histories_reach_every_outcome() -> None:
    """A comparison over histories in which little happens would prove little."""
    seen: Counter[tuple[str, str]] = Counter()
    for seed in range(60):
        state = Airspace()
        for event in history(random_steps(seed, 120)):
            outcome = apply(state, event)
            seen[command_kind(event.command), outcome.refusal.code if outcome.refusal else outcome.verdict] += 1
            seen["change", "void finding"] += outcome.findings_void
            for change in outcome.changes:
                word = change.operation.state if isinstance(change, OperationChanged | OperationLeft) else ""
                seen["change", type(change).__name__ + word] += 1
    everywhere = ("accepted", "forbidden", "invalid_input", "idempotency_key_reused", "limit_exceeded", "not_found")
    for kind in ("file_operation", "amend_operation", "declare_hazard"):
        assert all(seen[kind, what] for what in (*everywhere, "state_conflict")), (kind, seen)
    for kind in ("activate_operation", "end_operation", "cancel_operation", "confirm_hazard", "retract_hazard"):
        assert all(seen[kind, what] for what in ("accepted", "not_found", "state_conflict")), (kind, seen)
    for kind in ("register_party", "record_findings", "tick", "epoch"):
        assert all(seen[kind, what] for what in ("accepted", "forbidden")), (kind, seen)
    assert sum(count for (_, what), count in seen.items() if what == "repeated") > 25
    final = ("ended", "cancelled", "unused", "expired", "retracted")
    assert all(seen["change", "OperationLeft" + state] for state in final), seen
    assert seen["change", "ConflictFound"] > 200
    assert seen["change", "ConflictVoid"] > 100
    assert seen["change", "void finding"] > 50
    assert seen["change", "ConflictChanged"] > 50


def flat(outcome: Outcome) -> ReferenceOutcome:
    changes: list[tuple[Any, ...]] = []
    for change in outcome.changes:
        if isinstance(change, OperationChanged | OperationLeft):
            o = change.operation
            word = "left" if isinstance(change, OperationLeft) else "changed"
            changes.append((word, o.key, o.state, o.version, o.changed_sequence))
        elif isinstance(change, ConflictFound | ConflictVoid | ConflictChanged):
            word = {ConflictFound: "found", ConflictVoid: "void", ConflictChanged: "alarm"}[type(change)]
            changes.append((word, change.conflict.conflict_id))
        else:
            assert isinstance(change, PartyRegistered)
            changes.append(("party", change.party.party))
    code = outcome.refusal.code if outcome.refusal else None
    return ReferenceOutcome(str(outcome.verdict), outcome.first_sequence, code, changes, outcome.findings_void)


def assert_same(state: Airspace, reference: ReferenceAirspace) -> None:
    assert (state.sequence, state.time_us) == (reference.sequence, reference.time_us)
    assert state.findings_through == reference.findings_through
    assert {p.party: (p.party, p.name, p.party_kind, p.state, p.sequence) for p in state.parties.values()} == (
        reference.parties
    )
    assert {
        key: {
            "state": o.state,
            "version": o.version,
            "class": o.operation_class,
            "hazard": o.hazard,
            "hazard_kind": o.hazard_kind,
            "begin_us": o.begin_us,
            "end_us": o.end_us,
            "digest": o.details_digest,
            "filed_sequence": o.filed_sequence,
            "details_sequence": o.details_sequence,
            "changed_sequence": o.changed_sequence,
            "extents": o.extents(),
        }
        for key, o in state.operations.items()
    } == reference.operations
    conflicts = [
        {
            "id": x.conflict_id,
            "a": x.a,
            "b": x.b,
            "rule": x.rule,
            "sequence": x.sequence,
            "recorded_sequence": x.recorded_sequence,
            "certain": x.certain,
            "algorithm": x.algorithm,
            "witness": x.witness_digest,
        }
        for x in state.conflicts.values()
    ]
    assert sorted(conflicts, key=lambda x: x["id"]) == sorted(reference.conflicts, key=lambda x: x["id"])
    for key in state.operations:
        ids = sorted(x["id"] for x in reference.conflicts if key in (x["a"], x["b"]))
        assert [x.conflict_id for x in state.conflicts_of(key)] == ids
        checked = reference.operations[key]["details_sequence"] <= reference.findings_through
        assert state.checked_through(key) == (reference.findings_through if checked else None)
    assert [
        {
            "party": r.party,
            "key": r.idempotency_key,
            "digest": r.content_digest,
            "sequence": r.sequence,
            "time_us": r.time_us,
            "code": r.refusal.code if r.refusal else None,
        }
        for r in state.key_records()
    ] == reference.answers
    assert [(r.sequence, r.time_us, r.party, r.refusal.code) for r in state.refused.values()] == reference.refused
    assert state.pending_filings() == reference.pending()
    ends = [o["end_us"] for o in reference.operations.values()]
    ends += [at_us for alarm, at_us, _ in reference.alarms.values() if alarm == "waiting"]
    assert state.waits_for_time() == min(ends, default=None)
    newest = sorted(((o["details_sequence"], key) for key, o in reference.operations.items()), reverse=True)
    for after in (0, state.sequence // 2, state.sequence):
        assert [o.key for o in state.newer_than(after)] == [key for sequence, key in newest if sequence > after]
    for party in ("north", "south", "west"):
        assert state.live_of_party(party) == sum(key[0] == party for key in reference.operations)
    assert state.state_hash() == state.recomputed_state_hash() == reference.state_hash()
