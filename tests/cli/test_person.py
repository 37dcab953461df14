"""`skyparley person …` against a node that serves; a password is read from standard input, never an argument."""

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from support.serving import served, world

pytestmark = pytest.mark.anyio


async def run(*arguments: str, key: str, typed: str = "", status: int = 0) -> str:
    """What a command prints; on standard error if it is refused."""

    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "skyparley.cli.main", "person", *arguments],
            input=typed,
            capture_output=True,
            text=True,
            env={**os.environ, "SKYPARLEY_API_KEY": key, "COLUMNS": "160"},
            check=False,
        )

    done = await anyio.to_thread.run_sync(call)
    assert done.returncode == status, done.stderr
    return done.stderr if status else done.stdout


async def test_a_person_is_added_listed_changed_and_disabled(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        more = {"key": there.alpha}
        first = ("add", "anna", "--name", "Anna Keller", "--zone", "Europe/Zurich", "--password-stdin", "--url", url)
        await run(*first, typed="correct horse battery\n", **more)
        assert "not used again" in await run(*first, typed="correct horse battery\n", status=1, **more)
        told = await run("add", "paul", "--name", "P", "--password-stdin", "--url", url, typed="x\n", status=1, **more)
        assert "password: a password has 12 to 1,024 characters" in told
        await run("set", "anna", "--name", "Anna Keller", "--role", "planner", "--url", url, **more)
        shown = await run("list", "--url", url, **more)
        assert "Anna Keller" in shown
        assert "planner" in shown
        await run("password", "anna", "--password-stdin", "--url", url, typed="another long password\n", **more)
        session = await there.node.people.log_in("alpha", "anna", "another long password", "")
        told = await run("disable", "anna", "--url", url, key=session.token, status=1)
        assert "this takes the role administrator" in told
        await run("disable", "anna", "--url", url, **more)
        assert "anna" in await run("list", "--url", url, **more)
        assert there.node.people.of_party(there.node.authenticate(there.alpha)).items[0].disabled is not None
