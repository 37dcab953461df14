"""Nothing of a token, of a whole OVN, or of what is said of an exchange is in the report, the counts or the log."""

import base64
import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest

from skyparley.shadow import report as reports
from skyparley.shadow.pairs.asked import Asked
from skyparley.shadow.pairs.judge import Judged
from skyparley.shadow.report import Origin, Report
from support.dss_http import INTENTS, REPORTS, moment, new_id, reference_of, somewhere, told, volume
from support.shadow import Watched, lines_of
from support.uss import token

pytestmark = pytest.mark.anyio
PROBLEM = "the wording of a problem that is nobody else's business"


def parts(text: str) -> list[str]:
    """A token, and each of its parts that tells anything."""
    return [text, *[part for part in text.split(".") if len(part) > 40]]


async def test_nothing_of_a_token_is_told(alone: Watched, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one, other, place = alone.shadow.uss("one"), alone.shadow.uss("other"), somewhere()
    presented = [uss.client.headers["authorization"].removeprefix("Bearer ") for uss in (one, other)]
    wrong = token("stranger").rpartition(".")[0] + ".AAAA"

    def alter(_method: str, _path: str, status: int, body: Any) -> tuple[int, Any]:
        """Answer wrongly in every way, and repeat what nobody should."""
        echoed = {**body, "echo": f"Authorization: Bearer {presented[0]}", "raw": presented[1], "of": wrong}
        return (202 if status < 300 else 418), echoed

    mine = await one.reference(volume(place), new_subscription=one.implicit())
    alone.upstream.alter = alter
    await one.put(INTENTS, mine["id"], one.intent_body(volume(place), new_subscription=one.implicit()), mine["ovn"])
    told(await other.get(INTENTS, mine["id"]), 202)
    told(await other.put(INTENTS, new_id(), other.intent_body(volume(place))), 418)
    for headers in (
        {"Authorization": f"Bearer {wrong}"},
        {"Authorization": "Bearer x"},
        {"X-Request-ID": presented[0]},
    ):
        await one.client.get(f"{INTENTS}/{mine['id']}?access_token={presented[0]}", headers=headers)
    await one.client.get(f"{INTENTS}/{presented[0]}")
    await one.client.get(f"/elsewhere/{presented[0]}", headers={"Cookie": presented[0]})
    exchange = {
        "url": "https://uss.example/x", "method": "GET", "recorder_role": "Client", "request_time": moment(0.0),
        "problem": PROBLEM, "headers": [f"Authorization: Bearer {presented[0]}"],
    }  # fmt: skip
    await one.client.post(REPORTS, json={"exchange": exchange})
    lines = await alone.shadow.settled()
    assert len(lines) > 8
    summary = (await one.client.get("/shadow/summary")).text
    # the tests' own clients log what they ask for
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    text = alone.shadow.report.path.read_text() + summary + logged
    for secret in (*parts(presented[0]), *parts(presented[1]), *parts(wrong), PROBLEM):
        assert secret not in text
    ovns = [one.ovn for one in alone.there.state.dss.intents.values()]
    ovns += [one.ovn for one in alone.shadow.node.state.dss.intents.values()]
    for ovn in (*ovns, mine["ovn"]):
        assert ovn not in text
    assert {line["manager"] for line in lines} >= {"one", "other"}
    assert any("[token]" in str(line["upstream"]) for line in lines)


async def test_who_did_not_prove_it_is_not_named(alone: Watched) -> None:
    """The subject of a token that this node does not take is not told: anybody may have written it."""
    one = alone.shadow.uss("one")
    mine = reference_of(await one.intent(volume(somewhere())))
    alone.upstream.alter = lambda _method, _path, _status, _body: (200, {})
    wrong = token("stranger").rpartition(".")[0] + ".AAAA"
    await one.client.get(f"{INTENTS}/{mine['id']}", headers={"Authorization": f"Bearer {wrong}"})
    (line,) = await alone.shadow.settled()
    assert (line["upstream"], line["here"], line["manager"]) == (200, 401, "")
    assert line["refused_here"] == "unauthenticated"


async def test_a_token_that_ran_out_before_its_turn_is_no_difference(alone: Watched) -> None:
    one = alone.shadow.uss("one")
    alone.upstream.alter = lambda _method, _path, _status, _body: (200, {})
    claims = [{"exp": 1.0}, {"exp": 9e9}, {"exp": "soon"}, {}, []]
    for found in claims:
        part = base64.urlsafe_b64encode(json.dumps(found).encode()).decode().rstrip("=")
        await one.client.get(f"{INTENTS}/{new_id()}", headers={"Authorization": f"Bearer e30.{part}.AAAA"})
    await one.client.get(f"{INTENTS}/{new_id()}", headers={"Authorization": "Bearer e30.&.AAAA"})
    lines = await alone.shadow.settled()
    assert [(line["what"], line["upstream"], line["here"]) for line in lines] == [("status", 200, 401)] * 5
    assert alone.shadow.report.reasons == {"token_expired": 1}


async def test_a_request_is_named_as_its_client_named_it(alone: Watched) -> None:
    one = alone.shadow.uss("one")
    alone.upstream.alter = lambda _method, _path, _status, _body: (200, {})
    await one.client.get(f"{INTENTS}/{new_id()}", headers={"X-Request-ID": "6f-1a"})
    await one.client.get(f"{INTENTS}/{new_id()}", headers={"X-Request-ID": "no. word"})
    first, second = await alone.shadow.settled()
    assert first["request_id"] == "6f-1a"
    assert len(second["request_id"]) == 16


def test_a_long_value_is_cut_and_a_list_counts_its_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report("http://there", 0, tmp_path / "report.jsonl")
    origin = Origin(0, "r", "GET", Asked("operational_intent", "read", "GET /dss/v1/x/{entityid}", "n" * 500), "m")
    long = {"a": "b" * 10_000}
    report.compared(
        origin, [Judged("x", long, "c" * 10_000, False, False), Judged("y", [1.5, None], True, False, False)]
    )
    report.append(report.take_lines())
    first, second = lines_of(report.path)
    assert len(first["upstream"]) == len(first["here"]) == reports.MAX_VALUE_LENGTH + 1
    assert (second["upstream"], second["here"]) == ([1.5, None], True)
    assert len(first["path"]) < 200
    assert stat.S_IMODE(report.path.stat().st_mode) == 0o600
    monkeypatch.setattr(reports, "MAX_REPORT_BYTES", report.path.stat().st_size + 10)
    report.compared(origin, [Judged("x", 1, 2, False, False)])
    report.append(report.take_lines())
    assert (report.written, report.lost, len(lines_of(report.path))) == (2, 1, 2)
