"""A witness against real nodes, honest and not: it cosigns what only grows, and nothing makes it sign two records."""

import os
from pathlib import Path

import pytest

from skyparley.errors import ConflictingStateError, InvalidInputError, ProofError, SkyparleyError, StorageError
from skyparley.node.identity import Author
from skyparley.record.comparing.history import hashes_of, is_one_history, signed_checkpoint
from skyparley.record.comparing.mailed import parse_mailed
from skyparley.record.notes import SIGNATURE, VerifierKey, parse_note
from skyparley.record.receipts import verify_receipt
from skyparley.record.trust import Trusted
from skyparley.witness.files import ALARM, COSIGNED_FILE, NOTHING_YET
from skyparley.witness.follower import OURS_FILE, SHOWN_FILE, WHAT_FILE, AlarmError
from support.recorded import cosigned, signer
from support.serving import now_us
from support.witnessing import Running, Witness, copied, running, signs_as

pytestmark = pytest.mark.anyio


async def test_it_cosigns_what_grows_over_the_borders_of_tiles(honest: Running, north: Witness) -> None:
    with pytest.raises(SkyparleyError, match="no entry yet"):
        await north.look(honest)
    for size in (1, 2, 3, 255, 256, 257, 600):
        await honest.grow(size - honest.size)
        assert await north.look(honest) == [size] == [north.size]
        assert north.has_signed(honest.node.recorder.checkpoint)
        assert await north.look(honest) == []  # also after a restart: the node has it
    data = await honest.node.recorder.receipt(17, Author("operator"))
    proven = verify_receipt(data, Trusted((honest.key, north.key)))
    assert list(proven.cosigned) == [str(north.key)]
    assert abs(proven.cosigned[str(north.key)] - now_us() / 1_000_000) < 60


async def test_two_witnesses_come_to_one_checkpoint(tmp_path: Path, north: Witness) -> None:
    south = Witness(tmp_path / "south", name="south")
    async with running(tmp_path / "data", north.key, south.key) as node:
        await node.grow(3)
        await north.look(node)
        await south.look(node)
        await node.grow(4)
        assert await north.look(node) == [7]
        await node.grow(5)
        assert await south.look(node) == [7, 12]
        assert await north.look(node) == [12]
        for size in (3, 7, 12):
            note = node.node.recorder._store.cosigned_at(size)
            assert north.has_signed(note)
            assert south.has_signed(note)


async def test_a_node_that_does_not_know_it_gets_its_word_by_hand(tmp_path: Path, north: Witness) -> None:
    async with running(tmp_path / "data") as node:
        for _ in range(2):
            await node.grow(2)
            with pytest.raises(SkyparleyError, match="no cosigner that this node knows"):
                await north.look(node)
            assert north.size == node.size
        signed = signed_checkpoint(parse_note(north.cosigned), [node.key, north.key])
        assert list(signed.cosigned) == [north.key]
    async with running(tmp_path / "data", north.key) as node:  # and hands it in when it is known
        assert await north.look(node) == [4]
        assert north.has_signed(node.node.recorder.checkpoint)


async def test_the_key_is_the_owner_s_word_and_never_the_node_s(honest: Running, tmp_path: Path) -> None:
    await honest.grow(1)
    for keys in ((signer("skyparley", SIGNATURE).key,), (signer("other", SIGNATURE).key,)):
        other = Witness(tmp_path / "other", *keys)
        with pytest.raises(ProofError, match="no key that you trust"):
            await other.look(honest)
        assert other.cosigned == NOTHING_YET
        assert other.evidence() == {}  # whoever has seen nothing yet cannot tell
    for keys, said in (
        ((signer("skyparley").key,), "no key of a log"),
        ((honest.key, VerifierKey("skyparley", SIGNATURE, other.key.public)), "a key of its own"),
    ):
        with pytest.raises(InvalidInputError, match=said):
            await Witness(tmp_path / "other", *keys).look(honest)


async def fork(tmp_path: Path, witness: Witness, *, before: int = 10) -> Path:
    """A node's data with some entries that the witness has cosigned, and a copy of them to go another way."""
    async with running(tmp_path / "one", witness.key) as node:
        await node.grow(before)
        await witness.look(node)
    return copied(tmp_path / "one", tmp_path / "two")


def contradicts(witness: Witness, key: VerifierKey) -> None:
    """The evidence convicts whoever has the log's key, by what is in it alone."""
    evidence = witness.evidence()
    ours, shown = (
        signed_checkpoint(parse_mailed(evidence[name]), [key, witness.key]) for name in (OURS_FILE, SHOWN_FILE)
    )
    assert witness.key in ours.cosigned
    tiles = {
        (int(level), int(index)): data
        for name, data in evidence.items()
        if name.startswith("tiles/")
        for _, level, index in [name.split("/")]
    }
    assert not is_one_history(ours.checkpoint, shown.checkpoint, hashes_of(tiles))


async def settled(witness: Witness, at: Running) -> None:
    """It stays with its word until a person moves the evidence away, and goes on then where the record does."""
    before = witness.cosigned
    for _ in range(2):
        with pytest.raises(AlarmError, match="raised before"):
            await witness.look(at)
    assert witness.cosigned == before
    (witness.directory / ALARM).rename(witness.directory / "settled")
    await at.grow(1)
    assert await witness.look(at) == [at.size]


@pytest.mark.parametrize(
    ("more_one", "more_two", "said"), [(5, 5, "different roots"), (5, 6, "not go on"), (1, 300, "not go on")]
)
async def test_a_node_that_shows_another_record_is_convicted(
    tmp_path: Path, north: Witness, more_one: int, more_two: int, said: str
) -> None:
    """The same size with another root, and growth that leaves out what was there."""
    second = await fork(tmp_path, north)
    async with running(tmp_path / "one", north.key) as one, running(second, north.key) as two:
        await one.grow(more_one, "one")
        await north.look(one)
        await two.grow(more_two, "two")
        signed = north.cosigned
        with pytest.raises(AlarmError, match=said) as raised:
            await north.look(two)
        assert raised.value.evidence == north.directory / ALARM
        assert north.cosigned == signed == north.evidence()[OURS_FILE]
        assert north.evidence()[SHOWN_FILE] == two.node.recorder.checkpoint
        told = north.evidence()[WHAT_FILE].decode()
        assert told == raised.value.told
        for words in (f"the node at {two.url} CONTRADICTS", "\nwhen: 20", said, "\nproof: it convicts: "):
            assert words in told
        assert not north.has_signed(two.node.recorder.checkpoint)
        contradicts(north, one.key)
        await settled(north, one)


async def test_a_backup_that_is_put_back_is_told(tmp_path: Path, north: Witness) -> None:
    second = await fork(tmp_path, north)
    async with running(tmp_path / "one", north.key) as one:
        await one.grow(1)
        await north.look(one)
    async with running(second, north.key) as two:
        with pytest.raises(AlarmError, match="10 entries, and has signed one of 11 before") as raised:
            await north.look(two)
        assert raised.value.told.startswith(f"the node at {two.url} SHOWS FEWER ENTRIES")
        assert "proof: it convicts nobody: " in north.evidence()[WHAT_FILE].decode()
        assert north.evidence()[SHOWN_FILE] == two.node.recorder.checkpoint
    async with running(tmp_path / "one", north.key) as one:
        await settled(north, one)


async def test_a_record_that_was_made_anew_over_another_log_is_convicted(tmp_path: Path, north: Witness) -> None:
    """With the right key, from its first entry: trees that have nothing in common, also at sizes that are full ones."""
    async with running(tmp_path / "one", north.key) as one:
        await one.grow(8)
        await north.look(one)
    async with running(tmp_path / "two") as two:
        await two.grow(30, "another")
    signs_as(tmp_path / "two", tmp_path / "one")
    async with running(tmp_path / "two", north.key) as two:
        await two.grow(1)
        with pytest.raises(AlarmError, match="31 entries does not go on from that of 8"):
            await north.look(two)
        contradicts(north, two.key)


async def test_a_log_key_that_changed_is_told(tmp_path: Path, north: Witness) -> None:
    async with running(tmp_path / "one", north.key) as one:
        await one.grow(2)
        await north.look(one)
        north.keys = (one.key,)
    (tmp_path / "one" / "record.sqlite").unlink()
    async with running(tmp_path / "one", north.key) as one:
        await one.grow(1)
        with pytest.raises(AlarmError, match="signs with another key"):
            await north.look(one)
        told = north.evidence()[WHAT_FILE].decode()
        assert str(one.key) in told
        assert "proof: it convicts nobody: no key that you trust" in told


async def test_two_witnesses_that_were_shown_two_records_convict_the_node_by_hand(
    tmp_path: Path, north: Witness
) -> None:
    """Each of them saw a record that only grew: put beside each other, their notes show two of one size."""
    second = await fork(tmp_path, north)
    south = Witness(tmp_path / "south", name="south")
    async with running(tmp_path / "one", north.key) as one, running(second, south.key) as two:
        await one.grow(5, "one")
        await two.grow(5, "two")
        await north.look(one)
        await south.look(two)
        keys = [one.key, north.key, south.key]
        ours, theirs = (signed_checkpoint(parse_mailed(each.cosigned), keys) for each in (north, south))
        assert not is_one_history(ours.checkpoint, theirs.checkpoint)
        with north.open() as files:
            note = cosigned(two.node.recorder.checkpoint, files.signer, now_us() // 1_000_000)
        with pytest.raises(ConflictingStateError, match="keep that note"):  # nor does the node take it for its own
            await one.node.recorder.cosigning.take(note)


async def test_what_it_has_cosigned_must_be_what_it_has_cosigned(honest: Running, north: Witness) -> None:
    """A file that was cut, altered or put in the place of it is no reason to begin anew."""
    await honest.grow(3)
    await north.look(honest)
    good, path = north.cosigned, north.directory / COSIGNED_FILE
    for bad in (b"", good[:-3], good.replace(b"\n3\n", b"\n2\n"), honest.node.recorder._store.checkpoint):
        path.write_bytes(bad)
        with pytest.raises(StorageError, match="does not hold what this witness cosigned last"):
            await north.look(honest)
    path.unlink()
    with pytest.raises(StorageError, match="must not cosign again"):
        await north.look(honest)
    path.write_bytes(good)
    assert await north.look(honest) == []


async def test_a_disk_that_takes_nothing_lets_nothing_out(
    honest: Running, north: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await honest.grow(3)
    await north.look(honest)
    before = north.cosigned
    await honest.grow(1)
    sync = os.fsync

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="free space"):
        await north.look(honest)
    monkeypatch.setattr(os, "fsync", sync)
    assert north.cosigned == before
    assert not north.has_signed(honest.node.recorder.checkpoint)
    assert await north.look(honest) == [4]


async def test_evidence_that_cannot_be_written_is_handed_over_in_the_alarm(
    tmp_path: Path, north: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = await fork(tmp_path, north)
    async with running(tmp_path / "one", north.key) as one, running(second, north.key) as two:
        await one.grow(1, "one")
        await two.grow(1, "two")
        await north.look(one)

        def full(file: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(AlarmError) as raised:
                await north.look(two)
        assert raised.value.evidence is None
        assert raised.value.notes == (north.cosigned, two.node.recorder.checkpoint)
        with pytest.raises(AlarmError, match="raised before"):  # what was begun is enough to stop it
            await north.look(one)
