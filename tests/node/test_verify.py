"""`replay --verify` finds what was tampered with: the log, the vault, a finding, also by whoever can make chains."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import msgspec
import pytest

from skyparley.airspace.codec import decode_command, encode_command
from skyparley.airspace.commands import Finding, RecordFindings
from skyparley.airspace.operations.commands import FileOperation
from skyparley.cli.upkeep import replay_from_zero
from skyparley.conflict.operation import Rule
from skyparley.errors import StorageError
from skyparley.log.port import Entry
from skyparley.node.custody.details import details_of, read_details
from skyparley.node.storage import CHAIN_BYTES, snapshot_paths
from skyparley.record.envelope import body_digest, decode_header, encode_header, first_chain, next_chain
from support.nodes import POOL, drone, file_all, noon_clock, replay, running

pytestmark = pytest.mark.anyio


async def history(directory: Path) -> None:
    async with running(directory, noon_clock(), "alpha", "bravo") as node:
        for number in range(4):
            await file_all(node, [drone(f"d{number}", p, east_m=90.0 * number) for p in ("alpha", "bravo")])


def verify_by_command_line(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "skyparley.cli.main", "replay", "--verify", "--data", str(directory)],
        capture_output=True,
        text=True,
        check=False,
    )


def entries_of(directory: Path) -> list[Entry]:
    connection = apsw.Connection(str(directory / "log.sqlite"))
    rows = connection.execute(
        "SELECT sequence, time_us, chain, header, salt, body, signature FROM entries ORDER BY sequence"
    ).fetchall()
    connection.close()
    return [Entry(*row) for row in rows]


def forge(directory: Path, change: Callable[[Entry], bytes | None]) -> None:
    """What an administrator of the machine could do: rewrite bodies and make header and chain anew over them."""
    connection = apsw.Connection(str(directory / "log.sqlite"))
    chain = first_chain(POOL)
    with connection:
        for entry in entries_of(directory):
            body = change(entry)
            header = entry.header
            if body is not None:
                digest = body_digest(entry.salt, body)
                header = encode_header(msgspec.structs.replace(decode_header(header), body_digest=digest))
            chain = next_chain(chain, entry.sequence, entry.time_us, header, entry.signature)
            connection.execute(
                "UPDATE entries SET chain = ?, header = ?, body = ? WHERE sequence = ?",
                (chain, header, entry.body if body is None else body, entry.sequence),
            )
    connection.close()
    for snapshot in directory.glob("snapshot-*.bin"):
        snapshot.unlink()


def in_vault(directory: Path, sql: str, *values: object) -> None:
    connection = apsw.Connection(str(directory / "vault.sqlite"))
    connection.execute(sql, values)
    assert connection.changes() == 1
    connection.close()


def findings_of(entry: Entry) -> tuple[RecordFindings, tuple[Finding, ...]] | None:
    command = decode_command(entry.body)
    return (command, command.findings) if isinstance(command, RecordFindings) and command.findings else None


async def test_an_untouched_directory_verifies(tmp_path: Path) -> None:
    await history(tmp_path)
    done = verify_by_command_line(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verified" in done.stdout
    replayed = await replay(tmp_path)
    assert replayed.from_zero.state_hash() in done.stdout
    assert replayed.verification.findings >= len(replayed.from_zero.conflicts) > 10


@pytest.mark.parametrize("column", ["body", "header", "time_us", "chain"])
async def test_a_tampered_log_is_found(tmp_path: Path, column: str) -> None:
    await history(tmp_path)
    changes = {
        "body": "CAST(replace(body, 'd0', 'd9') AS BLOB)",
        "header": "CAST(replace(header, 'alpha', 'bravo') AS BLOB)",
        "time_us": "time_us + 1",
        "chain": "zeroblob(32)",
    }
    connection = apsw.Connection(str(tmp_path / "log.sqlite"))
    connection.execute(f"UPDATE entries SET {column} = {changes[column]} WHERE sequence = 3")
    connection.close()
    with pytest.raises(StorageError, match=r"entry [34]"):
        await replay(tmp_path)
    with pytest.raises(StorageError, match=r"entry [34]"):
        await asyncio.to_thread(replay_from_zero, tmp_path, verify=True)


async def test_a_conflict_that_was_struck_out_is_found(tmp_path: Path) -> None:
    """The administrator removes one finding and makes the whole chain anew: the comparison, run again, shows it."""
    await history(tmp_path)
    struck: list[Finding] = []

    def strike(entry: Entry) -> bytes | None:
        found = findings_of(entry)
        if found is None or struck:
            return None
        struck.append(found[1][0])
        return encode_command(msgspec.structs.replace(found[0], findings=found[1][1:]))

    forge(tmp_path, strike)
    problems = (await replay(tmp_path)).verification.problems
    assert len(problems) == 1
    assert "lacks the finding" in problems[0]
    assert struck[0].a_operation_id in problems[0]
    done = verify_by_command_line(tmp_path)
    assert done.returncode == 1
    assert "lacks the finding" in done.stdout


async def test_a_conflict_that_was_invented_is_found(tmp_path: Path) -> None:
    await history(tmp_path)

    def invent(entry: Entry) -> bytes | None:
        found = findings_of(entry)
        if found is None:
            return None
        added = msgspec.structs.replace(found[1][-1], rule=Rule.TRAJECTORY_IN_VOLUME.value)
        both = sorted((*found[1], added), key=_order)
        return encode_command(msgspec.structs.replace(found[0], findings=tuple(both)))

    forge(tmp_path, invent)
    problems = (await replay(tmp_path)).verification.problems
    assert problems
    assert all("wrongly has the finding" in problem for problem in problems)


async def test_a_finding_that_was_altered_is_found(tmp_path: Path) -> None:
    await history(tmp_path)

    def alter(entry: Entry) -> bytes | None:
        found = findings_of(entry)
        if found is None:
            return None
        altered = tuple(msgspec.structs.replace(finding, certain=not finding.certain) for finding in found[1])
        return encode_command(msgspec.structs.replace(found[0], findings=altered))

    forge(tmp_path, alter)
    problems = (await replay(tmp_path)).verification.problems
    assert any("lacks" in problem for problem in problems)
    assert any("wrongly has" in problem for problem in problems)


async def test_details_that_were_moved_in_the_vault_are_found(tmp_path: Path) -> None:
    await history(tmp_path)
    command = next(
        command for entry in entries_of(tmp_path) if isinstance(command := decode_command(entry.body), FileOperation)
    )
    elsewhere = details_of(drone(command.operation_id, "alpha", east_m=30_000.0), b"")
    digest = bytes.fromhex(command.details_digest)
    in_vault(tmp_path, "UPDATE bodies SET data = ? WHERE digest = ?", elsewhere.data, digest)
    problems = (await replay(tmp_path)).verification.problems
    assert len(problems) == 1
    assert "damaged" in problems[0]
    assert not await asyncio.to_thread(replay_from_zero, tmp_path, verify=True)
    assert read_details(elsewhere.data).operation.ref.operation_id == command.operation_id


@pytest.mark.parametrize("what", ["details", "witness"])
async def test_what_the_vault_lacks_is_found(tmp_path: Path, what: str) -> None:
    await history(tmp_path)
    party = "= 'bravo'" if what == "details" else "= ''"
    in_vault(tmp_path, f"DELETE FROM bodies WHERE number = (SELECT max(number) FROM bodies WHERE party {party})")
    problems = (await replay(tmp_path)).verification.problems
    assert len(problems) == 1
    assert "lacks the body" in problems[0]
    assert not await asyncio.to_thread(replay_from_zero, tmp_path, verify=True)


async def test_a_snapshot_that_says_something_else_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is intact in itself and has the chain value of the right entry, but is of another state."""
    await history(tmp_path)
    (snapshot,) = snapshot_paths(tmp_path)
    honest = snapshot.read_bytes()

    def strike(entry: Entry) -> bytes | None:
        found = findings_of(entry)
        return None if found is None else encode_command(msgspec.structs.replace(found[0], findings=found[1][1:]))

    forge(tmp_path, strike)
    chain = entries_of(tmp_path)[int(snapshot.stem.split("-")[1]) - 1].chain
    assert chain != honest[:CHAIN_BYTES]
    snapshot.write_bytes(chain + honest[CHAIN_BYTES:])
    assert not await asyncio.to_thread(replay_from_zero, tmp_path, verify=True)
    assert "snapshot and tail give the state hash" in capsys.readouterr().out.replace("\n", " ")


def _order(finding: Finding) -> tuple[object, ...]:
    return (
        finding.sequence,
        (finding.a_party, finding.a_operation_id),
        (finding.b_party, finding.b_operation_id),
        finding.rule,
    )
