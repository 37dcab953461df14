"""What one party learns of another: that there is a conflict, with whom, its place and time, and nothing else.

Everything that bravo can get at, by every answer, list, stream and dry run, is searched for what only alpha may know.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from skyparley.errors import NotFoundError
from skyparley.node.identity import OBSERVER, Author
from skyparley.node.node import Node
from skyparley.node.reading.views import Message, OperationQuery
from support.conflict_cases import GEOD, NOON_US, SECOND_US, circle_volume, operation
from support.nodes import ALPHA, BERNE, BRAVO, OPERATOR, drone, noon_clock, running

pytestmark = pytest.mark.anyio
THIRD = Author("party", "third", "key-t")
SECRET_ID = "alpha-secret-7"
SECRET_CLASS = "secretclass"
SECRET_RADIUS_M = 123.457
SECRET_BAND = (-11.625, 197.375)
SECRET_BEGIN_S = 37.5
SECRETS = (SECRET_ID, "secret", SECRET_CLASS, "123.457", "11.625", "197.375", "12:00:37.5")


def secret() -> object:
    return operation(
        SECRET_ID,
        circle_volume(BERNE, SECRET_RADIUS_M, band=SECRET_BAND, seconds=(SECRET_BEGIN_S, 900.0)),
        party="alpha",
        operation_class=SECRET_CLASS,
    )


def text_of(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def everything(node: Node, author: Author, stream: AsyncIterator[Message]) -> str:
    """All that an author can read, as text."""
    found = [
        text_of(node.operations(author, OperationQuery())),
        text_of(node.operations(author, OperationQuery(bbox=(7.0, 46.0, 8.0, 47.5)))),
        text_of(node.conflicts(author, None, 100)),
        text_of(node.parties(author)),
        text_of(await node.check(author, drone("probe", author.party))),
    ]
    found += [
        text_of(await node.conflict(author, item.conflict_id)) for item in node.conflicts(author, None, 100).items
    ]
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.1):
                found.append((await anext(stream)).data.decode())
    return "\n".join(found)


async def test_of_another_party_only_the_conflict_is_disclosed(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo", "third") as node:
        streams = {author.party: node.subscribe(author, None) for author in (BRAVO, THIRD)}
        begun = {party: await anext(stream) for party, stream in streams.items()}
        assert {message.event for message in begun.values()} == {"hello"}
        await node.file(ALPHA, secret())
        answer = await node.file(BRAVO, drone("mine", "bravo"))
        (conflict,) = answer.conflicts
        mine = "b" if conflict.b.party == "bravo" else "a"
        theirs = conflict.a if mine == "b" else conflict.b
        assert (theirs.party, theirs.operation_id) == ("alpha", None)
        assert getattr(conflict, mine).operation_id == "mine"
        assert conflict.closest.latitude_deg == pytest.approx(BERNE[0], abs=0.01)
        assert "alpha" in conflict.sentence
        seen = text_of(answer) + await everything(node, BRAVO, streams["bravo"])
        assert conflict.conflict_id in seen
        # only the overlapping part and time are disclosed: bravo's begin is later than alpha's
        assert conflict.first_time == "2027-01-15T12:01:00Z"
        for word in SECRETS:
            assert word not in seen, word
        nothing = await everything(node, THIRD, streams["third"])
        for word in (*SECRETS, conflict.conflict_id, '"mine"'):
            assert word not in nothing, word
        assert json.loads(text_of(node.conflicts(THIRD, None, 100)))["items"] == []
        with pytest.raises(NotFoundError):
            await node.conflict(THIRD, conflict.conflict_id)
        for author in (BRAVO, THIRD):
            for party in (None, "alpha"):
                with pytest.raises(NotFoundError):
                    node.operation(author, party, SECRET_ID)


async def test_each_side_and_the_observer_see_the_part_in_which_both_overlap_and_no_more(tmp_path: Path) -> None:
    east = (BERNE[0], BERNE[1] + 150.0 / 76_000.0)
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        await node.file(ALPHA, secret())
        (conflict,) = (await node.file(BRAVO, drone("mine", "bravo", east_m=150.0))).conflicts
        assert not hasattr(conflict, "overlap")
        details = [await node.conflict(author, conflict.conflict_id) for author in (ALPHA, BRAVO, OBSERVER, OPERATOR)]
        assert all(detail.overlap == details[0].overlap for detail in details)
        assert details[0].overlap_left_out == 0
        (part,) = details[0].overlap
        assert (part.lower_m, part.upper_m, part.altitude_datum) == (0.0, 100.0, "EGM96")
        assert (part.begin, part.end) == ("2027-01-15T12:01:00Z", "2027-01-15T12:11:00Z")
        for vertex in part.polygon["vertices"]:
            place = (vertex["latitude_deg"], vertex["longitude_deg"])
            assert GEOD.inv(BERNE[1], BERNE[0], place[1], place[0])[2] <= SECRET_RADIUS_M + 0.02
            assert GEOD.inv(east[1], east[0], place[1], place[0])[2] <= 100.0 + 0.02
        dry = await node.check(BRAVO, drone("probe", "bravo"))
        assert "polygon" not in text_of(dry)


async def test_the_owner_the_operator_and_the_demo_s_observer_see_it(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        await node.file(ALPHA, secret())
        for author in (ALPHA, OPERATOR, OBSERVER):
            seen = text_of(node.operations(author, OperationQuery()))
            assert all(word in seen for word in (SECRET_ID, SECRET_CLASS, "123.457", "12:00:37.5")), author


async def test_nothing_of_a_vanished_conflict_tells_more(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        await node.file(BRAVO, drone("mine", "bravo"))
        stream = node.subscribe(BRAVO, None)
        await anext(stream)
        await node.file(ALPHA, secret())
        await node.act(ALPHA, "cancel", SECRET_ID, version=1)
        seen = await everything(node, BRAVO, stream)
        assert '"conflict_void"' in seen
        for word in SECRETS:
            assert word not in seen, word


async def test_hazard_areas_are_seen_by_all(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        area = operation("range", circle_volume(BERNE, 500.0), party="alpha", hazard=True)
        await node.declare_hazard(ALPHA, area, hazard_kind="firing", confirmed=True)
        (seen,) = node.operations(BRAVO, OperationQuery()).items
        assert (seen.operation_id, seen.hazard_kind, seen.begin) == ("range", "firing", "2027-01-15T12:00:00Z")
        assert node.operation(BRAVO, "alpha", "range") == seen


async def test_what_the_log_holds_of_an_operation_is_only_cells_bands_and_times(tmp_path: Path) -> None:
    """Every node of a pool holds the log: no outline, no centre, no radius may be in it."""
    async with running(tmp_path, noon_clock(), "alpha") as node:
        await node.file(ALPHA, secret())
        bodies = [entry.body.decode() async for group in _until_head(node) for entry in group]
    (filed,) = [json.loads(body) for body in bodies if "file_operation" in body]
    assert set(filed) == {"kind", "operation_id", "operation_class", "extents", "details_digest"}
    (extent,) = filed["extents"]
    assert set(extent) == {"cells", "lower_mm", "upper_mm", "datum", "begin_us", "end_us"}
    assert all(len(cell) <= 8 for cell in extent["cells"])
    assert extent["begin_us"] == NOON_US + round(SECRET_BEGIN_S * SECOND_US)
    for body in bodies:
        assert "radius" not in body
        assert "latitude" not in body


async def _until_head(node: Node) -> AsyncIterator[object]:
    head = (await node.engine.log.head()).sequence
    async for group in node.engine.log.entries(0):
        yield group
        if group[-1].sequence >= head:
            return


async def test_a_hazard_area_is_named_to_those_who_conflict_with_it(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        area = operation("range", circle_volume(BERNE, 500.0), party="alpha", hazard=True)
        await node.declare_hazard(ALPHA, area, hazard_kind="firing", confirmed=True)
        answer = await node.file(BRAVO, operation("survey", circle_volume(BERNE, 400.0), party="bravo"))
        (conflict,) = answer.conflicts
        assert (conflict.a.operation_id, conflict.b.operation_id) == ("range", "survey")
        assert "alpha/range" in conflict.sentence
        (other_side,) = node.conflicts(ALPHA, None, 10).items
        assert (other_side.a.operation_id, other_side.b.operation_id) == ("range", None)
        assert "survey" not in other_side.sentence


async def test_a_conflict_s_name_proves_no_guess_and_outlives_a_restart(tmp_path: Path) -> None:
    """Who knows one side and tries names of the other cannot tell by the identifier that he has hit."""
    names = []
    for directory, new in (("one", ("alpha", "bravo")), ("one", ()), ("other", ("alpha", "bravo"))):
        async with running(tmp_path / directory, noon_clock(), *new) as node:
            if not node.state.conflicts:
                await node.file(ALPHA, operation("secret", circle_volume(BERNE, 500.0), party="alpha"))
                await node.file(BRAVO, operation("survey", circle_volume(BERNE, 400.0), party="bravo"))
            (conflict,) = node.conflicts(BRAVO, None, 10).items
            assert conflict.conflict_id not in node.state.conflicts
            assert (await node.conflict(BRAVO, conflict.conflict_id)).sentence == conflict.sentence
            with pytest.raises(NotFoundError):
                await node.conflict(BRAVO, next(iter(node.state.conflicts)))
            names.append(conflict.conflict_id)
    assert names[0] == names[1] != names[2]
