"""Whatever a USS sends: a refusal of one shape that says what to change, nothing written, and the service stays up.

Volumes here; bodies, paths and what does not fit what is held in `test_bad_requests.py`.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from support.dss_http import (
    CONSTRAINTS,
    INTENTS,
    SUBSCRIPTIONS,
    Json,
    Pool,
    Uss,
    altitude,
    circle,
    moment,
    new_id,
    polygon,
    reference_of,
    refused,
    somewhere,
    told,
    volume,
)

pytestmark = pytest.mark.anyio
P = (46.9, 7.4)
DAY_S = 86_400.0


async def nothing_was_written(dss: Pool, uss: Uss, mark: tuple[int, str]) -> None:
    """And it goes on serving."""
    assert dss.mark() == mark
    told(await uss.query(INTENTS, {"volume": circle(P)}), 200)


def with_vertices(*points: tuple[float, float]) -> Callable[[], Json]:
    return lambda: volume(polygon(*points))


def with_circle(**changes: Any) -> Callable[[], Json]:
    made = volume(P)
    made["volume"]["outline_circle"].update(changes)
    for name in [name for name, value in changes.items() if value is ...]:
        del made["volume"]["outline_circle"][name]
    return lambda: made


def with_radius(value: float, units: str = "M") -> Callable[[], Json]:
    return with_circle(radius={"value": value, "units": units})


def with_volume(**changes: Any) -> Callable[[], Json]:
    return lambda: {**volume(P), "volume": {**volume(P)["volume"], **changes}}


def with_times(**changes: Any) -> Callable[[], Json]:
    return lambda: {**volume(P), **changes}


def at(value: Any, **more: Any) -> Json:
    return {"value": value, "format": "RFC3339", **more}


TRIANGLE = polygon(P, (46.9, 7.5), (47.0, 7.4))
SELF_CROSSING = (P, (47.0, 7.5), (47.0, 7.4), (46.9, 7.5))
SAME = "2030-03-01T12:00:00Z"
NO_LEVEL = {"reference": "W84", "units": "M"}
VOLUMES: dict[str, tuple[Callable[[], Json], str, str]] = {
    # name: the volume, the place of what is wrong in it, what is said
    "both outlines": (with_volume(**TRIANGLE), "volume", "either outline_polygon or outline_circle"),
    "no outline": (with_volume(outline_circle=None), "volume", "either outline_polygon or outline_circle"),
    "no volume": (lambda: {"time_start": moment(0)}, "", "volume"),
    "no vertices": (with_vertices(), "volume.outline_polygon.vertices", "at least three"),
    "one vertex": (with_vertices(P), "volume.outline_polygon.vertices", "at least three"),
    "two vertices": (with_vertices(P, (46.9, 7.5)), "volume.outline_polygon.vertices", "at least three"),
    "one vertex thrice": (with_vertices(P, P, P), "volume.outline_polygon.vertices", "at least three"),
    "two vertices twice": (with_vertices(P, P, (46.9, 7.5), P), "volume.outline_polygon.vertices", "at least three"),
    "there and back": (with_vertices(P, (47.0, 7.4), P, (47.0, 7.4)), "volume.outline_polygon.", "cross itself"),
    "vertices on a meridian": (with_vertices(P, (47.0, 7.4), (47.1, 7.4)), "volume.outline_polygon.vertices", "line"),
    "vertices on the equator": (with_vertices((0, 7), (0, 8), (0, 9)), "volume.outline_polygon.vertices", "line"),
    "edges that cross": (with_vertices(*SELF_CROSSING), "volume.outline_polygon.vertices", "cross itself"),
    "a corner that touches": (
        with_vertices(P, (47.0, 7.4), (46.95, 7.45), (47.0, 7.5), (46.9, 7.5), (46.95, 7.45)),
        "volume.outline_polygon.vertices",
        "cross itself",
    ),
    "a latitude of 91": (with_vertices(P, (91.0, 7.4), (47.0, 7.5)), "volume.outline_polygon.vertices[1]", "latitude"),
    "a longitude of -181": (with_vertices((1, 2), (2, 2), (2, -181)), "volume.outline_polygon.vertices[2]", "longitud"),
    "a centre at 91": (with_circle(center={"lat": 91, "lng": 7}), "volume.outline_circle.center", "latitude"),
    "a centre at 181": (with_circle(center={"lat": 9, "lng": 181}), "volume.outline_circle.center", "longitude"),
    "no centre": (with_circle(center=...), "volume.outline_circle", "center"),
    "a centre of null": (with_circle(center=None), "volume.outline_circle.center", "expected"),
    "half a centre": (with_circle(center={"lat": 46.9}), "volume.outline_circle.center", "lng"),
    "no radius": (with_circle(radius=...), "volume.outline_circle", "radius"),
    "a radius of 0": (with_radius(0), "volume.outline_circle.", "at least 0.001"),
    "a radius below 0": (with_radius(-300), "volume.outline_circle.", "at least 0.001"),
    "a radius in feet": (with_radius(300, "FT"), "volume.outline_circle.radius", "units M"),
    "a radius in words": (with_circle(radius={"value": "300"}), "volume.outline_circle.radius.value", "expected"),
    "a bare radius": (with_circle(radius=300), "volume.outline_circle.radius", "expected"),
    "altitudes reversed": (lambda: volume(P, (600.0, 500.0)), "volume.altitude_upper", "swap"),
    "too low": (lambda: volume(P, (-8_001.0, 500.0)), "volume.altitude_lower", "-8000 to 100000"),
    "too high": (lambda: volume(P, (0.0, 100_001.0)), "volume.altitude_upper", "-8000 to 100000"),
    "above the sea": (with_volume(altitude_lower={**altitude(1), "reference": "MSL"}), "volume.altitude_lower", "W84"),
    "in feet": (with_volume(altitude_upper={**altitude(900), "units": "FT"}), "volume.altitude_upper", "units M"),
    "no level": (with_volume(altitude_upper=NO_LEVEL), "volume.altitude_upper", "value"),
    "a level in words": (with_volume(altitude_upper={"value": "FL100"}), "volume.altitude_upper.value", "expected"),
    "times reversed": (with_times(time_start=moment(900), time_end=moment(800)), "", "must be after"),
    "a time without a zone": (with_times(time_end=at("2030-03-01T12:00:00")), "time_end", "add Z"),
    "a time in words": (with_times(time_end=at("tomorrow at noon")), "time_end", "2026-03-01T12:00:00Z"),
    "no time": (with_times(time_start=at("")), "time_start", "cannot read"),
    "a day that is none": (with_times(time_end=at("2030-02-30T12:00:00Z")), "time_end", "cannot read"),
    "a time before 1970": (with_times(time_start=at("1969-12-31T23:59:59Z")), "time_start", "1970"),
    "a time after 2100": (with_times(time_end=at("2100-01-01T00:00:00.1Z")), "time_end", "2100"),
    "a time of the year 0": (with_times(time_start=at("0000-01-01T00:00:00Z")), "time_start", "cannot read"),
    "a time at the end of all": (with_times(time_end=at("9999-12-31T23:59:59-23:00")), "time_end", "2100"),
    "a time as a number": (with_times(time_end=at(1_900_000_000)), "time_end.value", "expected"),
    "a time in another format": (with_times(time_end=at(SAME, format="ISO8601")), "time_end", "RFC3339"),
    "a bare time": (with_times(time_end=SAME), "time_end", "expected"),
    "a name for a target": (with_volume(target="x"), "volume.target", "safety software"),
}  # fmt: skip


def sent(uss: Uss, given: Json) -> Iterator[tuple[str, str, Json, str]]:
    """All requests that carry a volume: method, path, body, and where the volume is in it."""
    yield "PUT", f"{INTENTS}/{new_id()}", uss.intent_body(given), "extents[0]"
    yield "PUT", f"{INTENTS}/{new_id()}", uss.intent_body(volume(P), given), "extents[1]"
    yield "PUT", f"{INTENTS}/{new_id()}/an-ovn-that-is-nobodys", uss.intent_body(given), "extents[0]"
    yield "PUT", f"{CONSTRAINTS}/{new_id()}", uss.constraint_body(given), "extents[0]"
    yield "PUT", f"{SUBSCRIPTIONS}/{new_id()}", uss.subscription_body(given), "extents"
    for kind in (INTENTS, CONSTRAINTS, SUBSCRIPTIONS):
        yield "POST", f"{kind}/query", {"area_of_interest": given}, "area_of_interest"


@pytest.mark.parametrize("name", VOLUMES)
async def test_an_impossible_volume_is_refused_wherever_it_is_sent(dss: Pool, name: str) -> None:
    make, place, says = VOLUMES[name]
    one, mark = dss.uss("one"), dss.mark()
    for method, path, body, where in sent(one, make()):
        said = refused(await one.client.request(method, path, json=body), 400, says=says)
        assert said["error"]["code"] == ("forbidden_field" if name == "a name for a target" else "invalid_input")
        assert said["error"]["place"].startswith(where), said
        assert place in said["error"]["place"], said
    await nothing_was_written(dss, one, mark)


async def test_times_that_are_equal_are_no_reservation_and_may_be_asked_for(dss: Pool) -> None:
    one, there = dss.uss("one"), volume(P)
    held = await one.reference(there)
    for begin, found in ((there["time_start"], [held["id"]]), (there["time_end"], [])):
        for method, path, body, where in sent(one, {**there, "time_start": begin, "time_end": begin}):
            answer = await one.client.request(method, path, json=body)
            if not path.endswith("/query"):
                refused(answer, 400, place=f"{where}.time_end", says="must be after")
            elif path.startswith(INTENTS):
                assert [item["id"] for item in told(answer, 200)["operational_intent_references"]] == found
            else:
                told(answer, 200)


async def test_members_that_the_interface_does_not_have_are_left_out(dss: Pool) -> None:
    """USSs send members of older drafts along, such as `old_version`."""
    one = dss.uss("one")
    there = volume(somewhere())
    there["volume"]["outline_circle"]["center"]["altitude"] = {"value": 1, "colour": []}
    for path, body in (
        (INTENTS, {**one.intent_body(there, new_subscription={**one.implicit(), "id": 7}), "old_version": 0}),
        (CONSTRAINTS, {**one.constraint_body(there), "old_version": 0, "key": []}),
        (SUBSCRIPTIONS, {**one.subscription_body(there), "notify_for_operations": True}),
    ):
        told(await one.client.put(f"{path}/{new_id()}", json=body), 201 if path != SUBSCRIPTIONS else 200)
    found = told(await one.client.post(f"{INTENTS}/query", json={"area_of_interest": there, "limit": 1}), 200)
    assert len(found["operational_intent_references"]) == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 400, "0x12c", "300.", "+300"])
async def test_a_number_that_json_does_not_have_is_refused_wherever_it_is_sent(dss: Pool, number: str) -> None:
    one, mark = dss.uss("one"), dss.mark()
    for field in ('"value": 300.0', '"lat": 46.9', '"value": 500.0'):
        for method, path, body, _ in sent(one, volume(P)):
            text = json.dumps(body)
            assert field in text
            wrong = text.replace(field, f"{field.partition(' ')[0]} {number}", 1)
            refused(await one.client.request(method, path, content=wrong), 400)
    await nothing_was_written(dss, one, mark)


def square(side_deg: float, *, corner: tuple[float, float] = (0.0, 10.0)) -> Json:
    """At the equator, where a degree is 110.57 km north and 111.32 km east."""
    north, east = corner
    return polygon(corner, (north + side_deg, east), (north + side_deg, east + side_deg), (north, east + side_deg))


async def test_an_area_above_its_limit_is_refused_as_polygon_and_as_circle(dss: Pool) -> None:
    """2,500 km² are a square of 0.4507° or a circle of 28.2 km; 10,000 km² one of 0.9014° or of 56.4 km."""
    one, mark = dss.uss("one"), dss.mark()
    intents = [square(0.452), circle((10.0, 30.0), 28_300.0), square(3.0), circle((10.0, 30.0), 500_000.0)]
    others = [square(0.903), circle((10.0, 30.0), 56_500.0), square(3.0), circle((10.0, 30.0), 500_000.0)]
    for outline in intents:
        answer = await one.put(INTENTS, new_id(), one.intent_body(volume(P), volume(outline)))
        said = refused(answer, 413, place="extents[1].volume", says="2,500 km²")
        assert said["error"]["code"] == "area_too_large"
        assert "take a smaller area, or several" in said["message"]
    for outline in others:
        where = volume(outline)
        answer = await one.put(CONSTRAINTS, new_id(), one.constraint_body(where))
        refused(answer, 413, place="extents[0].volume", says="10,000 km²")
        answer = await one.put(SUBSCRIPTIONS, new_id(), one.subscription_body(where))
        refused(answer, 400, place="extents.volume", says="10,000 km²")  # the interface has no 413 here
        for kind in (INTENTS, CONSTRAINTS, SUBSCRIPTIONS):
            refused(await one.query(kind, where), 413, place="area_of_interest.volume", says="10,000 km²")
    await nothing_was_written(dss, one, mark)


async def test_an_area_just_within_its_limit_is_taken(dss: Pool) -> None:
    one = dss.uss("one")
    for outline in (square(0.450, corner=(3.0, 40.0)), circle((10.0, 50.0), 28_100.0)):
        await one.remove(await one.reference(volume(outline)))
    for outline in (square(0.900, corner=(3.0, 40.0)), circle((10.0, 50.0), 56_300.0)):
        await one.constrain(volume(outline))
        await one.subscribe(volume(outline))
        for kind in (INTENTS, CONSTRAINTS, SUBSCRIPTIONS):
            told(await one.query(kind, volume(outline)), 200)


def ring(count: int, place: tuple[float, float]) -> Json:
    """A convex polygon of so many vertices: points of a parabola, closed by its chord."""
    return polygon(*((place[0] + (i / count) ** 2 * 0.05, place[1] + i / count * 0.05) for i in range(count)))


async def test_more_vertices_than_may_be_are_refused(dss: Pool) -> None:
    one, mark = dss.uss("one"), dss.mark()
    for volumes in ([volume(ring(10_001, P))], [volume(ring(6_000, P)), volume(P), volume(ring(4_001, P))]):
        answer = await one.put(INTENTS, new_id(), one.intent_body(*volumes))
        refused(answer, 400, place="extents", says="10001 vertices; at most 10000")
    for volumes in ([volume(ring(1_001, P))], [volume(ring(600, P)), volume(ring(401, P))]):
        answer = await one.put(CONSTRAINTS, new_id(), one.constraint_body(*volumes))
        refused(answer, 400, place="extents", says="1001 vertices; at most 1000")
    refused(await one.put(SUBSCRIPTIONS, new_id(), one.subscription_body(volume(ring(10_001, P)))), 400, says="10001")
    refused(await one.query(INTENTS, volume(ring(10_001, P))), 400, says="10001 vertices")
    await nothing_was_written(dss, one, mark)
    await one.intent(volume(ring(9_000, somewhere())), volume(ring(1_000, somewhere())))
    await one.constrain(volume(ring(1_000, somewhere())))


async def test_more_cells_than_may_be_are_refused(dss: Pool) -> None:
    one, mark = dss.uss("one"), dss.mark()
    large = [volume(circle((60.0, 5.0 + number), 28_000.0)) for number in range(11)]
    small = [volume(circle(P, 100.0)) for _ in range(9_000)]
    small += [volume(circle((60.0, 5.0), 28_000.0))] * 6
    for volumes in (large, small):
        answer = await one.put(INTENTS, new_id(), one.intent_body(*volumes))
        refused(answer, 400, place="extents", says="the limit is 20000")
    await nothing_was_written(dss, one, mark)
    await one.remove(await one.reference(*large[:8]))


DATES: dict[str, tuple[str, Json, str]] = {
    "an intent in the past": (INTENTS, volume(P, seconds=(-700.0, -1.0)), "has passed"),
    "an intent 31 days ahead": (INTENTS, volume(P, seconds=(31 * DAY_S, 31 * DAY_S + 60)), "30 days ahead"),
    "an intent of 31 days": (INTENTS, volume(P, seconds=(0.0, 31 * DAY_S)), "30 days"),
    "a constraint in the past": (CONSTRAINTS, volume(P, seconds=(-700.0, -1.0)), "has passed"),
    "a constraint 57 days ahead": (CONSTRAINTS, volume(P, seconds=(57 * DAY_S, 57 * DAY_S + 60)), "56 days ahead"),
    "a constraint of 25 hours": (CONSTRAINTS, volume(P, seconds=(0.0, 90_000.0)), "24 hours"),
    "a subscription in the past": (SUBSCRIPTIONS, volume(P, seconds=(-700.0, -1.0)), "has passed"),
    "a subscription of 25 hours": (SUBSCRIPTIONS, volume(P, seconds=(0.0, 90_000.0)), "24 hours"),
    "an intent without altitudes": (INTENTS, volume(P, None), "altitude_lower and altitude_upper are needed"),
    "an intent without times": (INTENTS, volume(P, seconds=None), "time_start and time_end are needed"),
    "a constraint without times": (CONSTRAINTS, volume(P, seconds=None), "time_start and time_end are needed"),
}


@pytest.mark.parametrize("name", DATES)
async def test_a_time_out_of_its_limits_or_a_bound_that_is_needed_is_refused(dss: Pool, name: str) -> None:
    kind, where, says = DATES[name]
    one, mark = dss.uss("one"), dss.mark()
    bodies = {INTENTS: one.intent_body, CONSTRAINTS: one.constraint_body, SUBSCRIPTIONS: one.subscription_body}
    said = refused(await one.put(kind, new_id(), bodies[kind](where)), 400, says=says)
    assert said["error"]["place"].startswith("extents")
    await nothing_was_written(dss, one, mark)


async def test_the_longest_and_furthest_plans_are_taken(dss: Pool) -> None:
    one = dss.uss("one")
    await one.intent(volume(somewhere(), seconds=(0.0, 30 * DAY_S)))
    await one.intent(volume(somewhere(), seconds=(30 * DAY_S, 60 * DAY_S)))
    await one.constrain(volume(somewhere(), seconds=(56 * DAY_S, 57 * DAY_S)))
    await one.subscribe(volume(somewhere(), seconds=(100 * DAY_S, 101 * DAY_S)))


async def test_times_may_have_any_zone_and_a_fraction(dss: Pool) -> None:
    one, where = dss.uss("one"), volume(somewhere())
    made = await one.reference(where)
    noon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    for text in (
        noon.strftime("%Y-%m-%dT%H:%M:%SZ"),
        noon.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        noon.strftime("%Y-%m-%dT%H:%M:%S-00:00"),
        noon.astimezone(timezone(timedelta(hours=5, minutes=45))).isoformat(),
    ):
        made = reference_of(await one.change(made, {**where, "time_end": at(text)}))
        assert made["time_end"]["value"] == noon.strftime("%Y-%m-%dT%H:%M:%SZ"), text


async def test_two_volumes_may_not_make_a_plan_that_is_too_long(dss: Pool) -> None:
    one, mark = dss.uss("one"), dss.mark()
    ends = [volume(P, seconds=(0.0, 60.0)), volume(P, seconds=(23 * DAY_S, 31 * DAY_S))]
    refused(await one.put(INTENTS, new_id(), one.intent_body(*ends)), 400, place="extents", says="30 days")
    apart = [volume(P, seconds=(0.0, 60.0)), volume(P, seconds=(DAY_S, DAY_S + 1.0))]
    refused(await one.put(CONSTRAINTS, new_id(), one.constraint_body(*apart)), 400, place="extents", says="24 hours")
    await nothing_was_written(dss, one, mark)


async def test_no_volume_is_no_place(dss: Pool) -> None:
    one, mark = dss.uss("one"), dss.mark()
    for kind, body in ((INTENTS, one.intent_body()), (CONSTRAINTS, one.constraint_body())):
        refused(await one.put(kind, new_id(), body), 400, place="extents", says="at least one volume")
        for wrong in ({}, volume(P), None, "here", [[]], [None]):
            refused(await one.put(kind, new_id(), {**body, "extents": wrong}), 400, says="extents")
        refused(await one.put(kind, new_id(), {"uss_base_url": one.url}), 400, says="extents")
    for wrong_area in ([], [volume(P)], "here", 1):
        body = {**one.subscription_body(volume(P)), "extents": wrong_area}
        refused(await one.put(SUBSCRIPTIONS, new_id(), body), 400, says="extents")
        for kind in (INTENTS, CONSTRAINTS, SUBSCRIPTIONS):
            answer: httpx.Response = await one.client.post(f"{kind}/query", json={"area_of_interest": wrong_area})
            refused(answer, 400, says="area_of_interest")
    for nothing in ({}, {"area_of_interest": None}):
        for kind in (INTENTS, CONSTRAINTS, SUBSCRIPTIONS):
            refused(
                await one.client.post(f"{kind}/query", json=nothing), 400, place="area_of_interest", says="say where"
            )
    await nothing_was_written(dss, one, mark)
