"""Cosignatures at a node: kept of whom it knows, for what it has signed itself, and of use in receipts from then on."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from skyparley.airspace.signing.items import PartyKey
from skyparley.airspace.state import Airspace
from skyparley.errors import (
    ConflictingStateError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    ProofError,
    StorageError,
)
from skyparley.node.identity import Author
from skyparley.node.record import store as stores
from skyparley.node.record.cosigning import MAX_COSIGNERS, Cosigners, check_cosigners, cosigners_of
from skyparley.node.record.recorder import Recorder, compare
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.record.notes import (
    SIGNATURE,
    Checkpoint,
    Note,
    Signer,
    cosign,
    format_checkpoint,
    format_note,
    parse_checkpoint,
    parse_key,
    parse_note,
    sign,
    verified,
)
from skyparley.record.receipts import verify_receipt
from skyparley.record.trust import Trusted
from support.drafts import POOL, START_US, Clock
from support.recorded import Kept, cosigned, signer

pytestmark = pytest.mark.anyio

NORTH, SOUTH, STRANGER = signer("north", seed=2), signer("south", seed=3), signer("stranger", seed=4)
NOW_S = START_US // 1_000_000
OPERATOR = Author("operator")


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    clock = Clock()
    made = Kept(tmp_path, clock, Cosigners(lambda: (NORTH.key, SOUTH.key), clock))
    await made.open()
    yield made
    await made.close()


async def grown(kept: Kept, count: int) -> bytes:
    """The checkpoint after so many more entries."""
    await kept.append(count)
    await kept.seal()
    return kept.recorder.checkpoint


def own(kept: Kept) -> Signer:
    return Signer(POOL, SIGNATURE, kept.recorder._store.key)


def signers_of(note: bytes, kept: Kept) -> set[str]:
    keys = [parse_key(kept.recorder.key), NORTH.key, SOUTH.key, STRANGER.key]
    return {key.name for key in verified(parse_note(note), keys)}


async def test_a_cosigned_checkpoint_is_shown_and_outlives_a_restart(kept: Kept) -> None:
    with pytest.raises(NotFoundError):
        _ = kept.recorder.cosigning.newest
    plain = await grown(kept, 300)
    answered = await kept.recorder.cosigning.take(cosigned(plain, NORTH, NOW_S))
    assert signers_of(answered, kept) == {POOL, "north"}
    assert kept.recorder.checkpoint == kept.recorder.cosigning.newest == answered
    both = await kept.recorder.cosigning.take(cosigned(plain, SOUTH, NOW_S))
    assert signers_of(both, kept) == {POOL, "north", "south"}
    await grown(kept, 5)
    assert signers_of(kept.recorder.checkpoint, kept) == {POOL}  # the newest, which nobody has cosigned yet
    await kept.close()
    await kept.open()
    assert kept.recorder.cosigning.newest == both
    assert await compare(kept.log, kept.recorder._store) is None


async def test_what_was_said_once_stays_as_it_was_said(kept: Kept) -> None:
    """A repeat, and a second word on the same checkpoint, change nothing."""
    plain = await grown(kept, 3)
    first = await kept.recorder.cosigning.take(cosigned(plain, NORTH, NOW_S))
    assert await kept.recorder.cosigning.take(cosigned(plain, NORTH, NOW_S)) == first
    assert await kept.recorder.cosigning.take(cosigned(plain, NORTH, NOW_S + 9)) == first
    assert await kept.recorder.cosigning.take(cosigned(first, NORTH, NOW_S + 9)) == first
    assert verified(parse_note(first), [NORTH.key]) == {NORTH.key: NOW_S}


async def test_many_at_once_lose_no_line(kept: Kept) -> None:
    plain = await grown(kept, 3)
    await asyncio.gather(*(kept.recorder.cosigning.take(cosigned(plain, by, NOW_S)) for by in 8 * (NORTH, SOUTH)))
    assert signers_of(kept.recorder.cosigning.newest, kept) == {POOL, "north", "south"}
    assert len(parse_note(kept.recorder.cosigning.newest).signatures) == 3


async def test_lines_of_strangers_are_not_kept_and_alone_not_taken(kept: Kept) -> None:
    plain = await grown(kept, 3)
    with pytest.raises(ForbiddenError, match="SKYPARLEY_WITNESSES"):
        await kept.recorder.cosigning.take(cosigned(plain, STRANGER, NOW_S))
    with pytest.raises(ForbiddenError):
        await kept.recorder.cosigning.take(plain)
    answered = await kept.recorder.cosigning.take(cosigned(cosigned(plain, STRANGER, NOW_S), NORTH, NOW_S))
    assert signers_of(answered, kept) == {POOL, "north"}
    nobody = Recorder(kept.log, RecordStore(None), POOL)
    with pytest.raises(ProofError):
        await nobody.cosigning.take(cosigned(plain, NORTH, NOW_S))


async def test_a_cosigner_with_the_key_of_the_node_is_none(tmp_path: Path, clock: Clock) -> None:
    """The node's own word twice is not another's, whatever the file of cosigners says."""
    made = Kept(tmp_path, clock)
    await made.open()
    twice = Signer("north", NORTH.kind, made.recorder._store.key)
    made.recorder.cosigning._cosigners = Cosigners(lambda: (twice.key,), clock)
    plain = await grown(made, 2)
    with pytest.raises(ForbiddenError):
        await made.recorder.cosigning.take(cosigned(plain, twice, NOW_S))
    await made.close()


async def test_what_this_node_has_not_signed_is_refused(kept: Kept) -> None:
    plain = await grown(kept, 20)
    held = parse_note(plain)
    checkpoint = parse_checkpoint(held.text)
    take = kept.recorder.cosigning.take
    with pytest.raises(ProofError, match="not signed"):  # no line of the node
        await take(format_note(Note(held.text, (cosign(held.text, NORTH, NOW_S),))))
    for text in (
        held.text.replace("\n20\n", "\n19\n"),
        format_checkpoint(Checkpoint(POOL, 20, bytes(32))),
        format_checkpoint(Checkpoint("other", 20, checkpoint.root)),
    ):
        with pytest.raises(ProofError):  # its line, under another text
            await take(format_note(Note(text, (*held.signatures, cosign(text, NORTH, NOW_S)))))
    line = cosign(held.text.replace("20", "19"), NORTH, NOW_S)
    with pytest.raises(ProofError):  # a cosignature of another size
        await take(format_note(Note(held.text, (*held.signatures, line))))
    assert kept.recorder._store.newest_cosigned() == b""


async def test_what_another_with_its_key_has_signed_is_refused_and_named(kept: Kept) -> None:
    """A copy of the node elsewhere, a backup put back: its key is right, its record is not."""
    await grown(kept, 20)
    for checkpoint, said in (
        (Checkpoint(POOL, 21, bytes(32)), "holds 20"),
        (Checkpoint(POOL, 20, bytes(32)), "another record of 20"),
        (Checkpoint(POOL, 7, bytes(32)), "another record of 7"),
        (Checkpoint("elsewhere", 20, parse_checkpoint(parse_note(kept.recorder.checkpoint).text).root), "another"),
        (Checkpoint(POOL, 0, bytes(32)), "another record of 0"),
    ):
        text = format_checkpoint(checkpoint)
        note = Note(text, (sign(text, own(kept)), cosign(text, NORTH, NOW_S)))
        with pytest.raises(ConflictingStateError, match=said):
            await kept.recorder.cosigning.take(format_note(note))
    assert kept.recorder._store.newest_cosigned() == b""


async def test_an_earlier_checkpoint_of_this_record_is_taken(kept: Kept) -> None:
    """Whoever follows slowly sends one that is no longer the newest; the node's own line shows that it was one."""
    early = await grown(kept, 7)
    await grown(kept, 300)
    answered = await kept.recorder.cosigning.take(cosigned(early, NORTH, NOW_S))
    assert kept.recorder.cosigning.newest == answered
    newest = await kept.recorder.cosigning.take(cosigned(kept.recorder.checkpoint, NORTH, NOW_S))
    assert kept.recorder.cosigning.newest == newest
    assert kept.recorder._store.cosigned_at(7) == answered


@pytest.mark.parametrize(("after_s", "taken"), [(-3_601, False), (-3_600, True), (300, True), (301, False)])
async def test_the_time_of_a_cosignature_is_about_now(kept: Kept, after_s: int, taken: bool) -> None:
    note = cosigned(await grown(kept, 2), NORTH, NOW_S + after_s)
    if taken:
        assert signers_of(await kept.recorder.cosigning.take(note), kept) == {POOL, "north"}
    else:
        with pytest.raises(InvalidInputError, match="set the clock"):
            await kept.recorder.cosigning.take(note)


async def test_a_receipt_has_the_newest_checkpoint_that_others_have_cosigned(kept: Kept) -> None:
    key = parse_key(kept.recorder.key)
    trusted = Trusted((key, NORTH.key, SOUTH.key))

    async def proven(sequence: int) -> tuple[int, set[str]]:
        found = verify_receipt(await kept.recorder.receipt(sequence, OPERATOR), trusted)
        return found.checkpoint.size, {name.partition("+")[0] for name in found.cosigned}

    take = kept.recorder.cosigning.take
    await take(cosigned(await grown(kept, 10), NORTH, NOW_S))
    await grown(kept, 10)
    assert await proven(10) == (10, {"north"})
    assert await proven(11) == (20, set())
    await take(cosigned(await take(cosigned(kept.recorder.checkpoint, NORTH, NOW_S)), SOUTH, NOW_S))
    assert await proven(10) == await proven(11) == (20, {"north", "south"})
    await take(cosigned(await grown(kept, 300), SOUTH, NOW_S))
    assert await proven(11) == (20, {"north", "south"})  # the newest has fewer
    assert await proven(21) == await proven(320) == (320, {"south"})


async def test_of_cosigned_checkpoints_the_newest_are_kept(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_COSIGNED", 3)
    for _ in range(5):
        await kept.recorder.cosigning.take(cosigned(await grown(kept, 1), NORTH, NOW_S))
    assert [bool(kept.recorder._store.cosigned_at(size)) for size in range(1, 6)] == 2 * [False] + 3 * [True]


async def test_a_full_disk_takes_none_of_it_and_all_of_it_later(kept: Kept) -> None:
    plain = await grown(kept, 3)
    store = kept.recorder._store
    first = await kept.recorder.cosigning.take(cosigned(plain, NORTH, NOW_S))
    newer = await grown(kept, 1)
    store._writer.pragma("max_page_count", store._writer.pragma("page_count"))
    sizes = itertools.count(1_000)

    def fill() -> None:
        while True:
            store.keep_cosigned(next(sizes), parse_note(first))

    with pytest.raises(StorageError, match="free space"):
        fill()
    assert not store.cosigned_at(next(sizes) - 1)
    assert store.cosigned_at(3) == first
    store._writer.execute("DELETE FROM cosigned WHERE size >= 1000")
    assert signers_of(await kept.recorder.cosigning.take(cosigned(newer, NORTH, NOW_S)), kept) == {POOL, "north"}


async def test_a_file_that_cannot_be_read_is_told_as_such(kept: Kept, tmp_path: Path) -> None:
    """Not as a fault inside the node, and not as a proof that fails: 503, as for any disk."""
    await grown(kept, 300)
    await kept.close()
    connection = apsw.Connection(str(tmp_path / RECORD_FILE))
    connection.pragma("wal_checkpoint(truncate)")
    pages, page_bytes = connection.pragma("page_count"), connection.pragma("page_size")
    connection.close()
    store = RecordStore(tmp_path / RECORD_FILE)
    with (tmp_path / RECORD_FILE).open("r+b") as file:  # all but the schema
        file.seek(page_bytes)
        file.write(b"\xff" * page_bytes * (pages - 1))
    for read in (lambda: store.read(0, 0, 1), lambda: store.hash_of(0, 0), store.newest_cosigned):
        with pytest.raises(StorageError, match="cannot be read"):
            read()
    store.close()
    (tmp_path / RECORD_FILE).unlink()
    await kept.open()
    await grown(kept, 1)


async def test_a_hash_that_is_not_there_is_damage_and_not_the_asker_s_fault(kept: Kept) -> None:
    await grown(kept, 300)
    kept.recorder._store._writer.execute("DELETE FROM tiles")
    with pytest.raises(StorageError, match="damaged"):
        await kept.recorder.receipt(1, OPERATOR)


def test_the_keys_of_cosigners() -> None:
    assert check_cosigners([NORTH.key, SOUTH.key, NORTH.key]) == (NORTH.key, SOUTH.key)
    for keys, said in (
        ([signer("north", SIGNATURE).key], "none of a cosigner"),
        ([NORTH.key, signer("north", seed=7).key], "one name"),
        ([signer(f"n{number}").key for number in range(MAX_COSIGNERS + 1)], f"at most {MAX_COSIGNERS}"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            check_cosigners(keys)


def test_parties_bring_in_their_witnesses_as_long_as_their_keys_are_valid() -> None:
    """The operator's word on a name goes before the party's, so that an entry takes nobody's place."""
    state, now_us = Airspace(), 5
    for party, key, until_us in (("north", NORTH, 10), ("south", SOUTH, 10), ("west", signer("west"), 5)):
        state.keys.put(PartyKey(party, "k", key.key.public, "checkpoints", 0, until_us, "", 1))
    state.keys.put(PartyKey("east", "k", signer("east", seed=9).key.public, "entries", 0, 10, "", 1))
    named = signer("north", seed=8).key
    assert set(cosigners_of(lambda: (named,), state.keys, lambda: now_us).known()) == {named, SOUTH.key}
    assert set(cosigners_of(tuple, state.keys, lambda: now_us).known()) == {NORTH.key, SOUTH.key}
    assert cosigners_of(tuple, state.keys, lambda: 10).known() == ()
