"""Every number of an agreement, changed over the API and nothing else: another verdict, timer or alarm, and its clause.

The list is held against the kinds of terms that there are: a new one needs its row here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import anyio
import httpx
import pytest

from skyparley.airspace.line.agreements.terms import Term
from skyparley.geometry.interval import format_time
from support.serving import World, now_us, served, world

pytestmark = pytest.mark.anyio
HOUR_S = 3_600
PATH = "/v1/agreements/pact"
LEVEL = {"value": 350, "unit": "FL"}


def utc(seconds: float) -> str:
    return format_time(now_us() // 1_000_000 * 1_000_000 + round(seconds) * 1_000_000)


class Api:
    """Two parties over HTTP, each with a post on watch, and an agreement of one clause."""

    def __init__(self, client: httpx.AsyncClient, there: World) -> None:
        self.client = client
        self.keys = {"alpha": there.alpha, "bravo": there.bravo}
        self.version = 0

    async def ask(self, method: str, path: str, party: str = "alpha", *, status: int = 0, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.keys[party]}"}
        answer = await self.client.request(method, path, headers=headers, json=body or None)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    async def begin(self) -> None:
        for party, posts in (("alpha", ("ops",)), ("bravo", ("tower", "night"))):
            for post in posts:
                await self.ask("PUT", f"/v1/posts/{post}", party, deputies=[], next_post=None)
                await self.ask("POST", f"/v1/posts/{post}/watch", party)
        titles = {"titles": {"en": "A pact"}, "languages": ["en"], "authoritative": ["en"]}
        await self.ask("POST", "/v1/agreements", agreement_id="pact", members=["alpha", "bravo"], **titles)

    async def agree(self, term: dict[str, Any]) -> None:
        """Bring the clause into force with a term."""
        held = (await self.ask("GET", PATH))["draft"]
        self.version += 1
        revision = next((one["revision"] for one in held["clauses"]), 0) if held else self.version - 1
        clause = {"version": self.version, "number": "7", "replaces": revision, "struck": False, "term": term}
        proposed = await self.ask("POST", f"{PATH}/clauses", **clause, texts={"en": "As agreed."})
        revision = proposed["agreement"]["draft"]["clauses"][0]["revision"]
        answer = {"version": self.version, "number": "7", "revision": revision, "accepted": True, "reservation": ""}
        await self.ask("POST", f"{PATH}/answers", "bravo", **answer)
        for party in self.keys:
            await self.ask("POST", f"{PATH}/accept", party, version=self.version)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with (
        world(tmp_path) as there,
        served(there.app) as url,
        httpx.AsyncClient(base_url=url, timeout=30.0) as client,
    ):
        made = Api(client, there)
        await made.begin()
        yield made


def circle(name: str, operation_class: str = "drone") -> dict[str, Any]:
    volume = {"circle": {"latitude_deg": 46.9, "longitude_deg": 7.4, "radius_m": 400}, "lower_m": 500, "upper_m": 620}
    times = {"altitude_datum": "WGS84", "begin": utc(2 * HOUR_S), "end": utc(3 * HOUR_S)}
    return {"operation_id": name, "class": operation_class, "volumes": [{**volume, **times}]}


def flight(name: str, latitude_deg: float) -> dict[str, Any]:
    points = [
        {"time": utc(seconds), "latitude_deg": latitude_deg, "longitude_deg": longitude, "altitude_m": 9_000}
        for seconds, longitude in ((HOUR_S, 7.0), (HOUR_S + 600, 8.0))
    ]
    return {"operation_id": name, "class": "en_route", "trajectories": [{"altitude_datum": "EGM96", "points": points}]}


async def clash(api: Api) -> Any:
    """Two operations in each other's way, filed anew: how alpha sees their conflict."""
    for party in ("alpha", "bravo"):
        held = await api.ask("GET", "/v1/operations", party)
        for one in held["items"]:
            await api.ask("POST", f"/v1/operations/{one['operation_id']}/cancel", party, version=one["version"])
    await api.ask("POST", "/v1/operations", **circle("a", "rescue"))
    await api.ask("POST", "/v1/operations", "bravo", **circle("b"))
    (conflict,) = (await api.ask("GET", "/v1/conflicts"))["items"]
    return conflict


async def separation(api: Api) -> Any:
    if not (await api.ask("GET", "/v1/operations", "bravo"))["items"]:
        await api.ask("POST", "/v1/operations", "bravo", **flight("b", 47.0))
    found = (await api.ask("POST", "/v1/operations/check", **flight("a", 47.135)))["conflicts"]
    return [one["basis"] for one in found]


async def notice(api: Api) -> Any:
    answer = await api.ask("POST", "/v1/operations", **circle(f"n{api.version}"))
    return [one["basis"] for one in answer["operation"]["late_notices"]]


async def disclosure(api: Api) -> Any:
    conflict = await clash(api)
    return conflict["disclosure_basis"], conflict["b"]["operation_id"]


async def rank(api: Api) -> Any:
    conflict = await clash(api)
    return conflict["priority_basis"], conflict["gives_way"]


async def warning(api: Api) -> Any:
    alarm = (await clash(api))["alarm"]
    return alarm["state"], alarm["basis"]


async def unresolved(api: Api) -> Any:
    conflict = await clash(api)
    return conflict["alarm"]["at"] == conflict["first_time"], conflict["alarm"]["basis"]


async def asked(api: Api, code: str = "request-climb", *, status: int = 201, **parameters: Any) -> Any:
    said = parameters or {"callsign": "SWR12", "level": LEVEL}
    body = {"to_party": "bravo", "from_post": "ops", "code": code, "parameters": said, "precedence": "FLASH"}
    return await api.ask("POST", "/v1/dialogues", status=status, **body)


async def answer_time(api: Api) -> Any:
    dialogue = (await api.ask("POST", "/v1/dialogues", **FLASH))["dialogue"]
    return dialogue["answer_s"], dialogue["basis"]


async def contact(api: Api) -> Any:
    return (await asked(api))["dialogue"]["post"]


async def line_test(api: Api) -> Any:
    tests = await api.ask("GET", f"{PATH}/tests")
    called = (await api.ask("POST", f"{PATH}/tests", post="ops"))["test"]
    await api.ask("POST", f"{PATH}/tests/{called['number']}", "bravo", post="tower", declined=False)
    return tests["next_test"] is not None, called["basis"]


async def place(api: Api) -> Any:
    position = "47.00 N 7.40 E"
    movement = {"movement": "ambulance", "vehicles": 1, "window": {"begin": utc(60), "end": utc(120)}}
    said = {"hazard": "laser", "position": position, "radius": {"value": 1, "unit": "km"}, "place": "Bridge"}
    levels = {name: {"value": value, "unit": "FL"} for name, value in (("lower", 10), ("upper", 20))}
    body = {"to_party": "bravo", "to_post": "tower", "code": "notice-hazard"}
    parameters = {**said, "band": levels, "window": movement["window"]}
    headers = {"Authorization": f"Bearer {api.keys['alpha']}"}
    answer = await api.client.post("/v1/dialogues", headers=headers, json={**body, "parameters": parameters})
    return answer.status_code, "clause pact/" in answer.text


async def cited(api: Api, code: str, **parameters: Any) -> Any:
    body = {"to_party": "bravo", "to_post": "tower", "code": code, "parameters": parameters}
    return [one["basis"] for one in (await api.ask("POST", "/v1/dialogues", **body))["message"]["cited"]]


async def frequency(api: Api) -> Any:
    return await cited(api, "request-contact", callsign="SWR12", frequency={"value": "121.5", "unit": "MHz"})


async def definition(api: Api) -> Any:
    return await cited(api, "request-definition", term="overhead")


async def review(api: Api) -> Any:
    if api.version == 1:
        await anyio.sleep(3)  # until the time of the first one has come
    return (await api.ask("GET", PATH))["review_due"]


FLASH = {
    "to_party": "bravo",
    "to_post": "tower",
    "code": "request-climb",
    "precedence": "FLASH",
    "parameters": {"callsign": "SWR12", "level": LEVEL},
}
MINIMUM = {"class_a": "en_route", "class_b": "en_route", "vertical_m": 300}
RESCUE = {"class": "rescue", "rank": 900, "warns_at_once": False}
BRIDGE = {"name": "Bridge", "latitude_deg": 46.95, "longitude_deg": 7.4}
Row = tuple[str, dict[str, Any], dict[str, Any], Callable[[Api], Awaitable[Any]], Any, Any]
ROWS: dict[str, Row] = {
    "separation": ("separation", {**MINIMUM, "horizontal_m": 20_000}, {"horizontal_m": 14_000}, separation,
                   ["pact/1/7"], []),
    "notice": ("notice", {"class": "drone", "notice_s": 3 * HOUR_S}, {"notice_s": HOUR_S}, notice, ["pact/1/7"], []),
    "disclosure": ("disclosure", {"level": "identified"}, {"level": "overlap"}, disclosure,
                   ("pact/1/7", "b"), ("pact/2/7", None)),
    "rank": ("priority", RESCUE, {"rank": 0}, rank, ("pact/1/7", "bravo"), (None, None)),
    "warns at once": ("priority", RESCUE, {"warns_at_once": True}, warning, ("waiting", None), ("warned", "pact/2/7")),
    "unresolved": ("unresolved", {"lead_s": 0}, {"lead_s": 600}, unresolved, (True, "pact/1/7"), (False, "pact/2/7")),
    "answer time": ("answer_time", {"precedence": "FLASH", "answer_s": 20}, {"answer_s": 45}, answer_time,
                    (20, "pact/1/7"), (45, "pact/2/7")),
    "contact": ("contact", {"party": "bravo", "post": "tower"}, {"post": "night"}, contact, "tower", "night"),
    "line test": ("line_test", {"interval_s": 86_400, "answer_s": 60}, {"answer_s": 90}, line_test,
                  (True, "pact/1/7"), (True, "pact/2/7")),
    "place": ("place", {**BRIDGE, "radius_m": 10_000}, {"radius_m": 1_000}, place, (201, False), (400, True)),
    "frequency": ("frequency", {"purpose": "guard", "frequency_hz": 121_500_000}, {"frequency_hz": 123_450_000},
                  frequency, ["pact/1/7"], [None]),
    "definition": ("definition", {"word": "overhead", "amount": "500", "unit": "m"}, {"word": "above"}, definition,
                   ["pact/1/7"], [None]),
    "review": ("review", {"review": 2}, {"review": HOUR_S}, review, True, False),
}  # fmt: skip
WITHOUT_A_NUMBER = {"exclusion"}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
async def test_one_number_changes_and_what_comes_of_it(api: Api, row: Row) -> None:
    kind, first, change, look, before, after = row
    if kind == "review":  # seconds from now on
        first, change = ({"review": utc(one["review"])} for one in (first, change))
    await api.agree({"kind": kind, **first})
    assert await look(api) == before
    await api.agree({"kind": kind, **first, **change})
    assert await look(api) == after


def test_every_kind_of_term_has_its_row() -> None:
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(Term)}
    assert {row[0] for row in ROWS.values()} | WITHOUT_A_NUMBER == kinds
