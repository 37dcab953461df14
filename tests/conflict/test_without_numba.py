"""Where numba has no wheel, the same code runs as Python and gives the same bits; and it says that it is slow."""

import hashlib
import subprocess
import sys

from skyparley import compiled
from support.corpus import answers
from support.tree import ROOT

SEED, OPERATIONS = 1, 20
BLOCKED = "import sys; sys.modules['numba'] = None; "
"""An import of numba then fails, as where it is not installed."""


def without_numba(code: str) -> bytes:
    """What a process prints that has no numba, and for which every warning is an error."""
    command = [sys.executable, "-W", "error", "-c", BLOCKED + code]
    done = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_without_numba_every_answer_has_the_same_bits() -> None:
    ask = f"from support.corpus import answers; sys.stdout.buffer.write(answers({SEED}, {OPERATIONS}))"
    expected, plain = answers(SEED, OPERATIONS), without_numba(ask)
    assert expected.count(b"separation_minimum") >= 20
    assert expected.count(b"volume_overlap") > 20
    assert expected.count(b"trajectory_in_volume") > 20
    assert compiled.COMPILED
    assert hashlib.sha256(plain).digest() == hashlib.sha256(expected).digest(), _first_difference(plain, expected)


def _first_difference(one: bytes, other: bytes) -> str:
    return next((f"{a!r} != {b!r}" for a, b in zip(one.split(b"\n"), other.split(b"\n"), strict=False) if a != b), "")


def test_without_numba_the_command_says_so() -> None:
    ask = "from skyparley import compiled; assert not compiled.COMPILED; from skyparley.cli.main import main; "
    said = without_numba(ask + "sys.argv[1:] = ['warm']; sys.stderr = sys.stdout; main()").decode()
    assert "numba is not installed" in said
