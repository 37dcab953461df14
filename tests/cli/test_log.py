"""`skyparley log`: what stands in the log of a directory, filtered, for people and for programs."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from skyparley.airspace.dss import commands as dss
from skyparley.airspace.operations.commands import Extent
from skyparley.cli.compose import running_node
from skyparley.node.engine import proposal_of
from skyparley.node.node import Node
from skyparley.record.authorship import BEARER_ATTESTED
from support.commands import skyparley

INTENT = "7c1c05f5-21ed-4aaa-b6d2-e08b035d53fb"
OTHER = "0a0d7f1c-6f0e-4d8a-9a46-3b7a6f6b0c11"


async def write(node: Node) -> None:
    begin_us = node.engine.clock()
    for manager, intent_id in (("uss1", INTENT), ("uss2", OTHER)):
        extent = Extent(("478fc2dc",), 0, 100_000, "WGS84", begin_us, begin_us + 3_600_000_000)
        put = dss.PutIntent(
            manager, intent_id, "", f"{manager:x<20}", "Accepted", (extent,), "https://u.example", node.state.sequence,
            "", "", False,
        )  # fmt: skip
        await node.engine.propose(proposal_of(put, authentication=BEARER_ATTESTED))
    gone = dss.DeleteIntent("uss1", INTENT, f"{'uss1':x<20}")
    await node.engine.propose(proposal_of(gone, authentication=BEARER_ATTESTED))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "data"

    async def fill() -> None:
        async with running_node(path, pool="test") as node:
            operator = node.authenticate((path / "operator.key").read_text())
            await node.register_party(operator, "alpha", "Alpha", "civil_ats")
            await write(node)

    asyncio.run(fill())
    return path


def shown(data: Path, *options: str) -> list[dict[str, Any]]:
    done = skyparley("log", "--json", "--data", str(data), *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("options", "sequences"),
    [
        ((), [1, 2, 3, 4]),
        ((INTENT,), [2, 4]),
        (("--by", "uss2"), [3]),
        (("--by", "node"), [1]),
        (("--kind", "put_intent"), [2, 3]),
        (("--kind", "put_intent", "--kind", "register_party"), [1, 2, 3]),
        (("--kind", "put_intent", "--by", "uss1"), [2]),
        (("--after", "2"), [3, 4]),
        (("--last", "1"), [4]),
        (("--kind", "put_intent", "--last", "1"), [3]),
        (("--since", "1h"), [1, 2, 3, 4]),
        (("--since", "2100-01-01T00:00:00Z"), []),
        (("--until", "1d"), []),
        (("alpha",), [1]),
        (("nothing of that name",), []),
    ],
)
def test_what_fits_is_shown(data: Path, options: tuple[str, ...], sequences: list[int]) -> None:
    lines = shown(data, *options)
    assert [line["sequence"] for line in lines] == sequences


def test_a_line_says_who_what_and_when(data: Path) -> None:
    line = shown(data, INTENT)[0]
    assert (line["kind"], line["by"], line["of"]) == ("put_intent", "uss1", INTENT)
    assert line["command"]["state"] == "Accepted"
    assert line["time"].endswith("Z")


def test_people_get_a_line_for_each_whose_words_are_whole(data: Path) -> None:
    done = skyparley("log", "--data", str(data), COLUMNS="20")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 5
    for word in ("entry", "put_intent", "uss1", INTENT, "delete_intent", "register_party", "alpha", "state Accepted"):
        assert word in done.stdout


def test_people_get_a_table_on_a_terminal(data: Path) -> None:
    done = skyparley("log", "--data", str(data), COLUMNS="160", FORCE_COLOR="1")
    assert "entry" in done.stdout
    assert INTENT in done.stdout


def test_that_nothing_fits_is_said(data: Path) -> None:
    done = skyparley("log", "--kind", "nothing", "--data", str(data))
    assert (done.stdout, done.stderr.strip()) == ("", "nothing in the log fits")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--since", "yesterday"), "--since"),
        (("--until", "2026-01-01T00:00:00"), "no time zone"),
        (("--last", "0"), "--last"),
    ],
)
def test_what_cannot_be_read_says_so(data: Path, options: tuple[str, ...], words: str) -> None:
    done = skyparley("log", "--data", str(data), *options)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_without_a_log_is_named(tmp_path: Path) -> None:
    done = skyparley("log", "--data", str(tmp_path))
    assert done.returncode == 1
    assert "holds no log.sqlite" in done.stderr
