"""The port `Log` as a contract: one suite for every adapter, in memory and in SQLite."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from skyparley.errors import NotFoundError, StorageError
from skyparley.log.memory import MemoryLog
from skyparley.log.port import Entry, Heading, Log
from skyparley.log.sqlite import SqliteLog
from skyparley.record.envelope import first_chain
from support.drafts import POOL, START_US, Clock, assert_chained, draft
from support.serving import until

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
async def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Log]:
    made: Log
    if request.param == "memory":
        made = MemoryLog(pool=POOL, clock=clock)
    else:
        made = await SqliteLog.open(tmp_path / "log.sqlite", pool=POOL, clock=clock)
    yield made
    await made.close()


async def read(log: Log, after: int = 0, *, through: int) -> list[Entry]:
    """Entries in `(after, through]`."""
    found: list[Entry] = []
    async with asyncio.timeout(20):
        while not found or found[-1].sequence < through:
            async for group in log.entries(found[-1].sequence if found else after):
                found.extend(group)
                if found[-1].sequence >= through:
                    break
    return found


async def follow(
    log: Log, after: int, found: list[Entry], *, pause: Callable[[], Awaitable[None]] | None = None
) -> None:
    async for group in log.entries(after):
        assert group, "a group is never empty"
        found.extend(group)
        if pause is not None:
            await pause()


async def test_an_empty_log(log: Log) -> None:
    head = await log.head()
    assert (head.sequence, head.time_us, head.chain) == (0, 0, first_chain(POOL))


async def test_entries_keep_the_order_of_their_drafts_and_all_that_is_in_them(log: Log) -> None:
    drafts = [draft(number, signature=b"s" * (number % 3)) for number in range(1, 8)]
    answers = [*await log.append(drafts[:4]), *await log.append(drafts[4:])]
    assert_chained(list(answers))
    for given, entry in zip(drafts, answers, strict=True):
        assert (entry.header, entry.salt, entry.body, entry.signature) == (
            given.header,
            given.salt,
            given.body,
            given.signature,
        )
    assert await read(log, through=7) == answers
    head = await log.head()
    assert (head.sequence, head.time_us, head.chain) == (7, answers[-1].time_us, answers[-1].chain)


async def test_time_is_the_clock_or_a_microsecond_after_the_last_entry(log: Log, clock: Clock) -> None:
    times = [entry.time_us for entry in await log.append([draft(1), draft(2)])]
    assert times == [START_US, START_US + 1]
    clock.now_us = START_US - 5_000_000  # the machine's clock is set back
    assert (await log.append([draft(3)]))[0].time_us == START_US + 2
    clock.now_us = START_US + 5_000_000
    assert [entry.time_us for entry in await log.append([draft(4), draft(5)])] == [
        START_US + 5_000_000,
        START_US + 5_000_001,
    ]


async def test_an_append_is_idempotent_by_its_header(log: Log) -> None:
    (first,) = await log.append([draft(1)])
    again = await log.append([draft(2), draft(1), draft(2)])
    assert [entry.sequence for entry in again] == [2, 1, 2]
    assert again[1] == first
    assert list(await log.append([draft(1)])) == [first]
    assert (await log.head()).sequence == 2
    assert [entry.sequence for entry in await read(log, through=2)] == [1, 2]


async def test_one_entry_is_found_by_its_sequence(log: Log) -> None:
    entries = await log.append([draft(number) for number in range(600)])
    for sequence in (1, 2, 511, 512, 513, 600):
        assert await log.entry(sequence) == entries[sequence - 1]
    for sequence in (-1, 0, 601, 10**9):
        with pytest.raises(NotFoundError):
            await log.entry(sequence)
    await log.trim(300)
    with pytest.raises(NotFoundError):
        await log.entry(299)
    assert await log.entry(300) == entries[299]
    assert await asyncio.gather(*(log.entry(sequence) for sequence in range(300, 400))) == list(entries[299:399])


async def test_headings_are_those_of_the_stretch_that_is_held(log: Log) -> None:
    assert list(await log.headings(1, 10)) == []
    entries = list(await log.append([draft(number, signature=b"s" * (number % 2) * 64) for number in range(20)]))
    of = [Heading(entry.sequence, entry.time_us, entry.header) for entry in entries]
    for begin, end in ((1, 21), (1, 2), (5, 9), (20, 21), (20, 10**15), (0, 3), (-5, 3)):
        assert list(await log.headings(begin, end)) == of[max(begin, 1) - 1 : max(end - 1, 0)], (begin, end)
    for begin, end in ((5, 5), (9, 5), (21, 30), (10**15, 10**15 + 5), (-5, 1)):
        assert list(await log.headings(begin, end)) == []
    await log.trim(8)
    assert list(await log.headings(1, 21)) == of[7:]
    assert list(await log.headings(1, 10)) == of[7:9]
    assert list(await log.headings(1, 7)) == []


async def test_an_append_of_nothing(log: Log) -> None:
    assert list(await log.append([])) == []
    assert (await log.head()).sequence == 0
    (entry,) = await log.append([draft(1)])
    assert entry.sequence == 1


async def test_many_appends_in_flight_each_get_their_own_entries_in_one_order(log: Log) -> None:
    numbers = itertools.count(1)
    appends = [[draft(next(numbers)) for _ in range(size)] for size in [1, 3, 2, 1, 5] * 60]
    seen: list[Entry] = []
    follower = asyncio.create_task(follow(log, 0, seen))
    answers = await asyncio.gather(*(log.append(drafts) for drafts in appends))
    for drafts, entries in zip(appends, answers, strict=True):
        assert [entry.header for entry in entries] == [given.header for given in drafts]
        assert [entry.sequence for entry in entries] == list(
            range(entries[0].sequence, entries[0].sequence + len(entries))
        ), "a group stays together"
    total = sum(map(len, appends))
    everything = sorted((entry for entries in answers for entry in entries), key=lambda entry: entry.sequence)
    assert len(everything) == total
    assert_chained(everything)
    assert await read(log, through=total) == everything
    await log.close()
    await follower
    assert seen == everything


async def test_an_append_returns_only_what_a_reader_finds(log: Log) -> None:
    for number in range(1, 30):
        (entry,) = await log.append([draft(number)])
        assert (await log.head()).sequence == entry.sequence
        assert (await read(log, number - 1, through=number)) == [entry]


async def test_followers_follow_the_end_join_late_and_lag(log: Log) -> None:
    dice = Random(4711)
    begun: list[Entry] = []
    late: list[Entry] = []
    slow: list[Entry] = []

    async def dawdle() -> None:
        await asyncio.sleep(dice.random() * 0.004)

    tasks = [asyncio.create_task(follow(log, 0, begun)), asyncio.create_task(follow(log, 0, slow, pause=dawdle))]
    number = 0
    for round_ in range(60):
        size = dice.randrange(1, 40)
        await log.append([draft(number + i) for i in range(1, size + 1)])
        number += size
        if round_ == 30:
            tasks.append(asyncio.create_task(follow(log, number - 7, late)))
            joined = number - 7
        if dice.random() < 0.3:
            await asyncio.sleep(0.001)
    await log.close()
    await asyncio.gather(*tasks)
    assert_chained(begun)
    assert len(begun) == number
    assert slow == begun
    assert late == begun[joined:]


async def test_a_follower_that_waits_is_woken(log: Log) -> None:
    seen: list[Entry] = []
    follower = asyncio.create_task(follow(log, 0, seen))
    await asyncio.sleep(0.02)
    for number in range(1, 4):
        await log.append([draft(number)])
        await until(lambda number=number: len(seen) == number)
    assert not follower.done()
    await log.close()
    await follower


async def test_what_is_trimmed_is_gone_and_what_stays_is_as_it_was(log: Log) -> None:
    entries = list(await log.append([draft(number) for number in range(1, 21)]))
    await log.trim(8)
    assert await read(log, 7, through=20) == entries[7:]
    for after in (0, 6):
        with pytest.raises(NotFoundError):
            await read(log, after, through=20)
    await log.trim(3)  # behind what is trimmed already: nothing happens
    (added,) = await log.append([draft(21)])
    assert_chained([*await read(log, 7, through=21)], 7, entries[6].chain)
    await log.trim(1_000)  # the last entry stays
    assert await read(log, 20, through=21) == [added]
    (last,) = await log.append([draft(22)])
    assert (last.sequence, last.time_us) == (22, added.time_us + 1)
    assert_chained([last], 21, added.chain)


async def test_a_follower_behind_what_is_trimmed_is_told(log: Log) -> None:
    await log.append([draft(number) for number in range(1, 1_500)])
    seen: list[Entry] = []
    trimmed = asyncio.Event()

    async def trim_after_the_first_group() -> None:
        if not trimmed.is_set():
            trimmed.set()
            await log.trim(1_400)

    with pytest.raises(NotFoundError):
        await follow(log, 0, seen, pause=trim_after_the_first_group)
    assert seen
    assert seen[-1].sequence < 1_399


async def test_a_closed_log_takes_nothing_and_keeps_what_it_took(log: Log) -> None:
    pending = [asyncio.create_task(log.append([draft(number)])) for number in range(1, 200)]
    await asyncio.sleep(0)
    await log.close()
    await log.close()
    answers = await asyncio.gather(*pending, return_exceptions=True)
    kept = [answer[0] for answer in answers if not isinstance(answer, BaseException)]
    assert all(isinstance(answer, StorageError) for answer in answers if isinstance(answer, BaseException))
    assert (await log.head()).sequence == len(kept)
    assert_chained(sorted(kept, key=lambda entry: entry.sequence))
    with pytest.raises(StorageError):
        await log.append([draft(1_000)])
    seen: list[Entry] = []
    async with asyncio.timeout(5):
        await follow(log, 0, seen)  # what is stored can be read to its end, which does not wait
    assert len(seen) == len(kept)


async def test_the_adapters_agree_byte_for_byte(tmp_path: Path) -> None:
    """The log in memory is the model: the same drafts at the same times give the same entries everywhere."""
    clock = Clock()
    memory: Log = MemoryLog(pool=POOL, clock=clock)
    sqlite: Log = await SqliteLog.open(tmp_path / "log.sqlite", pool=POOL, clock=clock)
    dice = Random(1)
    for _ in range(120):
        drafts = [draft(dice.randrange(1, 150)) for _ in range(dice.randrange(0, 5))]
        clock.now_us += dice.choice((-1_000, 0, 1, 1_000_000))
        assert list(await memory.append(drafts)) == list(await sqlite.append(drafts))
        assert await memory.head() == await sqlite.head()
    await asyncio.gather(memory.close(), sqlite.close())
