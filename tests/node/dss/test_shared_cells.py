"""Operations of parties and intents of USSs that share cells: found in both orders, against a brute force, and over."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from skyparley.airspace.keeping.snapshot import decode_snapshot, encode_snapshot
from skyparley.airspace.operations.commands import Extent
from skyparley.airspace.operations.extents import meet
from skyparley.conflict.operation import Operation, OperationRef
from skyparley.geometry.altitude import AltitudeBand, Datum
from skyparley.geometry.cells import cover_volume
from skyparley.geometry.footprint import Circle
from skyparley.geometry.interval import TimeInterval
from skyparley.geometry.volume import Volume4D
from skyparley.log.memory import MemoryLog
from skyparley.node.custody.vault import Vault
from skyparley.node.dss.desk import IntentRequest
from skyparley.node.dss.scopes import STRATEGIC_COORDINATION, Uss
from skyparley.node.node import Node, open_node
from support.drafts import Clock
from support.nodes import ALPHA, BRAVO, OPERATOR

pytestmark = pytest.mark.anyio
USS = Uss("uss1", frozenset({STRATEGIC_COORDINATION}))
HOUR_US = 3_600_000_000
HERE = (47.0, 8.0)
LOW = AltitudeBand(0.0, 100.0, Datum.WGS84)


@pytest.fixture
async def node(tmp_path: Path, clock: Clock) -> AsyncIterator[Node]:
    log = MemoryLog(pool="test", clock=clock)
    node, _ = await open_node(log, Vault(tmp_path / "vault.sqlite"), None, pool="test", clock=clock)
    await node.start()
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    yield node
    await node.stop()


def drone(
    clock: Clock, name: str, *, at: tuple[float, float] = HERE, radius_m: float = 300.0, after_us: int = 0,
    band: AltitudeBand = LOW, party: str = "alpha",
) -> Operation:  # fmt: skip
    begin_us = clock.now_us + after_us
    volume = Volume4D(Circle(*at, radius_m), band, TimeInterval(begin_us, begin_us + HOUR_US))
    return Operation(OperationRef(party, name), "drone", volumes=(volume,))


def extent(
    clock: Clock, *, at: tuple[float, float] = HERE, radius_m: float = 300.0, lower_m: int = 0, after_us: int = 0
) -> Extent:
    cells, begin_us = cover_volume(Circle(*at, radius_m)), clock.now_us + after_us
    return Extent(cells, lower_m * 1_000, lower_m * 1_000 + 100_000, "WGS84", begin_us, begin_us + HOUR_US)


async def put(node: Node, intent_id: str, *extents: Extent, replaces: str = "") -> str:
    known = frozenset(one.ovn for one in node.state.dss.intents.values())
    request = IntentRequest(intent_id, replaces, extents, known, "Accepted", "https://uss1.example")
    answer = await node.dss.put_intent(USS, request)
    return str(answer.operational_intent_reference.ovn)


def told(node: Node, author: object = ALPHA) -> list[tuple[str, str]]:
    page = node.reader.shared_cells(author, None, 100)  # type: ignore[arg-type]
    assert all(not one.certain and one.basis == "cells_only" for one in page.items)
    return [(one.operation_id, one.intent_id) for one in page.items]


A, B = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


@pytest.mark.parametrize("intent_first", [True, False])
async def test_the_later_of_the_two_finds_it_and_the_party_is_told_whom_to_ask(
    node: Node, clock: Clock, intent_first: bool
) -> None:
    if intent_first:
        await put(node, A, extent(clock))
        await node.file(ALPHA, drone(clock, "survey"))
    else:
        await node.file(ALPHA, drone(clock, "survey"))
        await put(node, A, extent(clock))
    assert told(node) == told(node, OPERATOR) == [("survey", A)]
    assert told(node, BRAVO) == []
    (one,) = node.reader.shared_cells(ALPHA, None, 10).items
    assert (one.manager, one.uss_base_url, one.state) == ("uss1", "https://uss1.example", "Accepted")
    assert "by cells only" in one.sentence
    assert node.conflicts(ALPHA, None, 10).items == []


async def test_what_lies_apart_in_cells_altitude_or_time_shares_nothing(node: Node, clock: Clock) -> None:
    await put(node, A, extent(clock))
    for name, apart in (
        ("elsewhere", drone(clock, "elsewhere", at=(47.2, 8.0))),
        ("above", drone(clock, "above", band=AltitudeBand(101.0, 200.0, Datum.WGS84))),
        ("later", drone(clock, "later", after_us=HOUR_US)),
    ):
        await node.file(ALPHA, apart)
        assert told(node) == [], name
    await node.file(ALPHA, drone(clock, "level", band=AltitudeBand(3_000.0, 3_100.0, Datum.PRESSURE)))
    assert told(node) == [("level", A)]  # bands of two datums are taken to touch


async def test_it_is_over_when_either_side_changes_or_leaves(node: Node, clock: Clock) -> None:
    ovn = await put(node, A, extent(clock))
    await node.file(ALPHA, drone(clock, "survey"))
    moved = await put(node, A, extent(clock, at=(47.2, 8.0)), replaces=ovn)
    assert told(node) == []
    back = await put(node, A, extent(clock), replaces=moved)
    assert told(node) == [("survey", A)]
    await node.amend(ALPHA, drone(clock, "survey", at=(47.2, 8.0)), version=1)
    assert told(node) == []
    await node.amend(ALPHA, drone(clock, "survey"), version=2)
    assert told(node) == [("survey", A)]
    await node.act(ALPHA, "activate", "survey", version=3)
    assert told(node) == [("survey", A)]
    await node.dss.delete_intent(USS, A, back)
    assert told(node) == []
    await put(node, B, extent(clock))
    assert told(node) == [("survey", B)]
    await node.act(ALPHA, "end", "survey", version=4)
    assert told(node) == []
    assert (node.state.shared._of_operation, node.state.shared._of_intent) == ({}, {})


async def test_time_ends_it(node: Node, clock: Clock) -> None:
    await put(node, A, extent(clock))
    await node.file(ALPHA, drone(clock, "survey", after_us=HOUR_US // 2))
    assert told(node) == [("survey", A)]
    clock.now_us += HOUR_US
    await put(node, B, extent(clock, at=(47.2, 8.0)))  # any entry: time passes with it
    assert told(node) == []


async def test_a_page_goes_on_where_the_last_one_ended(node: Node, clock: Clock) -> None:
    names = sorted(str(uuid.UUID(int=number, version=4)) for number in range(7))
    for number, name in enumerate(names):
        await put(node, name, extent(clock, lower_m=number))
    await node.file(ALPHA, drone(clock, "survey"))
    seen, after = [], None
    while True:
        page = node.reader.shared_cells(ALPHA, after, 3)
        seen += [one.intent_id for one in page.items]
        after = page.next
        if after is None:
            break
    assert seen == names


async def test_the_stream_of_the_party_tells_of_it(node: Node, clock: Clock) -> None:
    await node.file(ALPHA, drone(clock, "survey"))
    stream, other = node.subscribe(ALPHA, None), node.subscribe(BRAVO, None)
    assert (await anext(stream)).event == (await anext(other)).event == "hello"
    await put(node, A, extent(clock))
    async with asyncio.timeout(5):
        message = await anext(stream)
    assert b'"type":"shared_cells"' in message.data
    assert A.encode() in message.data
    await node.file(BRAVO, drone(clock, "far", at=(48.0, 8.0), party="bravo"))
    async with asyncio.timeout(5):
        assert b"shared_cells" not in (await anext(other)).data
    await stream.aclose()  # type: ignore[attr-defined]
    await other.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_found_is_what_a_comparison_of_all_with_all_finds(node: Node, clock: Clock, seed: int) -> None:
    """Small and very large ones, over poles and the antimeridian too; a snapshot holds the same."""
    dice = Random(seed)
    middles = [(47.0, 8.0), (47.02, 8.03), (89.99, 10.0), (-89.99, 100.0), (0.0, 180.0), (0.01, -179.99)]
    ovns: dict[str, str] = {}
    for number in range(40):
        at, radius_m = dice.choice(middles), dice.choice((50.0, 900.0, 20_000.0, 300_000.0))
        if dice.random() < 0.5:
            await node.file(ALPHA, drone(clock, f"op{number}", at=at, radius_m=radius_m))
        else:
            name = dice.choice([*ovns, str(uuid.UUID(int=dice.getrandbits(128), version=4))])
            small = extent(clock, at=at, radius_m=min(radius_m, 20_000.0), lower_m=dice.choice((0, 90, 150)))
            ovns[name] = await put(node, name, small, replaces=ovns.get(name, ""))
    state = node.state
    expected = {
        (*key, name)
        for key, live in state.operations.items()
        for name, intent in state.dss.intents.items()
        if meet(live.extents(), intent.extents())
    }
    assert set(state.shared.found) == expected
    assert len(expected) > 5
    assert state.state_hash() == state.recomputed_state_hash()
    again = decode_snapshot(encode_snapshot(state))
    assert again.shared.found == state.shared.found
    assert again.shared._near == state.shared._near
