"""The event hub: a slow stream is cut and resumes without a gap; one that fell too far behind is told to reload."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from skyparley.errors import OverloadedError
from skyparley.node import events, recovery
from skyparley.node.events import EventHub
from skyparley.node.identity import OBSERVER, Author
from skyparley.node.node import Node
from skyparley.node.reading.views import Message
from support.nodes import ALPHA, BRAVO, OPERATOR, crash, drone, noon_clock, running, start, stop

pytestmark = pytest.mark.anyio


def render(author: Author, change: str, sequence: int) -> bytes | None:
    """Changes are `party:word`; a party sees its own."""
    party, word = change.split(":")
    return json.dumps({"word": word}).encode() if author.sees_all or author.party == party else None


def hub() -> EventHub[str]:
    made: EventHub[str] = EventHub(render)
    made.start_after(0, 0)
    return made


async def take(messages: AsyncIterator[Message], count: int) -> list[Message]:
    return [await anext(messages) for _ in range(count)]


def ids(messages: list[Message]) -> list[int]:
    return [message.id for message in messages if message.id is not None]


async def test_a_slow_stream_is_cut_and_resumes_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads a little after it was cut: not even then may it see what came after the first message it missed."""
    monkeypatch.setattr(events, "MAX_WAITING_MESSAGES", 10)
    made = hub()
    stream = made.subscribe(ALPHA, None)
    assert (await anext(stream)).event == "hello"
    for sequence in range(1, 13):  # two too many
        made.publish(sequence, sequence, ("alpha:x",))
    seen = ids(await take(stream, 4))
    for sequence in range(13, 16):  # there would be room for these
        made.publish(sequence, sequence, ("alpha:x",))
    seen += ids([message async for message in stream])
    assert seen == list(range(1, 11)), "nothing after the first that was dropped"
    assert made.open_streams == 0
    resumed = made.subscribe(ALPHA, seen[-1])
    assert (await anext(resumed)).event == "hello"
    assert ids(await take(resumed, 5)) == list(range(11, 16))
    await resumed.aclose()


async def test_streams_of_any_speed_see_everything_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_WAITING_MESSAGES", 7)
    made = hub()
    cuts = 0

    async def follow(pause_s: float) -> list[int]:
        nonlocal cuts
        seen: list[int] = []
        while not seen or seen[-1] < 400:
            async for message in made.subscribe(ALPHA, seen[-1] if seen else None):
                if message.id is not None:
                    seen.append(message.id)
                    await asyncio.sleep(pause_s)
                if seen and seen[-1] == 400:
                    break
            else:
                cuts += 1
        return seen

    followers = [asyncio.create_task(follow(pause_s)) for pause_s in (0.0, 0.0005, 0.002)]
    await asyncio.sleep(0)
    for sequence in range(1, 401):
        made.publish(sequence, sequence, ("alpha:x",))
        if sequence % 3 == 0:
            await asyncio.sleep(0.001)
    for seen in await asyncio.gather(*followers):
        assert seen == list(range(1, 401))
    assert cuts >= 1  # while it catches up, a slow one is not cut: it takes from the ring at its own pace


async def test_a_stream_that_fell_behind_the_ring_is_told_to_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RING_ENTRIES", 5)
    made = hub()
    for sequence in range(1, 11):
        made.publish(sequence, sequence, ("alpha:x",))
    for after, expected in ((5, [6, 7, 8, 9, 10]), (9, [10]), (10, [])):
        stream = made.subscribe(ALPHA, after)
        assert ids(await take(stream, 1 + len(expected))) == expected
        await stream.aclose()
    for after in (0, 4, 11):
        stream = made.subscribe(ALPHA, after)
        assert [message.event for message in await take(stream, 2)] == ["hello", "reset"]
        await stream.aclose()


async def test_everyone_gets_only_what_concerns_them() -> None:
    made = hub()
    streams = {name: made.subscribe(author, None) for name, author in (("a", ALPHA), ("b", BRAVO), ("all", OBSERVER))}
    for stream in streams.values():
        await anext(stream)
    made.publish(1, 1, ("alpha:one",))
    made.publish(2, 2, ("bravo:two", "alpha:three"))
    made.publish(3, 3, ())
    made.publish(4, 4, ("bravo:four",))
    expected = {"a": [1, 2], "b": [2, 4], "all": [1, 2, 4]}
    for name, stream in streams.items():
        found = await take(stream, len(expected[name]))
        assert ids(found) == expected[name]
        await stream.aclose()
        if name == "a":
            assert [change["word"] for change in json.loads(found[1].data)["changes"]] == ["three"]
    stream = made.subscribe(ALPHA, 0)
    assert ids(await take(stream, 3)) == [1, 2]
    await stream.aclose()


async def test_one_who_missed_much_holds_up_nobody() -> None:
    """What was missed is rendered a few entries at a time; what comes meanwhile follows without a gap."""
    rendered = 0

    def counting(author: Author, change: str, sequence: int) -> bytes | None:
        nonlocal rendered
        rendered += 1
        return render(author, change, sequence)

    made: EventHub[str] = EventHub(counting)
    made.start_after(0, 0)
    for sequence in range(1, 1_001):
        made.publish(sequence, sequence, ("alpha:x",))
    seen: list[int] = []

    async def follow() -> None:
        async for message in made.subscribe(ALPHA, 0):
            seen.extend(ids([message]))

    following = asyncio.create_task(follow())
    steps = 0
    while rendered < 1_000:
        before = rendered
        await asyncio.sleep(0)
        assert rendered - before <= events.RENDERED_AT_ONCE
        steps += 1
    assert steps >= 1_000 // events.RENDERED_AT_ONCE
    assert made.open_streams == 1
    made.publish(1_001, 1_001, ("alpha:x",))
    while len(seen) < 1_001:  # noqa: ASYNC110 - the stream is followed by another task
        await asyncio.sleep(0)
    made.close()
    await following
    assert seen == list(range(1, 1_002))


async def test_one_who_is_overtaken_while_it_resumes_is_told_to_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RING_ENTRIES", 10)
    made = hub()
    for sequence in range(1, 11):
        made.publish(sequence, sequence, ("alpha:x",))
    stream = made.subscribe(ALPHA, 0)
    assert ids(await take(stream, 3)) == [1, 2]
    for sequence in range(11, 40):
        made.publish(sequence, sequence, ("alpha:x",))
    assert [message.id or message.event for message in await take(stream, 9)] == [*range(3, 11), "reset"]
    made.publish(40, 40, ("alpha:x",))
    assert (await anext(stream)).id == 40
    await stream.aclose()


async def test_streams_are_bounded_and_end_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_STREAMS", 2)
    made = hub()
    streams = [made.subscribe(ALPHA, None) for _ in range(2)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(OverloadedError):
        await anext(made.subscribe(ALPHA, None))
    waiting = [asyncio.create_task(anext(stream, None)) for stream in streams]
    await asyncio.sleep(0)
    made.close()
    assert await asyncio.gather(*waiting) == [None, None]
    assert made.open_streams == 0


async def told(node: Node, author: Author, after: int) -> list[tuple[int | None, bytes]]:
    """What a stream is told of what is past, after an id."""
    messages = node.subscribe(author, after)
    assert (await anext(messages)).event == "hello"
    found = []
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.1):
                message = await anext(messages)
            found.append((message.id, message.data))
    return found


@pytest.mark.parametrize("end", [stop, crash])
async def test_a_stream_goes_on_after_a_restart_as_if_there_had_been_none(
    tmp_path: Path, end: Callable[[Node], Awaitable[None]]
) -> None:
    clock = noon_clock()
    node = await start(tmp_path, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await node.file(ALPHA, drone("one"))
    assert (await node.file(BRAVO, drone("two", "bravo"))).conflicts
    await node.act(ALPHA, "cancel", "one", version=1)
    await node.file(ALPHA, drone("three"))
    assert node.state.conflicts
    live = {author: await told(node, author, 0) for author in (ALPHA, BRAVO, OPERATOR)}
    await end(node)
    async with running(tmp_path, clock) as node:
        for author, before in live.items():
            assert len(before) >= 5
            assert await told(node, author, 0) == before
            assert await told(node, author, before[1][0] or 0) == before[2:]
        up_to_date = node.subscribe(ALPHA, node.state.sequence)
        await anext(up_to_date)
        answer = await node.file(ALPHA, drone("four"))
        message = await anext(up_to_date)
        assert (message.event, message.id) == ("change", answer.sequence)
        await up_to_date.aclose()


async def test_only_what_lies_before_the_snapshot_in_use_must_be_reloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last two snapshots are kept: the older one is begun from where the newest leaves too little to tell."""
    clock = noon_clock()
    monkeypatch.setattr(recovery, "RESUMED_ENTRIES", 3)
    ends = []
    for life in range(3):
        async with running(tmp_path, clock, *(["alpha"] if life == 0 else [])) as node:
            for i in range(4):
                await node.file(ALPHA, drone(f"{life}-{i}"))
        ends.append(node.state.sequence)
    async with running(tmp_path, clock) as node:
        assert ends[-1] == node.state.sequence
        stream = node.subscribe(ALPHA, ends[1] - 1)
        assert [message.event for message in await take(stream, 2)] == ["hello", "reset"]
        await stream.aclose()
        ids_told = [sequence for sequence, _ in await told(node, ALPHA, ends[1])]
        assert len(ids_told) >= 4
        assert ids_told[-1] <= ends[2]


async def test_a_first_snapshot_at_a_clean_stop_leaves_nothing_untold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is newer than RESUMED_ENTRIES and there is none before it: the log is applied from its first entry."""
    clock = noon_clock()
    monkeypatch.setattr(recovery, "RESUMED_ENTRIES", 3)
    async with running(tmp_path, clock, "alpha") as node:
        for i in range(6):
            await node.file(ALPHA, drone(f"op-{i}"))
        live = await told(node, ALPHA, 0)
        assert node.state.sequence > 6
    async with running(tmp_path, clock) as node:
        assert len(live) >= 7
        assert await told(node, ALPHA, 0) == live


async def test_a_first_snapshot_of_many_entries_is_begun_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = noon_clock()
    monkeypatch.setattr(recovery, "RESUMED_ENTRIES", 3)
    monkeypatch.setattr(recovery, "RETOLD_ENTRIES", 5)
    async with running(tmp_path, clock, "alpha") as node:
        for i in range(6):
            await node.file(ALPHA, drone(f"op-{i}"))
    async with running(tmp_path, clock) as node:
        stream = node.subscribe(ALPHA, 1)
        assert [message.event for message in await take(stream, 2)] == ["hello", "reset"]
        await stream.aclose()


async def test_a_log_that_was_trimmed_is_told_from_where_it_begins(tmp_path: Path) -> None:
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha") as node:
        first = (await node.file(ALPHA, drone("one"))).sequence
        last = node.state.sequence
    node = await start(tmp_path, clock)
    await node.engine.log.trim(first)
    await stop(node)
    async with running(tmp_path, clock) as node:
        stream = node.subscribe(ALPHA, first - 1)
        assert [message.event for message in await take(stream, 2)] == ["hello", "reset"]
        await stream.aclose()
        assert node.state.sequence == last
