"""Bodies that are none, paths that name nothing, and what does not fit what is held: refused, nothing written."""

import gzip
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from skyparley.node.dss import scopes
from support.dss_http import (
    AVAILABILITY,
    CONSTRAINTS,
    INTENTS,
    REPORTS,
    SUBSCRIPTIONS,
    Json,
    Pool,
    Uss,
    circle,
    moment,
    new_id,
    reference_of,
    refused,
    somewhere,
    told,
    uuid7,
    volume,
)

pytestmark = pytest.mark.anyio
OVN = "an-ovn-that-is-nobodys"
KINDS = (INTENTS, CONSTRAINTS, SUBSCRIPTIONS)


@dataclass(frozen=True)
class Held:
    """What is there before anything bad arrives: of `one` at `place`, and of another USS at the same."""

    dss: Pool
    one: Uss
    arbiter: Uss
    place: tuple[float, float]
    where: Json
    intent: Json
    fence: Json
    listening: Json
    idle: Json
    foreign: Json
    mark: tuple[int, str]

    def body(self, **fields: Any) -> Json:
        """A good body for `intent`, but for these fields."""
        return {**self.one.intent_body(self.where), **fields}

    def bodies(self) -> list[tuple[Uss, str, str, Json]]:
        """A good body for every route that takes one: who, method, path, body."""
        one, area = self.one, {"area_of_interest": self.where}
        fence, listening = one.constraint_body(self.where), one.subscription_body(self.where)
        exchange = {"url": one.url, "method": "GET", "recorder_role": "Client", "request_time": moment(0)}
        return [
            (one, "PUT", f"{INTENTS}/{new_id()}", self.body()),
            (one, "PUT", f"{INTENTS}/{self.intent['id']}/{self.intent['ovn']}", self.body()),
            (one, "PUT", f"{CONSTRAINTS}/{new_id()}", fence),
            (one, "PUT", f"{CONSTRAINTS}/{self.fence['id']}/{self.fence['ovn']}", fence),
            (one, "PUT", f"{SUBSCRIPTIONS}/{new_id()}", listening),
            (one, "PUT", f"{SUBSCRIPTIONS}/{self.idle['id']}/{self.idle['version']}", listening),
            *((one, "POST", f"{kind}/query", area) for kind in KINDS),
            (self.arbiter, "PUT", f"{AVAILABILITY}/somebody", {"old_version": "", "availability": "Down"}),
            (one, "POST", REPORTS, {"exchange": exchange}),
        ]

    async def nothing_was_written(self) -> None:
        """And the node goes on serving."""
        assert self.dss.mark() == self.mark
        told(await self.one.get(INTENTS, self.intent["id"]), 200)


@pytest.fixture(scope="module")
async def held(dss: Pool) -> Held:
    one, other, place = dss.uss("one"), dss.uss("other"), somewhere()
    where = volume(place)
    listening = await one.subscribe(where)
    intent = await one.reference(where, subscription_id=listening["id"])
    fence = reference_of(await one.constrain(where))
    idle, foreign = await one.subscribe(where, constraints=True), await other.subscribe(where)
    arbiter = dss.uss("arbiter", scopes.AVAILABILITY_ARBITRATION)
    return Held(dss, one, arbiter, place, where, intent, fence, listening, idle, foreign, dss.mark())


def spoiled(body: Json) -> dict[str, tuple[bytes, str]]:
    """Bytes that are not that body, and what is said of them."""
    text = json.dumps(body)
    first = next(iter(body))
    doubled = text.replace("{", f'{{"{first}": {json.dumps(body[first])}, ', 1)
    deep = "[" * 100_000 + "]" * 100_000
    return {
        "nothing": (b"", "not JSON"),
        "cut off": (text[:-1].encode(), "send it whole"),
        "two of them": ((text + text).encode(), "not JSON"),
        "null": (b"null", "expected"),
        "a list": (f"[{text}]".encode(), "expected"),
        "a text": (json.dumps(text).encode(), "expected"),
        "another encoding": (text.encode("utf-16"), "byte order mark"),
        "a byte order mark": (b"\xef\xbb\xbf" + text.encode(), "byte order mark"),
        "no UTF-8": (text.replace('"', '"\xff', 1).encode("latin-1"), "not JSON in UTF-8"),
        "half a surrogate": (text.replace('"', '"\\ud800', 1).encode(), "JSON"),
        "deep lists": (f'{{"{first}": {deep}}}'.encode(), ""),
        "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ""),
        "a form": (b"extents=1", "not JSON"),
        "a comment": (b"/* */" + text.encode(), "not JSON"),
        "a trailing comma": (text[:-1].encode() + b",}", "not JSON"),
        "a field twice": (doubled.encode(), "stands twice"),
        "a field twice beside an unknown one": (doubled.replace("{", '{"unheard_of": 1, ', 1).encode(), "stands twice"),
        "a weapon": (json.dumps({**body, "weapon": None}).encode(), "safety software"),
        "a mission": (json.dumps({**body, "missionId": 7}).encode(), "safety software"),
        "a target": (json.dumps({**body, "x": {"targets": []}}).encode(), "safety software"),
    }


@pytest.mark.parametrize("name", spoiled({"extents": []}))
async def test_what_is_no_body_is_refused_wherever_it_is_sent(held: Held, name: str) -> None:
    for uss, method, path, body in held.bodies():
        data, says = spoiled(body)[name]
        answer = await uss.client.request(method, path, content=data, headers={"Content-Type": "application/json"})
        refused(answer, 400, says=says)
    await held.nothing_was_written()


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(held: Held) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    for uss, method, path, body in held.bodies():
        data = json.dumps(body).encode() + b" " * 10_000_000
        for content in (data, endless()):
            answer = await uss.client.request(method, path, content=content)
            said = refused(answer, 413, place="body", says="SKYPARLEY_MAX_BODY_BYTES")
            assert said["error"]["code"] == "limit_exceeded"
    await held.nothing_was_written()


async def test_a_body_of_another_kind_is_refused(held: Held) -> None:
    for uss, method, path, body in held.bodies():
        data = json.dumps(body).encode()
        for content, headers in (
            (data, {"Content-Type": "text/plain"}),
            (data, {"Content-Type": "application/x-www-form-urlencoded"}),
            (data, {"Content-Type": "application/json; charset=latin-1"}),
            (gzip.compress(data), {"Content-Encoding": "gzip"}),
        ):
            said = refused(await uss.client.request(method, path, content=content, headers=headers), 415)
            assert said["error"]["code"] == "unsupported_media_type"
    await held.nothing_was_written()


NO_UUID_4 = {
    "a UUID of version 1": "5c1f3a80-0000-11ee-9c2b-0242ac120002",
    "a UUID of version 7": "01890a5d-ac96-774b-bcce-b302099a8057",
    "a UUID of another variant": "7c1c05f5-21ed-4aaa-c6d2-e08b035d53fb",
    "nil": str(uuid.UUID(int=0)),
    "no hyphens": uuid.uuid4().hex,
    "braces": f"%7B{uuid.uuid4()}%7D",
    "a URN": f"urn:uuid:{uuid.uuid4()}",
    "too short": str(uuid.uuid4())[:-1],
    "a word": "intent-1",
    "query": "query",
    "a space": "%20",
    "no UTF-8": "%ff",
    "a null": "%00",
    "another alphabet": "%D9%A1" * 36,
}


@pytest.mark.parametrize("name", NO_UUID_4)
async def test_an_identifier_that_is_no_uuid_of_version_4_is_refused(held: Held, name: str) -> None:
    client, identifier = held.one.client, NO_UUID_4[name]
    bodies = {
        INTENTS: held.body(),
        CONSTRAINTS: held.one.constraint_body(held.where),
        SUBSCRIPTIONS: held.one.subscription_body(held.where),
    }
    for kind, body in bodies.items():
        place = "subscriptionid" if kind == SUBSCRIPTIONS else "entityid"
        for answer in (
            await client.put(f"{kind}/{identifier}", json=body),
            await client.put(f"{kind}/{identifier}/{OVN}", json=body),
            await client.get(f"{kind}/{identifier}"),
            await client.delete(f"{kind}/{identifier}/{OVN}"),
        ):
            refused(answer, 400, place=place, says="UUID of version 4")
    for field, value in (("subscription_id", identifier), ("subscription_id", uuid7())):
        answer = await client.put(f"{INTENTS}/{new_id()}", json=held.body(**{field: value}))
        refused(answer, 400, place=field, says="UUID of version 4")
    await held.nothing_was_written()


async def test_a_path_must_end_with_a_version_where_something_is_changed(held: Held) -> None:
    one = held.one
    for kind, reference, body, place in (
        (INTENTS, held.intent, held.body(), "ovn"),
        (CONSTRAINTS, held.fence, one.constraint_body(held.where), "ovn"),
        (SUBSCRIPTIONS, held.idle, one.subscription_body(held.where), "version"),
    ):
        for identifier in (reference["id"], new_id()):
            path = f"{kind}/{identifier}/"
            refused(await one.client.put(path, json=body), 400, place=place, says="current version")
            refused(await one.client.delete(path), 400, place=place, says="current version")
        for version in ("x" * 129, "a%20version%20with%20spaces", "%C3%BC" * 20, "%00" * 20):
            refused(await one.put(kind, reference["id"], body, version), 400, place=place)
            refused(await one.delete(kind, reference["id"], version), 400, place=place)
    await held.nothing_was_written()


Made = Callable[[Held], tuple[str, str, Json | None]]


def creating(**fields: Any) -> Made:
    return lambda held: ("PUT", f"{INTENTS}/{new_id()}", held.body(key=[held.intent["ovn"]], **fields))


def changing(**fields: Any) -> Made:
    return lambda held: ("PUT", f"{INTENTS}/{held.intent['id']}/{held.intent['ovn']}", held.body(**fields))


def serving(
    name: str | None, altitudes_m: tuple[float, float] = (500.0, 600.0), radius_m: float = 300.0, **seconds: float
) -> Made:
    """An intent that a subscription is to serve; `seconds` its time is to begin earlier, or to end later."""

    def make(held: Held) -> tuple[str, str, Json]:
        where = volume(circle(held.place, radius_m), altitudes_m)
        for side in ("time_start", "time_end"):
            where[side] = moment(seconds[side]) if side in seconds else held.where[side]
        subscription_id = new_id() if name is None else getattr(held, name)["id"]
        body = held.one.intent_body(where, key=[held.intent["ovn"]], subscription_id=subscription_id)
        return "PUT", f"{INTENTS}/{new_id()}", body

    return make


def subscribing(**fields: Any) -> Made:
    return lambda held: ("PUT", f"{SUBSCRIPTIONS}/{new_id()}", {**held.one.subscription_body(held.where), **fields})


def fencing(**fields: Any) -> Made:
    return lambda held: ("PUT", f"{CONSTRAINTS}/{new_id()}", {**held.one.constraint_body(held.where), **fields})


def reporting(**fields: Any) -> Made:
    exchange = {"url": "x", "method": "GET", "recorder_role": "Client", "request_time": moment(0)}
    return lambda _: ("POST", REPORTS, {"exchange": {**exchange, **fields}})


def arbitrating(uss: str = "somebody", **fields: Any) -> Made:
    return lambda _: ("PUT", f"{AVAILABILITY}/{uss}", {"old_version": "", "availability": "Down", **fields})


def giving_up(name: str) -> Made:
    return lambda held: (
        "DELETE",
        f"{SUBSCRIPTIONS}/{getattr(held, name)['id']}/{getattr(held, name)['version']}",
        None,
    )


IMPLICIT = {"uss_base_url": "https://one.example"}
BOTH: Made = lambda held: creating(subscription_id=held.listening["id"], new_subscription=IMPLICIT)(held)  # noqa: E731
NO_COVER = "does not cover the intent's cells, altitudes and times: enlarge it"
NO_SERVICE = "give subscription_id or new_subscription"
MISFITS: dict[str, tuple[Made, int, str, str]] = {
    # name: the request; of its refusal the status, the beginning of the place and what is said
    "a key that is a text": (changing(key="x" * 20), 400, "key", "expected `array"),
    "a key of numbers": (changing(key=[1, 2]), 400, "key", "expected `str`"),
    "a key of nothing": (changing(key=[None]), 400, "key", "expected `str`"),
    "a key by identifier": (changing(key={"a": "b"}), 400, "key", "expected `array"),
    "an unknown state": (changing(state="Ended"), 400, "state", "Accepted, Activated, Nonconforming, Contingent"),
    "a state in lower case": (changing(state="accepted"), 400, "state", "unknown state"),
    "a state of null": (changing(state=None), 400, "state", "expected"),
    "a suffix that is a number": (changing(requested_ovn_suffix=7), 400, "requested_ovn_suffix", "expected"),
    "two subscriptions": (BOTH, 400, "new_subscription", "not both"),
    "an implicit one that is a text": (creating(new_subscription="https://a.b"), 400, "new_subscription", "expected"),
    "an implicit one without its URL": (creating(new_subscription={}), 400, "new_subscription", "uss_base_url"),
    "Activated without subscription": (changing(state="Activated"), 400, "subscription_id", NO_SERVICE),
    "Nonconforming without subscription": (changing(state="Nonconforming"), 400, "subscription_id", NO_SERVICE),
    "Contingent without subscription": (changing(state="Contingent"), 400, "subscription_id", NO_SERVICE),
    "a subscription that is not there": (serving(None), 400, "subscription_id", "create it, or ask for one"),
    "another's subscription": (serving("foreign"), 403, "subscription_id", "another USS"),
    "one to constraints": (serving("idle"), 400, "subscription_id", "does not notify of operational intents"),
    "more cells than it covers": (serving("listening", radius_m=9_000.0), 400, "subscription_id", NO_COVER),
    "lower than it covers": (serving("listening", (499.9, 600.0)), 400, "subscription_id", NO_COVER),
    "higher than it covers": (serving("listening", (500.0, 600.1)), 400, "subscription_id", NO_COVER),
    "earlier than it covers": (serving("listening", time_start=300.0), 400, "subscription_id", NO_COVER),
    "later than it covers": (serving("listening", time_end=1_800.0), 400, "subscription_id", NO_COVER),
    "no notification": (subscribing(notify_for_operational_intents=False), 400, "notify_for", "or both"),
    "notifications of null": (subscribing(notify_for_operational_intents=None), 400, "notify_for", "or both"),
    "notifications in words": (subscribing(notify_for_constraints="yes"), 400, "notify_for_constraints", "expected"),
    "a subscription that is needed": (giving_up("listening"), 400, "", "1 operational intents depend"),
    "a subscription of another": (giving_up("foreign"), 403, "", "another USS"),
    "an unknown availability": (arbitrating(availability="Away"), 400, "availability", "Unknown, Normal, Down"),
    "no availability": (arbitrating(availability=None), 400, "availability", "expected"),
    "a version that is a number": (arbitrating(old_version=1), 400, "old_version", "expected"),
    "a USS with a long name": (arbitrating("u" * 201), 400, "uss_id", "1 to 200 characters"),
    "a USS with a control character": (arbitrating("a%0Ab"), 400, "uss_id", "1 to 200 characters"),
    "a report without its role": (reporting(recorder_role="Peer"), 400, "exchange.recorder_role", "invalid"),
    "a report with a code in words": (reporting(response_code="500"), 400, "exchange.response_code", "expected"),
    "a report with one header": (reporting(headers="Accept: */*"), 400, "exchange.headers", "expected"),
    "a report without an exchange": (lambda _: ("POST", REPORTS, {}), 400, "", "exchange"),
    **{
        f"{what} at {url[:20]!r}": (make(url), 400, place, "base URL of a USS such as https://")
        for url in ("ftp://uss.example", "javascript:alert(1)", "uss.example", "", "https://", "https://a b",
                    "https://ü.example", "https://uss.example\n", "https://" + "a" * 1_000)
        for what, make, place in (
            ("an intent", lambda url: changing(uss_base_url=url), "uss_base_url"),
            ("a subscription", lambda url: subscribing(uss_base_url=url), "uss_base_url"),
            ("a constraint", lambda url: fencing(uss_base_url=url), "uss_base_url"),
        )
    },
    **{
        f"an implicit subscription at {url!r}": (
            creating(new_subscription={"uss_base_url": url}), 400, "new_subscription.uss_base_url", "such as https://"
        )
        for url in ("ftp://uss.example", "uss.example", "https://a b")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MISFITS)
async def test_what_does_not_fit_is_refused_with_its_place_and_what_to_change(held: Held, name: str) -> None:
    make, status, place, says = MISFITS[name]
    method, path, body = make(held)
    uss = held.arbiter if path.startswith(AVAILABILITY) else held.one
    said = refused(await uss.client.request(method, path, json=body), status, says=says)
    assert (said["error"]["place"] or "").startswith(place), said
    await held.nothing_was_written()
