"""The record of a node: its tree is that of the log, its receipts are verified by who has only the key."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from skyparley.errors import ForbiddenError, NotFoundError, ProofError, StorageError
from skyparley.log.sqlite import SqliteLog
from skyparley.node.identity import Author
from skyparley.node.record import recorder
from skyparley.node.record.recorder import Recorder, compare
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.notes import check_name, origin_of, parse_checkpoint, parse_key, parse_note, verified
from skyparley.record.receipts import verify_receipt
from skyparley.record.trust import Trusted
from support.drafts import POOL, Clock, draft
from support.recorded import Kept

pytestmark = pytest.mark.anyio


OPERATOR = Author("operator")
ALPHA, BRAVO = Author("party", "alpha"), Author("party", "bravo")


@pytest.fixture
async def kept(tmp_path: Path, clock: Clock) -> AsyncIterator[Kept]:
    made = Kept(tmp_path, clock)
    await made.open()
    yield made
    await made.close()


async def test_the_signed_tree_is_that_of_the_log(kept: Kept) -> None:
    assert kept.recorder.checkpoint == b""
    for count in (1, 2, 255, 300, 41):
        await kept.append(count)
        await kept.seal()
        note = parse_note(kept.recorder.checkpoint)
        checkpoint = parse_checkpoint(note.text)
        assert verified(note, [parse_key(kept.recorder.key)])
        assert (checkpoint.origin, checkpoint.size) == (POOL, (await kept.log.head()).sequence)
        assert checkpoint.root == await kept.root()


async def test_a_receipt_of_every_entry_is_verified_by_the_key_alone(kept: Kept) -> None:
    await kept.append(300)
    await kept.seal()
    key = parse_key(kept.recorder.key)
    for sequence in (1, 2, 255, 256, 257, 299, 300):
        data = await kept.recorder.receipt(sequence, OPERATOR)
        proven = verify_receipt(data, Trusted((key,)))
        assert (proven.sequence, proven.checkpoint.size, proven.signed_by) == (sequence, 300, str(key))
        assert proven.body is not None
    await kept.append(1)
    await kept.seal()
    assert verify_receipt(data, Trusted((key,))) == proven  # an older one stays what it was


async def test_a_receipt_waits_until_its_entry_is_signed(kept: Kept) -> None:
    await kept.append(1)
    asked = asyncio.create_task(kept.recorder.receipt(1, OPERATOR))
    await asyncio.sleep(0.05)
    assert not asked.done()
    await kept.seal()
    assert verify_receipt(await asked, Trusted((parse_key(kept.recorder.key),))).sequence == 1
    for sequence in (0, -1, 2):
        with pytest.raises(NotFoundError):
            await kept.recorder.receipt(sequence, OPERATOR)


async def test_after_a_restart_it_goes_on_with_the_same_key(kept: Kept) -> None:
    await kept.append(400)
    await kept.seal()
    key = kept.recorder.key
    await kept.append(200)  # not signed before the end, but at it
    await kept.close()
    await kept.open()
    assert kept.recorder.key == key
    assert kept.recorder.size == 600
    await kept.append(50)
    await kept.seal()
    assert parse_checkpoint(parse_note(kept.recorder.checkpoint).text).root == await kept.root()


async def test_what_is_cancelled_while_it_is_written_is_known_to_be_written(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that stops cancels what waits for the disk; the disk goes on."""
    begun, add = threading.Event(), kept.recorder._store.add

    def slowly(*what: Any) -> None:
        begun.set()
        time.sleep(0.05)
        add(*what)

    await kept.append(300)
    await kept.seal()
    monkeypatch.setattr(kept.recorder._store, "add", slowly)
    await kept.append(40)
    sealing = asyncio.create_task(kept.seal())
    await asyncio.to_thread(begun.wait, 10.0)
    sealing.cancel()
    await kept.append(7)
    await kept.close()
    await kept.open()
    assert kept.recorder.size == 347
    assert parse_checkpoint(parse_note(kept.recorder.checkpoint).text).root == await kept.root()
    assert await compare(kept.log, RecordStore(kept.directory / RECORD_FILE)) is None


async def test_a_tree_that_is_not_the_log_s_is_told(kept: Kept, tmp_path: Path, clock: Clock) -> None:
    """Also where only an entry before the last differs, which the start does not look at."""
    await kept.append(20)
    await kept.seal()
    store = RecordStore(tmp_path / RECORD_FILE)
    assert await compare(kept.log, store) is None
    other = Kept(tmp_path / "other", clock)
    other.directory.mkdir()
    other.log = await SqliteLog.open(other.directory / "log.sqlite", pool=POOL, clock=clock)
    await other.append(20, other=1_000)
    assert "is not that of the log" in str(await compare(other.log, store))
    await other.log.close()
    store.close()


async def test_a_record_that_is_behind_is_made_up_for_from_the_log(kept: Kept, tmp_path: Path) -> None:
    await kept.append(300)
    await kept.close()
    (tmp_path / RECORD_FILE).unlink()
    await kept.open()
    assert kept.recorder.size == 0
    await kept.seal()
    assert parse_checkpoint(parse_note(kept.recorder.checkpoint).text).root == await kept.root()


async def test_a_log_that_is_not_the_one_it_has_signed_is_refused(kept: Kept, tmp_path: Path, clock: Clock) -> None:
    """One that is shorter, and one of the same length: whoever puts an older log back would otherwise sign two."""
    await kept.append(20)
    await kept.seal()
    for count in (19, 20, 25):
        other = Kept(tmp_path / str(count), clock)
        other.directory.mkdir()
        other.log = await SqliteLog.open(other.directory / "log.sqlite", pool=POOL, clock=clock)
        await other.append(count, other=1_000)
        stolen = Recorder(other.log, RecordStore(tmp_path / RECORD_FILE), POOL)
        with pytest.raises(StorageError, match="restore"):
            await stolen.start()
        await other.log.close()


async def test_another_key_s_receipt_is_not_believed(kept: Kept, tmp_path: Path) -> None:
    await kept.append(3)
    await kept.seal()
    data = await kept.recorder.receipt(2, OPERATOR)
    stranger = Recorder(kept.log, RecordStore(None), POOL)
    with pytest.raises(ProofError, match="no key that you trust"):
        verify_receipt(data, Trusted((parse_key(stranger.key),)))
    with pytest.raises(ProofError, match="no key that you trust"):
        verify_receipt(data, Trusted())


async def test_a_receipt_is_for_its_own_party_and_the_operator(kept: Kept) -> None:
    """Headers and bodies of others tell what they show to nobody, such as the OVN of an intent."""
    await kept.append(2)
    await kept.log.append([draft(7, body=b'{"kind":"tick"}', party="", authentication="node")])
    await kept.seal()
    key = parse_key(kept.recorder.key)
    for author in (OPERATOR, ALPHA):
        assert verify_receipt(await kept.recorder.receipt(1, author), Trusted((key,))).body is not None
    for author in (BRAVO, Author("observer")):
        with pytest.raises(ForbiddenError):
            await kept.recorder.receipt(1, author)
    for author, whole in ((OPERATOR, True), (ALPHA, False), (BRAVO, False)):
        assert (verify_receipt(await kept.recorder.receipt(3, author), Trusted((key,))).body is not None) == whole


async def test_what_is_not_signed_in_time_is_told(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_WAIT_S", 0.05)
    monkeypatch.setattr(recorder, "MAX_WAITING", 3)
    await kept.append(1)
    answers = await asyncio.gather(*(kept.recorder.receipt(1, OPERATOR) for _ in range(5)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == 2 * ["OverloadedError"] + 3 * ["StorageError"]
    await kept.recorder._fail("as if")
    with pytest.raises(StorageError, match="the record has stopped"):
        await kept.recorder.receipt(1, OPERATOR)


async def test_a_disk_that_does_not_take_it_is_tried_again(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "SEAL_EVERY_S", 0.01)
    add, tries = kept.recorder._store.add, iter(range(10))

    def full(*what: Any) -> None:
        if next(tries) < 3:
            raise StorageError("the disk is full")
        add(*what)

    monkeypatch.setattr(kept.recorder._store, "add", full)
    await kept.append(5)
    sealing = asyncio.create_task(kept.recorder.seal_forever())
    proven = verify_receipt(await kept.recorder.receipt(3, OPERATOR), Trusted((parse_key(kept.recorder.key),)))
    sealing.cancel()
    assert proven.checkpoint.root == await kept.root()
    assert kept.recorder.complaint is None


async def test_reading_while_it_is_written_disturbs_neither(kept: Kept) -> None:
    await kept.append(300)
    await kept.seal()
    done = asyncio.Event()

    async def read() -> None:
        while not done.is_set():
            kept.recorder.tile(0, 0)
            await asyncio.sleep(0)

    reading = asyncio.create_task(read())
    for _ in range(40):
        await kept.append(3)
        await kept.seal()
    done.set()
    await reading
    assert kept.recorder.size == 420


def test_the_file_is_closed_to_others_and_tells_of_a_new_key(tmp_path: Path) -> None:
    store = RecordStore(tmp_path / RECORD_FILE)
    assert store.key_is_new
    assert (tmp_path / RECORD_FILE).stat().st_mode & 0o077 == 0
    store.close()
    again = RecordStore(tmp_path / RECORD_FILE)
    assert not again.key_is_new
    again.close()


async def test_a_pool_of_any_name_has_an_origin() -> None:
    names = {"a" * 300, "a" * 301, "ж" * 60, "ж" * 61, "a b", "a%20b", "a+b"}
    origins = {origin_of(name) for name in names}
    assert len(origins) == len(names)
    for origin in origins:
        check_name(origin)
