"""What make and its tools do, as far as it can be asked without doing it."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.tree import ROOT

NOBODY = 65_534


def make(*arguments: str) -> str:
    """What make says, as if it were asked from a plain shell, though these tests may run under make."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if name not in {"MAKEFLAGS", "MAKELEVEL", "PORT", "DATA", "WORKERS"}
    }
    return subprocess.run(["make", *arguments], cwd=ROOT, env=plain, check=True, capture_output=True, text=True).stdout


def test_make_run_serves_the_demo_where_it_is_told_to() -> None:
    assert "skyparley demo --port 8080 --data data/demo\n" in make("-n", "run")
    assert "skyparley demo --port 9000 --data /some/place\n" in make("-n", "run", "PORT=9000", "DATA=/some/place")


def test_make_alone_says_what_can_be_made() -> None:
    said = make()
    for target in ("install", "run", "test", "bench", "wheel"):
        assert f"make {target} " in said


def test_continuous_integration_runs_what_everyone_runs() -> None:
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("\nmake test")
    planned = make("-n", "test")
    assert planned.index("tools/need-chromium") < planned.index('-m pytest -m "not soak"')


def test_tests_run_two_files_at_a_time_or_as_many_as_one_asks_for() -> None:
    """A file's tests stay together and in order: they share what stands for the whole file."""
    assert "--numprocesses 2 --dist loadfile" in make("-n", "test")
    assert "--numprocesses 1 --dist loadfile" in make("-n", "test", "WORKERS=1")


def test_what_is_set_up_is_set_up_side_by_side() -> None:
    assert re.search(r"^MAKEFLAGS = .*-j4", make("-pn", "help"), re.MULTILINE)


def test_a_clean_tree_leaves_data_alone() -> None:
    assert "data" not in make("-n", "clean").replace("--data", "")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can look into; those of pytest are closed."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("browser", ["chromium", "google-chrome", None])
def test_without_chromium_the_tests_do_not_begin(open_folder: Path, browser: str | None) -> None:
    """As someone who is not root: what is on PATH is taken, and without any the remedy is said."""
    (open_folder / "id").symlink_to(shutil.which("id") or "id")
    if browser is not None:
        (open_folder / browser).symlink_to(shutil.which("true") or "true")
    done = subprocess.run(
        ["/bin/sh", "-s"],
        input=(ROOT / "tools" / "need-chromium").read_text(encoding="utf-8"),
        env={"PATH": str(open_folder)},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        user=NOBODY if os.geteuid() == 0 else None,
    )
    if browser is None:
        assert done.returncode == 1
        assert "apt install chromium" in done.stderr
    else:
        assert (done.returncode, done.stderr) == (0, "")
