"""Two duty officers at their terminals, on a node that serves: asked, read back wrongly, read back, answered."""

import json
from pathlib import Path

import anyio
import pytest

from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval, format_time
from skyparley.geometry.volume import Volume4D
from support.commands import skyparley
from support.conflict_cases import operation
from support.nodes import ALPHA, BRAVO
from support.serving import World, now_us, served, world

pytestmark = pytest.mark.anyio


class Officer:
    """Someone of a party at a terminal."""

    def __init__(self, url: str, key: str, directory: Path) -> None:
        self.url, self.key, self.directory = url, key, directory

    async def types(self, *arguments: str, status: int = 0) -> str:
        """What a command prints; on standard error if it is refused."""
        done = await anyio.to_thread.run_sync(
            lambda: skyparley("line", *arguments, "--url", self.url, SKYPARLEY_API_KEY=self.key, COLUMNS="200")
        )
        assert done.returncode == status, done.stderr
        return str(done.stderr if status else done.stdout)

    def file(self, name: str, **fields: object) -> str:
        path = self.directory / name
        path.write_text(json.dumps(fields))
        return str(path)


async def officers(there: World, url: str, directory: Path) -> tuple[Officer, Officer]:
    alpha, bravo = (Officer(url, key, directory) for key in (there.alpha, there.bravo))
    await alpha.types("post", "ops")
    await bravo.types("post", "command")
    await bravo.types("post", "tower", "--deputy", "command")
    return alpha, bravo


async def test_a_whole_case_from_two_terminals(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        alpha, bravo = await officers(there, url, tmp_path)
        climb = alpha.file("climb.json", callsign="RESCUE 21", level={"value": 350, "unit": "FL"})
        refused = await alpha.types("say", "bravo/tower", "request-climb", climb, status=1)
        assert "somebody has the watch at: none has" in refused
        watch = (await alpha.types("watch", "ops")).strip()
        await bravo.types("watch", "tower")
        name = (await alpha.types("say", "bravo/tower", "request-climb", climb, "--precedence", "FLASH")).splitlines()[
            0
        ]

        assert "Nothing waits for your answer." in await alpha.types("inbox")
        mine = await bravo.types("inbox")
        assert name in mine
        assert "FLASH" in mine
        assert "read-back due" in mine
        assert "FL350" in await bravo.types("show", name, "--language", "ar", "--zone", "Europe/Zurich")

        wrong = bravo.file("wrong.json", level={"value": 330, "unit": "FL"})
        assert "read-back mismatch" in await bravo.types("say", name, "read-back", "--read-back", wrong)
        for officer in (alpha, bravo):
            assert "level: DIFFERENT" in await officer.types("show", name)
        said = alpha.file("said.json", message=2)
        assert "cannot be confirmed" in await alpha.types("say", name, "read-back-correct", said, status=1)
        right = bravo.file("right.json", level={"value": 350, "unit": "FL"})
        assert "read-back matched" in await bravo.types("say", name, "read-back", "--read-back", right)
        await alpha.types("say", name, "read-back-correct", alpha.file("said.json", message=3))
        assert "message 5: closed" in await bravo.types("say", name, "wilco")
        assert "closed accepted" in await alpha.types("show", name)

        await alpha.types("watch", "ops", "--leave", watch, "--note", "Quiet night.")


async def test_what_cannot_be_said_is_one_line(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        alpha, _ = await officers(there, url, tmp_path)
        await alpha.types("watch", "ops")
        for arguments, words in (
            (("say", "bravo/tower", "request-tea"), "no message 'request-tea' in the catalogue"),
            (("say", "bravo/tower", "request-climb"), "parameters.callsign: request-climb needs callsign"),
            (("say", "bravo", "request-position", alpha.file("p.json", callsign="X")), "say which post of 'bravo'"),
            (("say", "bravo", "read-back", "--read-back", alpha.file("r.json")), "name its dialogue"),
            (("say", "0" * 16, "wilco"), "there is no dialogue"),
            (("show", "0" * 16), "there is no dialogue"),
            (("show", "0" * 16, "--language", "tlh"), "there is no dialogue"),
            (("watch", "kitchen"), "has no post 'kitchen'"),
        ):
            told = await alpha.types(*arguments, status=1)
            assert words in told
            assert len(told.strip().splitlines()) == 1


HOUR_US = 3_600_000_000
NOW_US = now_us() // 1_000_000 * 1_000_000


def hours_from_now(hours: int) -> str:
    return format_time(NOW_US + hours * HOUR_US)


async def clash(there: World, *, begun: bool = False) -> str:
    """An operation of each party, in each other's way for an hour; the name of their conflict."""
    time = TimeInterval(NOW_US + (0 if begun else HOUR_US), NOW_US + 2 * HOUR_US)
    volume = Volume4D(Circle(46.9, 7.4, 400.0), AltitudeBand(500.0, 620.0, Datum.WGS84), time)
    for author, name in ((ALPHA, "a"), (BRAVO, "b")):
        answer = await there.node.file(author, operation(name, volume, party=author.party))
    (conflict,) = answer.conflicts
    return conflict.conflict_id


async def test_a_conflict_is_settled_from_two_terminals(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        alpha, bravo = await officers(there, url, tmp_path)
        await alpha.types("watch", "ops")
        await bravo.types("watch", "tower")
        assert await alpha.types("conflicts") == "No conflicts.\n"
        about = await clash(there)
        told = await alpha.types("conflicts")
        assert about in told
        assert f"alarm at {hours_from_now(1)} unless it is settled" in told
        window = {"begin": hours_from_now(3), "end": hours_from_now(4)}
        later = alpha.file("later.json", operation="a", window=window)
        assert "an offer settles a conflict" in await alpha.types("say", "bravo/tower", "offer-time", later, status=1)
        name = (await alpha.types("say", "bravo/tower", "offer-time", later, "--about", about)).splitlines()[0]
        assert "clear of everything filed up to entry" in await bravo.types("proposal", name)
        await bravo.types("say", name, "read-back", "--read-back", bravo.file("back.json", window=window))
        await alpha.types("say", name, "read-back-correct", alpha.file("ok.json", message=2))
        assert "closed" in await bravo.types("say", name, "affirm")
        assert "checked against everything filed up to entry" in await alpha.types("show", name)
        assert await alpha.types("conflicts") == await bravo.types("conflicts") == "No conflicts.\n"
        assert "no proposal waits" in await bravo.types("proposal", name, status=1)


async def test_an_alarm_is_heard_from_a_terminal(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        alpha, bravo = await officers(there, url, tmp_path)
        await alpha.types("watch", "ops")
        about = await clash(there, begun=True)
        for officer in (alpha, bravo):
            assert "UNRESOLVED since" in await officer.types("inbox")
        assert "heard by alpha/ops" in await alpha.types("heard", about)
        assert "acknowledged this alarm already" in await alpha.types("heard", about, status=1)
        assert "heard by alpha/ops" in await bravo.types("conflicts")


async def test_assistance_and_a_voice_call_from_two_terminals(tmp_path: Path) -> None:
    async with world(tmp_path) as there, served(there.app) as url:
        alpha, bravo = await officers(there, url, tmp_path)
        await alpha.types("watch", "ops")
        await bravo.types("watch", "tower")
        assert await alpha.types("cases") == "No cases.\n"
        position, time = "46.95 N 7.45 E", format_time(NOW_US)
        asked = {"need": "search_and_rescue", "position": position, "time": time, "persons": 3}
        case = (await alpha.types("assist", alpha.file("help.json", **asked))).strip()
        told = await bravo.types("cases", "--language", "fr")
        assert f"{case} REQUESTED" in told
        assert "bravo: called, dialogue " in told
        assert "FLASH" in await bravo.types("inbox")
        assert await alpha.types("calls") == "No calls are on record.\n"
        both = [{"party": "alpha", "post": "ops"}, {"party": "bravo", "post": "tower"}]
        held = {
            "other": "bravo",
            "participants": both,
            "began": time,
            "lasted_s": 60,
            "agenda": "Help",
            "text": "Sent.",
        }
        call = (await alpha.types("record-call", alpha.file("call.json", **held))).strip()
        shown = await bravo.types("calls")
        assert f"{call} {time} alpha/ops, bravo/tower: DRAFT" in shown
        assert "no tactical decisions" in shown
