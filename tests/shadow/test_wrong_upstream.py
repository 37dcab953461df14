"""An upstream that answers wrongly: each alteration is reported, exactly, and its client gets it byte for byte."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from support.dss_http import (
    AVAILABILITY,
    CONSTRAINTS,
    INTENTS,
    REPORTS,
    SUBSCRIPTIONS,
    Json,
    Uss,
    circle,
    moment,
    new_id,
    reference_of,
    somewhere,
    volume,
)
from support.shadow import Alter, Watched, as_it_is
from support.uss import bearer

pytestmark = pytest.mark.anyio
Edit = Callable[[Json], Any]


@contextmanager
def altered(shared: Watched, alter: Alter) -> Iterator[None]:
    shared.upstream.alter = alter
    try:
        yield
    finally:
        shared.upstream.alter = as_it_is


def edit(change: Edit) -> Alter:
    """Alter the bodies by a function that changes them in place, or gives another one."""

    def alter(_method: str, _path: str, status: int, body: Any) -> tuple[int, Any]:
        made = json.loads(json.dumps(body))
        given = change(made)
        return status, made if given is None else given

    return alter


def said(lines: list[Json]) -> list[tuple[str, Any, Any]]:
    return [(line["what"], line["upstream"], line["here"]) for line in lines]


class Scene:
    """Two USSs whose intents are in each other's way, with all that the DSS says of them."""

    def __init__(self, shared: Watched) -> None:
        self.shared = shared
        self.place = somewhere()
        self.one, self.other = shared.shadow.uss("one"), shared.shadow.uss("other")
        self.arbiter = shared.shadow.uss("arbiter", "utm.availability_arbitration")

    async def begin(self) -> None:
        first = await self.one.intent(volume(self.place), new_subscription=self.one.implicit())
        self.intent = reference_of(first)
        self.listens = await self.other.subscribe(volume(self.place, None, None), intents=True, constraints=True)
        self.fence = reference_of(await self.one.constrain(volume(self.place)))
        answer = await self.arbiter.client.put(
            f"{AVAILABILITY}/one",
            json={"old_version": await self._old_version(), "availability": "Normal"},
        )
        assert answer.status_code == 200, answer.text
        self.begun = len(await self.shared.shadow.settled())

    async def _old_version(self) -> str:
        return str((await self.arbiter.client.get(f"{AVAILABILITY}/one")).json()["version"])

    async def told(self) -> list[Json]:
        return (await self.shared.shadow.settled())[self.begun :]


@pytest.fixture
async def scene(shared: Watched) -> Scene:
    made = Scene(shared)
    await made.begin()
    return made


def byte_for_byte(scene: Scene, answer: httpx.Response) -> None:
    assert answer.content == scene.shared.upstream.answered[-1]


async def change(scene: Scene) -> httpx.Response:
    body = scene.one.intent_body(volume(scene.place), state="Activated", new_subscription=scene.one.implicit())
    return await scene.one.put(INTENTS, scene.intent["id"], body, scene.intent["ovn"])


async def plan(scene: Scene) -> httpx.Response:
    return await scene.other.put(INTENTS, new_id(), scene.other.intent_body(volume(scene.place)))


async def look(scene: Scene) -> httpx.Response:
    return await scene.other.get(INTENTS, scene.intent["id"])


async def look_at_own(scene: Scene) -> httpx.Response:
    return await scene.one.get(INTENTS, scene.intent["id"])


async def search(scene: Scene) -> httpx.Response:
    return await scene.other.query(INTENTS, volume(scene.place, None, None))


async def fence(scene: Scene) -> httpx.Response:
    return await scene.one.put(
        CONSTRAINTS, scene.fence["id"], scene.one.constraint_body(volume(scene.place)), scene.fence["ovn"]
    )


async def read_subscription(scene: Scene) -> httpx.Response:
    return await scene.one.get(SUBSCRIPTIONS, scene.intent["subscription_id"])


async def read_availability(scene: Scene) -> httpx.Response:
    return await scene.other.get(AVAILABILITY, "one")


def leave_out_a_subscriber(body: Json) -> None:
    body["subscribers"] = [uss for uss in body["subscribers"] if "other" not in uss["uss_base_url"]]


def drop_an_index(body: Json) -> None:
    next(uss for uss in body["subscribers"] if "other" in uss["uss_base_url"])["subscriptions"][0][
        "notification_index"
    ] -= 1


def forget_all_that_is_missing(body: Json) -> None:
    body["missing_operational_intents"] = []


def drop_the_state(body: Json) -> None:
    del body[ONE]["state"]


def reference(**members: Any) -> Edit:
    def put(body: Json) -> None:
        one = body.get("operational_intent_reference") or body["constraint_reference"]
        one.update(members)

    return put


def first_listed(**members: Any) -> Edit:
    def put(body: Json) -> None:
        body["operational_intent_references"][0].update(members)

    return put


Expected = Callable[[Scene], list[tuple[str, Any, Any]]]
ONE = "operational_intent_reference"
MANY = "operational_intent_references"
CASES: dict[str, tuple[Callable[[Scene], Any], Edit, Expected]] = {
    "a subscriber is left out": (
        change, leave_out_a_subscriber, lambda scene: [("subscribers", [], [scene.listens["id"]])],
    ),
    "a subscriber of a constraint is left out": (
        fence, leave_out_a_subscriber, lambda scene: [("subscribers", [], [scene.listens["id"]])],
    ),
    "an index is dropped": (
        change, drop_an_index,
        lambda scene: [(f"subscribers[{scene.listens['id']}].notification_index", 1, 2)],
    ),
    "a missing intent is forgotten": (
        plan, forget_all_that_is_missing, lambda scene: [("missing_operational_intents", [], [scene.intent["id"]])],
    ),
    "the version is wrong": (change, reference(version=7), lambda _: [(f"{ONE}.version", 7, 2)]),
    "the version of a constraint is wrong": (
        fence, reference(version=1), lambda _: [("constraint_reference.version", 1, 2)],
    ),
    "an OVN leaks": (
        look, reference(ovn="the-secret-of-somebody-else"), lambda _: [(f"{ONE}.ovn", "shown", "not shown")],
    ),
    "an OVN leaks in a list": (
        search, first_listed(ovn="the-secret-of-somebody-else"),
        lambda scene: [(f"{MANY}[{scene.intent['id']}].ovn", "shown", "not shown")],
    ),
    "the manager does not see its OVN": (
        look_at_own, reference(ovn="Available from USS"), lambda _: [(f"{ONE}.ovn", "not shown", "shown")],
    ),
    "the OVN is of another version": (
        look_at_own, reference(ovn="an-ovn-of-the-day-before"),
        lambda scene: [(f"{ONE}.ovn", "…y before".replace(" ", "-"), "here")],
    ),
    "the state is wrong": (search, first_listed(state="Contingent"), lambda scene: [
        (f"{MANY}[{scene.intent['id']}].state", "Contingent", "Accepted")]),
    "an intent is not found": (
        search, lambda body: body.update({MANY: []}), lambda scene: [(MANY, [], [scene.intent["id"]])],
    ),
    "a reference is listed twice": (
        search, lambda body: body.update({MANY: body[MANY] * 2}),
        lambda scene: [(MANY, [f"{scene.intent['id']}#2"], [])],
    ),
    "the address is wrong": (
        look, reference(uss_base_url="https://elsewhere.example"),
        lambda scene: [(f"{ONE}.uss_base_url", "https://elsewhere.example", scene.one.url)],
    ),
    "the USS's availability is wrong in a reference": (
        look, reference(uss_availability="Down"), lambda _: [(f"{ONE}.uss_availability", "Down", "Normal")],
    ),
    "the availability is wrong": (
        read_availability, lambda body: body["status"].update(availability="Down"),
        lambda scene: [("status", {"uss": "one", "availability": "Down"},
                        {"uss": "one", "availability": "Normal"})],
    ),
    "a dependent intent is left out": (
        read_subscription, lambda body: body["subscription"].update(dependent_operational_intents=[]),
        lambda scene: [("subscription.dependent_operational_intents", [], [scene.intent["id"]])],
    ),
    "the notification index of a subscription is wrong": (
        read_subscription, lambda body: body["subscription"].update(notification_index=9),
        lambda _: [("subscription.notification_index", 9, 1)],
    ),
    "there is a member more": (look, reference(colour="red"), lambda _: [(f"{ONE}.colour", "red", None)]),
    "there is a member less": (look, drop_the_state, lambda _: [(f"{ONE}.state", None, "Accepted")]),
    "the reference is none": (look, lambda body: body.update({ONE: []}), lambda _: [(ONE, "a list", "an object")]),
    "the body is no JSON": (look, lambda _: b"<html>", lambda _: [("body", "no JSON object", "a JSON object")]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
async def test_what_is_altered_is_reported_and_nothing_else(scene: Scene, case: str) -> None:
    ask, wrong, expected = CASES[case]
    with altered(scene.shared, edit(wrong)):
        byte_for_byte(scene, await ask(scene))
        lines = await scene.told()
    if case == "the OVN is of another version":
        assert [(what, upstream) for what, upstream, _ in said(lines)] == [(f"{ONE}.ovn", "…y-before")]
    else:
        assert said(lines) == expected(scene)
    for line in lines:
        assert not line["concurrent"]
        assert not line["unknown_here"]
        assert line["manager"] in ("one", "other")
        assert line["path"].startswith("/dss/v1/")
    # and afterwards both sides are of one mind again
    before = len(lines)
    byte_for_byte(scene, await search(scene))
    byte_for_byte(scene, await look(scene))
    assert len(await scene.told()) == before


async def begin_elsewhere(scene: Scene) -> httpx.Response:
    return await scene.one.put(INTENTS, new_id(), scene.one.intent_body(volume(somewhere())))


STATUSES = {
    "created without 201": (begin_elsewhere, 200, 201),
    "found and said to be gone": (look, 404, 200),
    "refused as if it were old": (lambda scene: scene.one.get(CONSTRAINTS, scene.fence["id"]), 403, 200),
    "a query refused": (search, 413, 200),
    "a report refused": (lambda scene: scene.one.client.post(REPORTS, json=report(scene.one)), 400, 201),
    "a missing key accepted": (plan, 201, 409),
}  # fmt: skip


def report(uss: Uss) -> Json:
    return {
        "exchange": {
            "url": f"{uss.url}/uss/v1/operational_intents/x", "method": "GET", "recorder_role": "Client",
            "request_time": moment(0.0), "problem": "what nobody else should read",
        }
    }  # fmt: skip


@pytest.mark.parametrize("case", STATUSES)
async def test_a_wrong_status_is_reported(scene: Scene, case: str) -> None:
    ask, wrong, right = STATUSES[case]
    with altered(scene.shared, lambda _method, _path, _status, body: (wrong, body)):
        answer = await ask(scene)
        assert answer.status_code == wrong
        byte_for_byte(scene, answer)
        lines = await scene.told()
    assert said(lines) == [("status", wrong, right)]
    assert not lines[0]["unknown_here"]
    assert not lines[0]["concurrent"]
    assert lines[0]["refused_here"] == (None if right < 300 else "airspace_conflict")


async def test_what_differs_by_form_alone_is_not_reported(scene: Scene) -> None:
    """As the open DSS answers: hidden OVNs by a phrase, times in another zone, lists in another order, own words."""

    def alter(_method: str, _path: str, status: int, body: Any) -> tuple[int, Any]:
        text = json.dumps(body).replace('Z", "format"', '+00:00", "format"')
        made = json.loads(text)
        if isinstance(made.get(MANY), list):
            made[MANY] = [{"ovn": "Available from USS", **one} for one in made[MANY][::-1]]
        if isinstance(made.get(ONE), dict):
            made[ONE].setdefault("ovn", "Available from USS")
        if "message" in made:
            made = {**made, "message": "Airspace conflict", "error": None}
            if not made.get("missing_constraints"):
                made.pop("missing_constraints", None)
        return status, made

    await scene.other.reference(volume(scene.place), key=[scene.intent["ovn"]])
    with altered(scene.shared, alter):
        for ask in (search, look, look_at_own, plan, change, read_availability, read_subscription):
            await ask(scene)
        await scene.one.get(INTENTS, new_id())
        lines = await scene.told()
    assert lines == []


async def test_what_an_upstream_invents_is_unknown_here(scene: Scene) -> None:
    """It may have been there before, or come another way: nobody here can tell."""
    invented = {"id": new_id(), "manager": "ghost", "version": 1}
    with altered(scene.shared, edit(lambda body: body[MANY].append(invented))):
        await search(scene)
        (line,) = await scene.told()
    assert said([line]) == [(MANY, [invented["id"]], [])]
    assert (line["unknown_here"], line["concurrent"]) == (True, False)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_what_fails_upstream_is_passed_on_and_not_compared(scene: Scene, status: int) -> None:
    before = scene.shared.shadow.report.reasons["upstream_failed"]
    with altered(scene.shared, lambda _method, _path, _status, _body: (status, {"message": "ouch"})):
        answer = await look(scene)
        assert (answer.status_code, answer.json()) == (status, {"message": "ouch"})
        assert await scene.told() == []
    assert scene.shared.shadow.report.reasons["upstream_failed"] == before + 1


async def test_an_area_beyond_the_node_s_limit_is_told_as_a_status(scene: Scene) -> None:
    """The refusal of this node has a word and a place; of its sentence nothing is told."""
    with altered(scene.shared, lambda _method, _path, _status, _body: (200, {MANY: []})):
        await scene.other.query(INTENTS, {"volume": circle(scene.place, 200_000.0)})
        (line,) = await scene.told()
    assert said([line]) == [("status", 200, 413)]
    assert line["refused_here"].startswith("area_too_large")


async def test_headers_go_through_as_they_are(scene: Scene) -> None:
    async with httpx.AsyncClient(base_url=scene.shared.url, headers=bearer("other")) as client:
        direct = await client.get(f"{INTENTS}/{scene.intent['id']}")
    through = await look(scene)
    plain, plain_through = ([one for one in answer.headers.raw if one[0] != b"date"] for answer in (direct, through))
    assert sorted(plain) == sorted(plain_through)
    assert [name for name, _ in through.headers.raw].count(b"date") == 1
    assert through.content == direct.content
