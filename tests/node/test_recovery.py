"""Coming back: orphans in the vault, filings that nobody had compared, snapshot and tail against replay from zero."""

import asyncio
import secrets
from pathlib import Path

import pytest

from skyparley.errors import DataDirectoryBusyError, NotFoundError, StorageError
from skyparley.node.custody.details import details_of
from skyparley.node.custody.vault import Vault
from skyparley.node.recovery import recover
from skyparley.node.storage import open_directory, snapshot_paths
from support.nodes import (
    ALPHA,
    BRAVO,
    OPERATOR,
    crash,
    drone,
    file_all,
    noon_clock,
    replay,
    running,
    same,
    start,
    stop,
)

pytestmark = pytest.mark.anyio


def bodies_in(directory: Path) -> list[str]:
    vault = Vault(directory / "vault.sqlite")
    try:
        return list(vault.digests_between(0, vault.last_number()))
    finally:
        vault.close()


async def test_details_whose_command_never_reached_the_log_are_dropped_at_start(tmp_path: Path) -> None:
    clock = noon_clock()
    node = await start(tmp_path, clock)
    await node.register_party(OPERATOR, "alpha", "Alpha", "civil_ats")
    await node.file(ALPHA, drone("kept"))
    held = set(bodies_in(tmp_path))
    for round_ in range(3):  # also when the number of a dropped one is given out again
        orphan = details_of(drone(f"orphan{round_}"), b"")
        await node.vault.put_bodies([(orphan.digest, "alpha", orphan.data)])
        assert orphan.digest in bodies_in(tmp_path)
        await crash(node)
        node = await start(tmp_path, clock)
        assert set(bodies_in(tmp_path)) == held
    await node.file(ALPHA, drone("later"))
    await crash(node)
    node = await start(tmp_path, clock)
    assert len(bodies_in(tmp_path)) == 3, "two details and a witness, all named by the log"
    await stop(node)
    assert (await replay(tmp_path)).verification.problems == []


async def test_details_that_are_filed_again_after_they_were_orphans_stay(tmp_path: Path) -> None:
    clock = noon_clock()
    node = await start(tmp_path, clock)
    await node.register_party(OPERATOR, "alpha", "Alpha", "civil_ats")
    orphan = details_of(drone("one"), node.vault.secret)
    await node.vault.put_bodies([(orphan.digest, "alpha", orphan.data)])
    await node.file(ALPHA, drone("one"))
    await crash(node)
    for _ in range(2):
        node = await start(tmp_path, clock)
        assert (await asyncio.to_thread(node.vault.body, orphan.digest)) == orphan.data
        await crash(node)


async def test_filings_that_nobody_had_compared_are_compared_after_a_restart(tmp_path: Path) -> None:
    clock = noon_clock()
    node = await start(tmp_path, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    await node.file(ALPHA, drone("old"))
    node._tasks[2].cancel()  # the comparison dies; filing goes on
    filings = [
        asyncio.create_task(node.file(BRAVO, drone(f"new{number}", "bravo", east_m=75.0 * number)))
        for number in range(3)
    ]
    await asyncio.sleep(0.3)
    assert len(node.state.operations) == 4
    await node.act(BRAVO, "cancel", "new1", version=1)
    assert not node.state.conflicts
    for filing in filings:
        filing.cancel()
    await crash(node)
    node = await start(tmp_path, clock)
    answer = await node.file(ALPHA, drone("last"))
    assert len(answer.conflicts) == 3
    assert len(node.state.conflicts) == 6, "all pairs of old, new0, new2 and last"
    await stop(node)
    replayed = await replay(tmp_path)
    assert replayed.verification.problems == []
    same(replayed.from_zero, replayed.from_snapshot)


async def test_an_operation_amended_to_the_same_while_the_comparison_was_down(tmp_path: Path) -> None:
    """Its first filing is not compared after the restart; `verify` must not miss what was void anyhow."""
    clock = noon_clock()
    node = await start(tmp_path, clock)
    for party in ("alpha", "bravo"):
        await node.register_party(OPERATOR, party, party.title(), "civil_ats")
    node._tasks[2].cancel()
    tasks = [asyncio.create_task(node.file(ALPHA, drone("one")))]
    await asyncio.sleep(0.1)
    tasks.append(asyncio.create_task(node.file(BRAVO, drone("other", "bravo"))))
    await asyncio.sleep(0.1)
    tasks.append(asyncio.create_task(node.amend(ALPHA, drone("one"), version=1)))
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await crash(node)
    node = await start(tmp_path, clock)
    await node.file(ALPHA, drone("far", east_m=9_000.0))
    assert len(node.state.conflicts) == 1
    await stop(node)
    assert (await replay(tmp_path)).verification.problems == []


async def history(directory: Path) -> None:
    """Some filings with conflicts, amendments and departures, in two runs; two snapshots."""
    clock = noon_clock()
    async with running(directory, clock, "alpha", "bravo") as node:
        await file_all(node, [drone(f"d{i}", p, east_m=60.0 * i) for i in range(8) for p in ("alpha", "bravo")])
        await node.amend(ALPHA, drone("d3", east_m=4_000.0), version=1)
        await node.act(BRAVO, "cancel", "d4", version=1)
    async with running(directory, clock) as node:
        await node.file(ALPHA, drone("tail"), idempotency_key="k")
        await node.act(BRAVO, "activate", "d5", version=1)


async def test_snapshot_and_tail_come_to_the_same_as_replay_from_zero(tmp_path: Path) -> None:
    await history(tmp_path)
    newest, older = snapshot_paths(tmp_path)
    whole = await replay(tmp_path)
    assert whole.snapshot_sequence == whole.from_zero.sequence
    newest.unlink()
    tail = await replay(tmp_path)
    assert 0 < tail.snapshot_sequence < whole.snapshot_sequence
    older.unlink()
    none = await replay(tmp_path)
    assert none.snapshot_sequence == 0
    for replayed in (whole, tail, none):
        assert replayed.complaints == ()
        assert replayed.verification.problems == []
        same(replayed.from_zero, replayed.from_snapshot)
        same(replayed.from_zero, whole.from_zero)
    assert len(whole.from_zero.conflicts) > 10


async def test_a_snapshot_of_another_history_is_not_used(tmp_path: Path) -> None:
    """A log that lost its end goes on with other entries: what the snapshot says of them never was."""
    clock = noon_clock()
    async with running(tmp_path / "a", clock, "alpha") as node:
        await node.file(ALPHA, drone("one"))
        await node.file(ALPHA, drone("two"))
    clock.now_us += 7
    async with running(tmp_path / "b", clock, "alpha", "bravo") as node:
        for number in range(8):
            await node.file(ALPHA, drone(f"b{number}"))
    stray = snapshot_paths(tmp_path / "a")[0]
    for path in snapshot_paths(tmp_path / "b"):
        path.unlink()
    (tmp_path / "b" / stray.name).write_bytes(stray.read_bytes())
    replayed = await replay(tmp_path / "b")
    assert replayed.snapshot_sequence == 0
    assert len(replayed.complaints) == 1
    assert "another" in replayed.complaints[0]
    same(replayed.from_zero, replayed.from_snapshot)
    newer = tmp_path / "b" / "snapshot-0000000000009999.bin"
    newer.write_bytes(snapshot_paths(tmp_path / "b")[0].read_bytes())
    assert len((await replay(tmp_path / "b")).complaints) == 2


@pytest.mark.parametrize("tail", [0, 2])
async def test_a_snapshot_is_not_used_with_another_log_of_the_same_length_and_times(tmp_path: Path, tail: int) -> None:
    """Only the chain tells them apart, at the log's end and before it."""
    clock = noon_clock()
    for name in ("a", "b"):
        async with running(tmp_path / name, clock, "alpha") as node:
            await node.file(ALPHA, drone(name))
        node = await start(tmp_path / name, clock)
        for number in range(tail):
            await node.file(ALPHA, drone(f"tail{number}"))
        await crash(node)
    right = await replay(tmp_path / "b")
    assert right.snapshot_sequence > 0
    assert right.complaints == ()
    (own,), (stray,) = (snapshot_paths(tmp_path / name) for name in ("b", "a"))
    assert own.name == stray.name
    own.write_bytes(stray.read_bytes())
    swapped = await replay(tmp_path / "b")
    assert swapped.snapshot_sequence == 0
    assert len(swapped.complaints) == 1
    assert "is another one" in swapped.complaints[0]
    same(swapped.from_snapshot, right.from_zero)
    assert ("alpha", "b") in swapped.from_snapshot.operations


async def test_a_snapshot_serves_a_log_that_was_trimmed_up_to_it(tmp_path: Path) -> None:
    """Its own entry may be gone, what follows shows that it fits; what is gone cannot be made up for."""
    clock = noon_clock()
    async with running(tmp_path, clock, "alpha") as node:
        await node.file(ALPHA, drone("one"))
    (snapshot,) = snapshot_paths(tmp_path)
    node = await start(tmp_path, clock)
    taken = node.state.sequence
    await node.file(ALPHA, drone("two"))
    last = node.state.sequence
    await node.engine.log.trim(taken + 1)
    assert (await recover(node.engine.log, tmp_path)).complaints == ()
    assert (await recover(node.engine.log, tmp_path)).snapshot_sequence == taken
    data = snapshot.read_bytes()
    snapshot.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(NotFoundError, match="trimmed"):
        await recover(node.engine.log, tmp_path)
    snapshot.write_bytes(data)
    await node.engine.log.trim(last)
    with pytest.raises(NotFoundError, match="trimmed"):
        await recover(node.engine.log, tmp_path)
    await crash(node)


async def test_a_node_whose_vault_lacks_details_of_what_is_live_does_not_start(tmp_path: Path) -> None:
    await history(tmp_path)
    for name in ("vault.sqlite", "vault.sqlite-wal", "vault.sqlite-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    with pytest.raises(StorageError, match="same backup"):
        await start(tmp_path, noon_clock())


async def test_a_comparison_that_cannot_go_on_is_told_to_everyone(tmp_path: Path) -> None:
    """Details that are gone while the node serves: nobody waits for ever, health says why, reads go on."""
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        await node.file(ALPHA, drone("one"))

        def lacking(digest: str) -> None:
            raise StorageError(f"the vault lacks the body {digest}")

        node.custodian._comparison._details = lacking  # type: ignore[assignment]
        for number in range(2):
            async with asyncio.timeout(10):
                with pytest.raises(StorageError, match=r"recorded as entry \d+, but not yet what it conflicts with"):
                    await node.file(BRAVO, drone(f"two{number}", "bravo"))
        assert not node.health().ok
        assert "lacks the body" in node.health().detail["reason"]
        assert node.operation(ALPHA, None, "one").operation_id == "one"
    async with running(tmp_path, noon_clock()) as node:
        answer = await node.file(ALPHA, drone("three"))
        assert len(answer.conflicts) == 3
        assert len(node.state.conflicts) == 6


def test_one_process_per_data_directory(tmp_path: Path) -> None:
    first = open_directory(tmp_path / "data")
    with pytest.raises(DataDirectoryBusyError) as caught:
        open_directory(tmp_path / "data")
    assert "in use" in caught.value.message
    assert "\n" not in caught.value.message
    first.close()
    open_directory(tmp_path / "data").close()


def test_a_data_directory_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot use"):
        open_directory(tmp_path / "file" / "data")


async def test_keys_survive_and_are_stored_as_hashes_only(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha") as node:
        new = await node.create_key(OPERATOR, "alpha")
        revoked = await node.create_key(OPERATOR, "alpha")
        await node.revoke_key(OPERATOR, "alpha", revoked.key_id)
    secret = new.api_key.split("_")[2]
    assert len(secret) == 2 * secrets.DEFAULT_ENTROPY
    for path in sorted(tmp_path.iterdir()):  # noqa: ASYNC240 - a handful of small files
        assert secret.encode() not in path.read_bytes()
        assert bytes.fromhex(secret) not in path.read_bytes()
    async with running(tmp_path, noon_clock()) as node:
        assert node.authenticate(new.api_key).party == "alpha"
        with pytest.raises(Exception, match="revoked"):
            node.authenticate(revoked.api_key)
