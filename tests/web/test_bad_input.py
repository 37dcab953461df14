"""Whatever arrives: a clear error of one shape, nothing filed, and the service stays up."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from skyparley.errors import OverloadedError, RateLimitedError, StorageError
from support.serving import World, operation, time_in, volume, world

pytestmark = pytest.mark.anyio


def assert_error(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The one shape of every error."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "place"}
    assert body["error"]["message"]
    if code is not None:
        assert body["error"]["code"] == code
    return body["error"]


def changed(**fields: Any) -> dict[str, Any]:
    return {**operation("op"), **fields}


def changed_volume(**fields: Any) -> dict[str, Any]:
    return operation("op", {**volume(), **fields})


BAD_BODIES: dict[str, tuple[Callable[[], Any], str]] = {
    "upper below lower": (lambda: changed_volume(lower_m=700, upper_m=500), "volumes[0].upper_m"),
    "latitude 91": (lambda: operation("op", volume(91.0)), "volumes[0].circle"),
    "time without a zone": (lambda: changed_volume(begin="2030-01-01T00:00:00"), "volumes[0].begin"),
    "end before begin": (lambda: changed_volume(end=time_in(0)), "volumes[0].end"),
    "unknown datum": (lambda: changed_volume(altitude_datum="MSL"), "volumes[0].altitude_datum"),
    "unknown field": (lambda: changed(colour="red"), "colour"),
    "unknown field in a volume": (lambda: changed_volume(colour="red"), "volumes[0].colour"),
    "weapon": (lambda: changed(weapon="x"), "weapon"),
    "mission": (lambda: changed_volume(mission_id="x"), "volumes[0].mission_id"),
    "target": (lambda: changed(target={"latitude_deg": 1}), "target"),
    "no pieces": (lambda: changed(volumes=[]), ""),
    "wrong type": (lambda: changed(volumes={"a": 1}), "volumes"),
    "text for a number": (lambda: changed_volume(upper_m="700"), "volumes[0].upper_m"),
    "bad identifier": (lambda: operation("a b"), "operation_id"),
    "no identifier": (lambda: {"class": "drone", "volumes": [volume()]}, "operation_id"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_an_impossible_operation_is_refused_with_its_place(here: World, name: str) -> None:
    make, place = BAD_BODIES[name]
    async with here.client(here.alpha) as alpha:
        for path in ("/v1/operations", "/v1/operations/check"):
            error = assert_error(await alpha.post(path, json=make()), 400)
            assert place in f"{error['place']} {error['message']}"
        assert (await alpha.get("/v1/operations")).json()["items"] == []


@pytest.mark.parametrize("field", ["weapon", "mission", "target", "weapon_type", "targetId"])
async def test_a_field_for_weapon_mission_or_target_is_refused_as_such(here: World, field: str) -> None:
    async with here.client(here.alpha) as alpha:
        assert_error(await alpha.post("/v1/operations", json=changed(**{field: "x"})), 400, "forbidden_field")


RAW_BODIES = {
    "empty": b"",
    "truncated": json.dumps(operation("op")).encode()[:-10],
    "not json": b"operation_id=op",
    "wrong encoding": json.dumps(operation("op")).encode("utf-16"),
    "latin-1": b'{"operation_id": "\xe9"}',
    "lone surrogate": b'{"operation_id": "\\ud800", "class": "drone", "volumes": []}',
    "NaN": b'{"operation_id":"op","class":"drone","volumes":[{"lower_m":NaN}]}',
    "infinity": b'{"operation_id":"op","class":"drone","volumes":[{"lower_m":1e999}]}',
    "deep": b"[" * 200_000,
    "deep objects": b'{"volumes":' * 50_000 + b"1" + b"}" * 50_000,
    "null": b"null",
    "list": b"[]",
    "twice the key": b'{"operation_id":"a","operation_id":"a b"}',
}


@pytest.mark.parametrize("name", RAW_BODIES)
async def test_what_is_no_json_of_ours_is_refused(here: World, name: str) -> None:
    async with here.client(here.alpha) as alpha:
        paths = ("/v1/operations", "/v1/operations/check", "/v1/hazards", "/v1/operations/op/cancel")
        answers = [await alpha.post(path, content=RAW_BODIES[name]) for path in paths]
        answers.append(await alpha.put("/v1/operations/op", content=RAW_BODIES[name]))
        for answer in answers:
            assert_error(answer, 400)
        async with here.client(here.operator) as operator:
            assert_error(await operator.post("/v1/parties", content=RAW_BODIES[name]), 400)
        assert (await alpha.get("/healthy")).status_code == 200


@pytest.mark.parametrize(
    ("name", "place", "remedy"),
    [
        ("NaN", "byte 60", "JSON has no NaN"),
        ("truncated", None, "send it whole"),
        ("wrong encoding", "byte 1", "byte order mark"),
        ("not json", "byte 1", "correct it there"),
    ],
)
async def test_what_is_no_json_says_where_and_what_to_do(
    here: World, name: str, place: str | None, remedy: str
) -> None:
    async with here.client(here.alpha) as alpha:
        error = assert_error(await alpha.post("/v1/operations", content=RAW_BODIES[name]), 400, "invalid_input")
        assert (error["place"], remedy in error["message"]) == (place, True)


async def test_a_field_that_stands_twice_is_named(here: World) -> None:
    body = json.dumps(operation("op")).replace('"lower_m":', '"lower_m": 0, "lower_m":', 1)
    async with here.client(here.alpha) as alpha:
        for path in ("/v1/operations", "/v1/operations/check"):
            error = assert_error(await alpha.post(path, content=body), 400, "invalid_input")
            assert (error["place"], "stands twice" in error["message"]) == ("volumes[0].lower_m", True)
        answer = await alpha.post("/v1/operations/op/cancel", content=b'{"version":1,"version":2}')
        assert assert_error(answer, 400)["place"] == "version"


def track(*times_s: float, north_deg: float = 46.0) -> dict[str, Any]:
    points = [
        {"time": time_in(at_s), "latitude_deg": north_deg, "longitude_deg": 7.0 + i / 100, "altitude_m": 900}
        for i, at_s in enumerate(times_s)
    ]
    return {"altitude_datum": "WGS84", "points": points}


DAY_S = 86_400
OUT_OF_LIMITS: dict[str, tuple[Callable[[], dict[str, Any]], int, str, str]] = {
    "begins too far ahead": (
        lambda: operation("op", {**volume(), "begin": time_in(31 * DAY_S), "end": time_in(32 * DAY_S)}),
        400,
        "volumes[0].begin",
        "file it later",
    ),
    "flies too far ahead": (
        lambda: {"operation_id": "op", "trajectories": [track(31 * DAY_S, 31 * DAY_S + 600)]},
        400,
        "trajectories[0].points[0].time",
        "file it later",
    ),
    "has ended": (
        lambda: operation("op", {**volume(), "begin": time_in(-7_200), "end": time_in(-3_600)}),
        400,
        "volumes[0].end",
        "has passed",
    ),
    "lasts too long": (
        lambda: operation("op", volume(), {**volume(), "end": time_in(8 * DAY_S)}),
        413,
        "volumes[1].end",
        "file shorter operations",
    ),
    "blankets a country for a week": (
        lambda: operation("op", volume(), {**volume(46.8, 8.2, radius_m=250_000), "end": time_in(6 * DAY_S)}),
        413,
        "volumes[1]",
        "reserve less area or less time",
    ),
}


@pytest.mark.parametrize("name", OUT_OF_LIMITS)
async def test_what_passes_a_limit_is_told_by_the_field_that_was_sent(here: World, name: str) -> None:
    make, status, place, remedy = OUT_OF_LIMITS[name]
    async with here.client(here.alpha) as alpha:
        answer = await alpha.post("/v1/operations", json=make())
        error = assert_error(answer, status, "invalid_input" if status == 400 else "limit_exceeded")
        assert (error["place"], remedy in error["message"]) == (place, True)
        dry = await alpha.post("/v1/operations/check", json=make())
        if status == 413:  # a dry run may lie in the past or further ahead, and is no larger than a filing
            assert assert_error(dry, status, "limit_exceeded") == error
        else:
            assert dry.status_code == 200
        assert (await alpha.get("/v1/operations")).json()["items"] == []


async def test_an_operation_that_blankets_a_country_for_a_month_is_refused(here: World) -> None:
    month = {**volume(46.8, 8.2, radius_m=250_000), "end": time_in(30 * DAY_S)}
    async with here.client(here.alpha) as alpha:
        error = assert_error(await alpha.post("/v1/operations", json=operation("op", month)), 413, "limit_exceeded")
        assert error["place"] == "volumes[0].end"
        assert (await alpha.get("/v1/operations")).json()["items"] == []


async def test_a_long_body_is_refused_before_it_is_read(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        answer = await alpha.post("/v1/operations", content=b" " * 5_000_000)
        assert "SKYPARLEY_MAX_BODY_BYTES" in assert_error(answer, 413, "limit_exceeded")["message"]

        async def endless() -> Any:
            for _ in range(100):
                yield b" " * 1_000_000

        assert_error(await alpha.post("/v1/operations", content=endless()), 413, "limit_exceeded")
        assert here.app.context.arriving_bytes == 0


async def test_the_limit_is_the_one_that_was_set(tmp_path: Any) -> None:
    async with world(tmp_path, max_body_bytes=100) as small, small.client(small.alpha) as alpha:
        assert_error(await alpha.post("/v1/operations", content=b" " * 101), 413)
        assert_error(await alpha.post("/v1/operations", content=b" " * 100), 400)


async def test_compressed_and_foreign_bodies_are_refused(here: World) -> None:
    body = json.dumps(operation("op")).encode()
    async with here.client(here.alpha) as alpha:
        for headers in (
            {"Content-Encoding": "gzip"},
            {"Content-Type": "application/x-www-form-urlencoded"},
            {"Content-Type": "application/json; charset=latin-1"},
        ):
            answer = await alpha.post("/v1/operations", content=gzip.compress(body), headers=headers)
            assert_error(answer, 415, "unsupported_media_type")
        json_type = {"Content-Type": "application/json; charset=UTF-8", "Content-Encoding": "identity"}
        assert (await alpha.post("/v1/operations", content=body, headers=json_type)).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 129, "tab\tbed"])
async def test_an_unreadable_idempotency_key_is_refused(here: World, key: str) -> None:
    async with here.client(here.alpha) as alpha:
        headers = {b"Idempotency-Key": key.encode("latin-1")}
        answer = await alpha.post("/v1/operations", json=operation("op"), headers=headers)
        assert assert_error(answer, 400)["place"] == "header Idempotency-Key"


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limit=0", "query limit"),
        ("limit=1001", "query limit"),
        ("limit=ten", "query limit"),
        ("limit=%D9%A1", "query limit"),
        ("bbox=1,2,3", "query bbox"),
        ("bbox=nan,0,1,1", "query bbox"),
        ("bbox=0,2,1,1", "query bbox"),
        ("bbox=0,0,181,1", "query bbox"),
        ("begin=2030-01-01", "query begin"),
        ("begin=2030-01-02T00:00:00Z&end=2030-01-01T00:00:00Z", "query end"),
        ("near=me", "query near"),
        ("limit=1&limit=2", "query limit"),
        ("x=%ff", "query"),
        ("after=%00", "after"),
        ("a=" + "b" * 9000, "query"),
    ],
)
async def test_a_wrong_query_is_refused_with_its_parameter(here: World, query: str, place: str) -> None:
    async with here.client(here.alpha) as alpha:
        for path in ("/v1/operations", "/v1/hazards"):
            assert assert_error(await alpha.get(f"{path}?{query}"), 400)["place"] == place


async def test_unknown_paths_and_methods(here: World) -> None:
    async with here.client(here.alpha) as alpha:
        assert_error(await alpha.get("/v1/nothing"), 404, "not_found")
        assert_error(await alpha.get("/v2/operations"), 404, "not_found")
        assert_error(await alpha.get("/v1/operations/"), 404, "not_found")
        assert_error(await alpha.get("/../../etc/passwd"), 404, "not_found")
        assert_error(await alpha.post("/nothing"), 404, "not_found")
        answer = await alpha.delete("/v1/operations/op")
        assert_error(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD, PUT"
        assert_error(await alpha.request("BREW", "/v1/operations"), 405)


async def test_an_unforeseen_failure_tells_nothing_of_the_inside(
    here: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("the secret inside")

    monkeypatch.setattr(here.node, "read_barrier", broken)
    async with here.client(here.alpha) as alpha:
        error = assert_error(await alpha.get("/v1/operations"), 500, "internal")
    assert "secret" not in error["message"]
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "after"),
    [
        (OverloadedError("full", retry_after_s=3), 503, "3"),
        (RateLimitedError("too fast", retry_after_s=7), 429, "7"),
        (StorageError("disk"), 503, "10"),
    ],
)
async def test_what_is_full_says_when_to_come_back(
    here: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, after: str
) -> None:
    async def full() -> None:
        raise error

    monkeypatch.setattr(here.node, "read_barrier", full)
    async with here.client(here.alpha) as alpha:
        answer = await alpha.get("/v1/operations")
        assert_error(answer, status)
        assert answer.headers["retry-after"] == after
