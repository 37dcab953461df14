"""`kill -9` of a witness at each step between looking and having handed in: it never puts its name to two records."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from skyparley.witness.files import KEY_FILE, PUBLIC_FILE
from skyparley.witness.follower import AlarmError
from support.commands import environment
from support.witnessing import Witness, copied, running

pytestmark = pytest.mark.anyio

# Kills itself at the so-many-th time that it comes to a step: before it, or after it.
SCRIPT = """
import os, signal, sys
from pathlib import Path
from skyparley.cli.main import main
from skyparley.witness.asking import NodeRecord

step, when, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
owner = {"fsync": os, "replace": Path, "bring": NodeRecord}[step]
real, seen = getattr(owner, step), 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def due():
    global seen
    seen += 1
    return seen == count

def at_once(*what):
    now = due()
    if now and when == "before":
        die()
    done = real(*what)
    if now:
        die()
    return done

async def later(*what):
    now = due()
    if now and when == "before":
        die()
    done = await real(*what)
    if now:
        die()
    return done

setattr(owner, step, later if step == "bring" else at_once)
sys.argv = ["skyparley", *sys.argv[4:]]
main()
"""
STEPS = {
    ("replace", "before", 1): "nothing",
    ("replace", "after", 1): "kept",
    ("fsync", "after", 2): "kept",
    ("bring", "before", 1): "kept",
    ("bring", "after", 1): "sent",
}


def killed(step: tuple[str, str, int], *arguments: object, key: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, (*step, "witness", *arguments, "--once"))],
        env=environment(SKYPARLEY_API_KEY=key),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, (step, done)


async def test_it_never_puts_its_name_to_two_records(tmp_path: Path, north: Witness) -> None:
    """Killed while it cosigns one record, it is shown another of the same size as soon as it is back."""
    keys = tmp_path / "keys.txt"
    async with running(tmp_path / "one", north.key) as one:
        await one.grow(4)
        await north.look(one)
        keys.write_text(f"{one.key}\n")
    second = copied(tmp_path / "one", tmp_path / "two")
    async with running(tmp_path / "one", north.key) as one, running(second, north.key) as two:
        for step, reached in STEPS.items():
            again = Witness(copied(north.directory, tmp_path / "-".join(map(str, step))))
            await one.grow(1, "one")
            await two.grow(1, "two")
            there = ("--node", one.url, "--keys", keys, "--data", again.directory)
            await asyncio.to_thread(killed, step, *there, key=one.operator)
            assert again.size == (4 if reached == "nothing" else one.size), step
            assert again.has_signed(one.node.recorder.checkpoint) == (reached == "sent"), step
            if reached == "nothing":
                assert (await again.look(two))[-1] == two.size
            else:
                with pytest.raises(AlarmError, match="different roots"):
                    await again.look(two)
                assert not again.has_signed(two.node.recorder.checkpoint)


@pytest.mark.parametrize("step", [("replace", "before", count) for count in (2, 3)])
def test_a_key_is_made_whole_or_not_at_all(tmp_path: Path, step: tuple[str, str, int]) -> None:
    keys, data = tmp_path / "keys.txt", tmp_path / "witness"
    keys.write_text("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n")
    killed(step, "--node", "http://127.0.0.1:9", "--keys", keys, "--data", data, "--name", "north")
    assert not (data / KEY_FILE).exists()
    witness = Witness(data)
    assert (data / PUBLIC_FILE).read_text() == f"{witness.key}\n"
    assert (data / KEY_FILE).stat().st_mode & 0o777 == 0o600
