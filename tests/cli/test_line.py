"""`skyparley line status` against a node that serves: what is in force, what is drafted, and what goes wrong."""

import json
from pathlib import Path

import anyio
import pytest

from support.agreements import agree, separation, term
from support.commands import skyparley
from support.nodes import ALPHA, BRAVO
from support.serving import served, world

pytestmark = pytest.mark.anyio


async def run(*arguments: object, **more: str) -> str:
    done = await anyio.to_thread.run_sync(lambda: skyparley("line", "status", *arguments, COLUMNS="160", **more))
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


async def test_it_shows_what_is_in_force_and_what_is_drafted(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        assert "No agreement" in await run("--url", url, "--api-key", there.alpha)
        await agree(there.node, {"4.1": separation(9_260.0, 304.8), "9": term("exclusion")})
        await there.node.line.propose_clause(
            BRAVO, "alpha-bravo", version=2, number="10", replaces=0, struck=False, term=None, texts={"en": "Be kind."}
        )
        await there.node.line.answer_clause(
            ALPHA, "alpha-bravo", version=2, number="10", revision=1, accepted=False, reservation="What is kind?"
        )
        await there.node.line.suspend(BRAVO, "alpha-bravo", version=1, reason="Calls were not answered.")
        shown = await run("--url", url, "--language", "fr", SKYPARLEY_API_KEY=there.alpha)
        for words in (
            "SUSPENDED, version 1",
            "bravo: suspended since",
            "Calls were not answered.",
            "separation: class_a en_route, class_b en_route, horizontal_m 9260.0, vertical_m 304.8",
            "[en] The parties keep apart.",
            "DRAFT of version 2: alpha reserved, bravo proposed",
            "alpha reserves: What is kind?",
        ):
            assert words in shown, words
        (listed,) = json.loads(await run("--url", url, "--api-key", there.operator, "--json"))
        assert listed["status"] == "suspended"


async def test_what_goes_wrong_is_one_line(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        for arguments, words in (
            (("--url", url), "the node refuses: an API key is needed"),
            (("--url", "http://127.0.0.1:9", "--api-key", "sp_a_b"), "is a node serving there?"),
            (("--url", "http://x:y", "--api-key", "sp_a_b"), "cannot use this address"),
        ):
            done = await anyio.to_thread.run_sync(lambda given=arguments: skyparley("line", "status", *given))
            assert done.returncode == 1
            assert words in done.stderr
            assert len(done.stderr.strip().splitlines()) == 1
