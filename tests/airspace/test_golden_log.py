"""A recorded log comes to its recorded hash: on every machine, in every later version, whatever Python's hash seed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from skyparley.airspace.apply import apply
from skyparley.airspace.codec import content_digest, decode_command
from skyparley.airspace.events import Event
from skyparley.airspace.keeping.snapshot import encode_snapshot
from skyparley.airspace.state import Airspace

GOLDEN = Path(__file__).parents[1] / "golden" / "airspace_log.json"


def events_of(golden: dict[str, Any]) -> list[Event]:
    return [
        Event(
            sequence=number,
            time_us=entry["time_us"],
            party=entry["party"],
            authentication=entry["authentication"],
            idempotency_key=entry["idempotency_key"],
            content_digest=content_digest(entry["body"].encode()),
            command=decode_command(entry["body"].encode()),
        )
        for number, entry in enumerate(golden["entries"], 1)
    ]


def test_the_golden_log_comes_to_its_hash() -> None:
    """If this fails, the rules have changed: old logs need a new `RULES_VERSION`, not a new golden file."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    state = Airspace()
    for event, entry in zip(events_of(golden), golden["entries"], strict=True):
        outcome = apply(state, event)
        assert (outcome.refusal.code if outcome.refusal else str(outcome.verdict)) == entry["outcome"]
        assert len(outcome.changes) == entry["changes"]
        assert state.state_hash() == entry["state_hash"]
    assert len(state.operations) == golden["operations"]
    assert len(state.conflicts) == golden["conflicts"]


def everything(path: Path) -> str:
    """All that a replay yields, as text; printed by the subprocess of the test below."""
    golden = json.loads(path.read_text(encoding="utf-8"))
    state = Airspace()
    lines = [repr(apply(state, event)) for event in events_of(golden)]
    lines += [state.state_hash(), encode_snapshot(state).hex(), repr(state.pending_filings())]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_replay_does_not_depend_on_python_s_hash_seed(seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve())], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == everything(GOLDEN)


if __name__ == "__main__":
    print(everything(GOLDEN))
