"""Fuzzing of all that a verifier reads (atheris, libFuzzer): seconds each from a fixed seed, minutes in `make soak`."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import environment

HARNESSES = Path(__file__).with_name("harnesses.py")
NAMES = ("receipt", "note", "mailed", "keys", "header", "manifest", "segment")
RUNS = {"segment": 400, "manifest": 2_000}
SOAK_S = 300
LIMITS = ("-max_len=65536", "-timeout=20", "-rss_limit_mb=2048", "-verbosity=1")
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this machine (Linux on x86-64 only)"
)


def fuzzed(name: str, directory: Path, *options: str) -> str:
    """Run a harness; it must end well. What it has said."""
    corpus = directory / "corpus"
    corpus.mkdir()
    done = subprocess.run(
        [sys.executable, HARNESSES, name, corpus, *options, *LIMITS],
        cwd=directory, env=environment(), capture_output=True, text=True, timeout=7_000, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4_000:]
    return done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_what_is_mutated_is_refused_or_true(name: str, tmp_path: Path) -> None:
    runs = RUNS.get(name, 4_000)
    said = fuzzed(name, tmp_path, f"-runs={runs}", "-seed=1")
    assert f"Done {runs} runs" in said


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_for_minutes(name: str, tmp_path: Path) -> None:
    fuzzed(name, tmp_path, f"-max_total_time={SOAK_S}")
