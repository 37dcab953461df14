"""Set order, `hash()` and dictionary order never reach a result: one history, other hash seeds, the same bytes."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec

from simulation.world import World, without_names
from support.nodes import conflicts_of
from support.virtual_time import VirtualLoop

SEED = 80
LIVES = 4


def everything(directory: Path) -> str:
    """All that a simulated history yields: state hash, conflicts with their witnesses, every answer."""
    world = World(SEED, directory)
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        state_hash = runner.run(world.run(LIVES))
    assert world.node is not None
    answers = json.loads(msgspec.json.encode([without_names(asked.answer) for asked in world.asked]))
    return json.dumps([state_hash, conflicts_of(world.node.state), answers])


def test_one_history_under_other_hash_seeds(tmp_path: Path) -> None:
    results = {}
    for hash_seed in ("0", "1", "4711"):
        directory = tmp_path / hash_seed
        directory.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), str(directory)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        results[hash_seed] = done.stdout
    state_hash, conflicts, answers = json.loads(results["0"])
    assert len(state_hash) == 64
    assert len(conflicts) >= 3
    assert sum(answer is not None for answer in answers) > 30
    assert len(set(results.values())) == 1


if __name__ == "__main__":
    print(everything(Path(sys.argv[1])))
