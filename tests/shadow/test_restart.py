"""A restart goes on with what was learned, and takes for sure only what is seen again."""

from pathlib import Path

import apsw
import pytest

from skyparley.errors import InvalidInputError, StorageError
from skyparley.shadow.store import FILE, Store
from support.dss_http import CONSTRAINTS, INTENTS, SUBSCRIPTIONS, Uss, reference_of, somewhere, told, volume
from support.shadow import certain, held, lines_of, node_here, shadowed, upstream_node

pytestmark = pytest.mark.anyio


async def test_a_restart_goes_on_with_what_was_learned(tmp_path: Path) -> None:
    place = somewhere()
    async with upstream_node(tmp_path) as (url, _, there), node_here(tmp_path) as node:
        async with shadowed(tmp_path, url, node=node) as shadow:
            one, other = shadow.uss("one"), shadow.uss("other")
            mine = await one.reference(volume(place), new_subscription=one.implicit())
            theirs = await other.reference(volume(place), key=[mine["ovn"]])
            listens = await other.subscribe(volume(place, None, None))
            fence = reference_of(await one.constrain(volume(place)))
        past = Uss(url, "other")
        await past.change(theirs, volume(place, seconds=(600.0, 1_300.0)), key=[mine["ovn"]])
        await past.client.aclose()
        async with shadowed(tmp_path, url, node=node) as shadow:
            one, other = shadow.uss("one"), shadow.uss("other")
            told(await other.get(INTENTS, mine["id"]), 200)
            told(await other.query(INTENTS, volume(place)), 200)
            lines = await shadow.settled()
            assert {line["unknown_here"] for line in lines} == {True}  # it was written while nobody watched
            shown = reference_of(told(await other.get(INTENTS, theirs["id"]), 200))
            mine = reference_of(
                await one.change(mine, volume(place), key=[shown["ovn"]], new_subscription=one.implicit())
            )
            await other.change(shown, volume(place), key=[mine["ovn"]])
            body = other.subscription_body(volume(place, None, None))
            told(await other.put(SUBSCRIPTIONS, listens["id"], body, listens["version"]), 200)
            told(await one.put(CONSTRAINTS, fence["id"], one.constraint_body(volume(place)), fence["ovn"]), 200)
            begun = len(await shadow.settled())
            for uss in (one, other):
                told(await uss.query(INTENTS, volume(place)), 200)
                told(await uss.get(INTENTS, mine["id"]), 200)
            await one.remove(mine)
            assert (await shadow.settled())[begun:] == []
            assert certain(lines_of(shadow.report.path)) == []
            assert held(there) == held(shadow.node)


def forget(directory: Path) -> None:
    for left in directory.glob(f"{FILE}*"):
        left.unlink()


async def test_a_restart_that_lost_its_memory_learns_again(tmp_path: Path) -> None:
    """As after a kill before anything was written: what both sides show is known again, the rest when it is written."""
    place = somewhere()
    async with upstream_node(tmp_path) as (url, _, there), node_here(tmp_path) as node:
        async with shadowed(tmp_path, url, node=node) as shadow:
            one = shadow.uss("one")
            mine = await one.reference(volume(place), new_subscription=one.implicit())
            other = await shadow.uss("other").reference(volume(place), key=[mine["ovn"]])
        forget(tmp_path)
        async with shadowed(tmp_path, url, node=node) as shadow:
            one = shadow.uss("one")
            for uss in (one, shadow.uss("other")):  # each sees its own OVN only
                told(await uss.query(INTENTS, volume(place)), 200)
            changed = reference_of(
                await one.change(mine, volume(place), key=[other["ovn"]], new_subscription=one.implicit())
            )
            lines = await shadow.settled()
            assert certain(lines) == []
            told(await one.get(INTENTS, mine["id"]), 200)
            await one.remove(changed)
            assert (await shadow.settled())[len(lines) :] == []
            assert held(there) == held(shadow.node)


def test_a_directory_is_the_shadow_of_one_upstream(tmp_path: Path) -> None:
    Store(tmp_path, "http://one.example").close()
    Store(tmp_path, "http://one.example").close()
    with pytest.raises(InvalidInputError, match="another directory"):
        Store(tmp_path, "http://other.example")


@pytest.mark.parametrize("data", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 200])
def test_a_damaged_memory_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(StorageError, match="--data"):
        Store(tmp_path, "http://one.example")


def test_a_later_format_is_told(tmp_path: Path) -> None:
    Store(tmp_path, "u").close()
    connection = apsw.Connection(str(tmp_path / FILE))
    connection.pragma("user_version", 9)
    connection.close()
    with pytest.raises(StorageError, match="format 9"):
        Store(tmp_path, "u")
