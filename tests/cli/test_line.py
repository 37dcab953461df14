"""`skyparley line status` against a node that serves: what is in force, what is drafted, and what goes wrong."""

import json
from pathlib import Path

import anyio
import pytest

from skyparley.airspace.line.agreements.commands import AnswerClause, SuspendAgreement
from support.agreements import NAME, agree, proposal, separation, term
from support.commands import skyparley
from support.nodes import ALPHA, BRAVO
from support.serving import served, world

pytestmark = pytest.mark.anyio
MESSAGE = "notice-hazard-ended"


async def run(*arguments: object, **more: str) -> str:
    done = await anyio.to_thread.run_sync(lambda: skyparley("line", "status", *arguments, COLUMNS="160", **more))
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


async def test_it_shows_what_is_in_force_and_what_is_drafted(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        assert "No agreement" in await run("--url", url, "--api-key", there.alpha)
        await agree(there.node, {"4.1": separation(9_260.0, 304.8), "9": term("exclusion")})
        await there.node.line.command(BRAVO, proposal("10", None, 2, text="Be kind."))
        await there.node.line.command(ALPHA, AnswerClause(NAME, 2, "10", 1, False, "What is kind?"))
        await there.node.line.command(BRAVO, SuspendAgreement(NAME, 1, 0, "Calls were not answered."))
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


def test_the_catalogue_is_listed_in_each_language() -> None:
    for language, words in (("en", "Line test"), ("ru", "Проверка линии"), ("ar", "اختبار")):
        done = skyparley("line", "messages", "--language", language, COLUMNS="200")
        assert done.returncode == 0, done.stderr
        assert words in done.stdout
    assert "unreviewed" in done.stdout


def test_a_wrong_position_is_seen_in_the_read_back(tmp_path: Path) -> None:
    """The notified position was 9 km off, and nobody compared it (Deir ez-Zor 2016): a read-back shows it."""
    sent, wrong, bad = (tmp_path / name for name in ("sent.json", "wrong.json", "bad.json"))
    said = {"hazard": "firing", "position": "35.2833 N 40.0833 E", "time": "2026-11-25T14:00:00+03:00"}
    sent.write_text(json.dumps(said))
    wrong.write_text(json.dumps({**repeated(said), "position": "35.2833 N 40.1822 E"}))
    bad.write_text(json.dumps({**said, "time": "2026-11-25T14:00:00"}))
    same_file = tmp_path / "same.json"
    same_file.write_text(json.dumps(repeated(said)))
    shown = skyparley("line", "render", MESSAGE, sent, "--language", "fr", "--zone", "Asia/Damascus")
    assert shown.returncode == 0, shown.stderr
    assert "35.2833 N 40.0833 E" in shown.stdout
    same = skyparley("line", "render", MESSAGE, sent, "--read-back", same_file, COLUMNS="160")
    assert (same.returncode, "DIFFERENT" in same.stdout) == (0, False), same.stderr
    differs = skyparley("line", "render", MESSAGE, sent, "--read-back", wrong, COLUMNS="160")
    assert (differs.returncode, "DIFFERENT" in differs.stdout) == (1, True)
    refused = skyparley("line", "render", MESSAGE, bad)
    assert refused.returncode == 1
    assert refused.stderr.startswith("skyparley: parameters.time: ")


def repeated(said: dict[str, str]) -> dict[str, str]:
    """What is read back of a notice: position and time, the latter in another zone."""
    return {"position": said["position"], "time": "2026-11-25T11:00:00Z"}


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("line", "render", "no-such"), b"{}", "no-such"),
        (("line", "render", MESSAGE, "--language", "xx"), b'{"position": "1 N 1 E"}', "ar"),
        (("line", "render", MESSAGE), b"[]", "standard input: is not a JSON object of parameters"),
        (("line", "render", MESSAGE, "nowhere.json"), None, "nowhere.json: No such file"),
    ],
)
def test_what_cannot_be_rendered_is_one_line(arguments: tuple[str, ...], stdin: bytes | None, words: str) -> None:
    done = skyparley(*arguments, stdin=stdin)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
