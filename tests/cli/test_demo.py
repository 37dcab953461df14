"""`skyparley demo` as a process of its own: real flights, a firing exercise and drones, filed like any operation."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from skyparley.cli.demo import EVERY_S, PARTIES, say_if_dead
from support.process import Serving, serving

NAMES = [party for party, _, _ in PARTIES]


def now_as_written() -> str:
    """The time as the API writes it: without the zone, what begins in this very second would sort after it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def until_healthy(node: Serving) -> list[int]:
    """The statuses of `/healthy` up to the first 200."""
    seen = []
    end_s = time.monotonic() + 60
    while True:
        seen.append(node.get("/healthy").status_code)
        if seen[-1] == 200:
            return seen
        assert time.monotonic() < end_s, seen
        time.sleep(0.02)


def every(node: Serving, path: str, key: str | None = None) -> list[dict]:
    """All items of a list, page by page; without a key as the demo's observer."""
    items, after = [], ""
    while True:
        page = node.get(f"{path}?limit=100{after}", key).json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = f"&after={page['next']}"


def kinds(node: Serving) -> Counter[tuple[str, ...]]:
    """How many conflicts there are between which classes."""
    classes = {(item["party"], item["operation_id"]): item["class"] for item in every(node, "/v1/operations")}
    return Counter(
        tuple(sorted(classes[conflict[side]["party"], conflict[side]["operation_id"]] for side in "ab"))
        for conflict in every(node, "/v1/conflicts")
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("demo")) / "data"


@pytest.fixture(scope="module")
def demo(data: Path) -> Iterator[Serving]:
    with serving("demo", data) as node:
        until_healthy(node)
        yield node


def test_it_is_healthy_only_once_the_first_filings_and_findings_are_there(tmp_path: Path) -> None:
    with serving("demo", tmp_path / "data") as node:
        until_healthy(node)
        status = node.get("/v1/status").json()
        assert status["operations"] > 30
        assert status["conflicts"] > 5
        assert status["checked_through"] >= status["operations"]


def test_two_parties_fly_and_a_third_fires_and_flies_drones(demo: Serving) -> None:
    flown = {(item["party"], "hazard" if item["hazard"] else item["class"]) for item in every(demo, "/v1/operations")}
    assert {(NAMES[0], "en_route"), (NAMES[1], "en_route"), (NAMES[2], "hazard"), (NAMES[2], "drone")} <= flown
    assert (NAMES[2], "en_route") not in flown


def test_flights_are_shifted_to_now(demo: Serving) -> None:
    flights = [item for item in every(demo, "/v1/operations") if item["class"] == "en_route"]
    now = now_as_written()
    assert sum(flight["begin"] <= now < flight["end"] for flight in flights) > 10
    assert all(flight["end"] > now or flight["state"] != "accepted" for flight in flights)


def test_conflicts_are_between_all_kinds(demo: Serving) -> None:
    assert set(kinds(demo)) >= {
        ("en_route", "en_route"),
        ("en_route", "hazard"),
        ("drone", "drone"),
        ("drone", "helicopter"),
    }


def test_drones_name_a_datum_of_height_above_the_ellipsoid_or_sea_level(demo: Serving) -> None:
    drones = [item for item in every(demo, "/v1/operations") if item["class"] == "drone"]
    datums = {piece["altitude_datum"] for item in drones for piece in (*item["volumes"], *item["trajectories"])}
    assert datums <= {"WGS84", "EGM96"}
    assert len(drones) >= 3


def test_the_observer_may_look_and_not_touch_and_the_printed_keys_act_as_their_party(demo: Serving) -> None:
    with demo.client() as client:
        assert client.post("/v1/operations", json={}).status_code in {401, 403}
    printed = dict(line.rsplit(maxsplit=1) for line in demo.output.splitlines() if line.startswith("  "))
    assert [name.strip() for name in printed] == [name for _, name, _ in PARTIES]
    for (party, _, _), key in zip(PARTIES, printed.values(), strict=True):
        assert demo.get("/v1/me", key).json()["party"] == party


def test_what_was_filed_survives_a_restart_and_is_not_filed_twice(data: Path, demo: Serving) -> None:
    before = {(item["party"], item["operation_id"]): item for item in every(demo, "/v1/operations")}
    assert demo.stop() == 0
    with serving("demo", data) as again:
        until_healthy(again)  # which it is once the feed has had a round
        after = {(item["party"], item["operation_id"]): item for item in every(again, "/v1/operations")}
        now = now_as_written()
        kept = {ref for ref, item in before.items() if item["end"] > now}
        assert kept <= set(after)
        assert all(after[ref]["version"] == before[ref]["version"] for ref in kept)
        assert all(after[ref]["sequence"] == before[ref]["sequence"] for ref in kept)
        assert len(after) < len(before) + 20
        _remove_everything(data, again)
        assert again.stop() == 0
    with serving("demo", data) as last:  # what was taken out is not brought back by a restart either
        until_healthy(last)
        assert every(last, "/v1/conflicts") == []


def _remove_everything(data: Path, node: Serving) -> None:
    """Cancel or retract all of the demo's operations as their parties: no conflict is left, and none comes back."""
    keys = json.loads((data / "demo.json").read_bytes())["api_keys"]
    assert every(node, "/v1/conflicts") != []
    for party, key in keys.items():
        with node.client(key) as client:
            for item in every(node, "/v1/operations", key):
                if item["party"] == party:
                    base, action = ("hazards", "retract") if item["hazard"] else ("operations", "cancel")
                    path = f"/v1/{base}/{item['operation_id']}/{action}"
                    answer = client.post(path, json={"version": item["version"]})
                    assert answer.status_code == 200, answer.text
    assert every(node, "/v1/conflicts") == []
    time.sleep(EVERY_S + 1)  # the feed has had another round
    assert every(node, "/v1/conflicts") == []
    assert len(every(node, "/v1/operations")) < 20


def test_a_feed_that_died_is_not_passed_over_in_silence() -> None:
    node = SimpleNamespace(hold=None)

    async def die() -> None:
        feed = asyncio.create_task(_fail())
        feed.add_done_callback(lambda ended: say_if_dead(node, ended))  # type: ignore[arg-type]
        await asyncio.wait([feed])
        await asyncio.sleep(0)

    asyncio.run(die())
    assert "ValueError('no such flight')" in node.hold


async def _fail() -> None:
    raise ValueError("no such flight")
