"""The order of things in a filing: details in the vault, entry in the log, comparison, reply."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest

from skyparley.airspace import limits
from skyparley.airspace.codec import decode_command
from skyparley.airspace.commands import RecordFindings
from skyparley.airspace.operations.commands import FileOperation
from skyparley.log.port import Draft, Entry, Log
from skyparley.node.custody.vault import Vault
from skyparley.node.node import Node
from support.logs import LogAround
from support.nodes import (
    ALPHA,
    BRAVO,
    OPERATOR,
    conflicts_of,
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


class Gate(LogAround):
    """A log that looks at the vault's file at every append, and holds appends back while it is shut."""

    def __init__(self, log: Log, vault_path: Path) -> None:
        super().__init__(log)
        self._vault_path = vault_path
        self.open = asyncio.Event()
        self.open.set()
        self.appended: list[str] = []

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Entry]:
        for draft in drafts:
            command = decode_command(draft.body)
            self.appended.append(type(command).__name__)
            if isinstance(command, FileOperation):
                self._require(command.details_digest)
            elif isinstance(command, RecordFindings):
                for finding in command.findings:
                    self._require(finding.witness_digest)
        await self.open.wait()
        return await super().append(drafts)

    def _require(self, digest: str) -> None:
        """By a connection of its own: only what is committed is seen."""
        connection = apsw.Connection(str(self._vault_path), flags=apsw.SQLITE_OPEN_READONLY)
        found = connection.execute("SELECT count(*) FROM bodies WHERE digest = ?", (bytes.fromhex(digest),)).fetchone()
        connection.close()
        assert found == (1,), "a digest was named before its body was durable"


async def gated(directory: Path) -> tuple[Node, Gate]:
    """A node with the parties alpha and bravo whose log stands behind a gate."""
    async with running(directory, noon_clock(), "alpha", "bravo"):
        pass
    gates: list[Gate] = []

    def wrap(log: Log) -> Log:
        gates.append(Gate(log, directory / "vault.sqlite"))
        return gates[0]

    return await start(directory, noon_clock(), wrap=wrap), gates[0]


async def test_bodies_are_durable_before_the_entry_that_names_them(tmp_path: Path) -> None:
    node, gate = await gated(tmp_path)
    answers = await file_all(
        node, [drone(f"d{i}", party, east_m=50.0 * i) for i in range(10) for party in ("alpha", "bravo")]
    )
    await stop(node)
    assert gate.appended.count("FileOperation") == 20
    assert "RecordFindings" in gate.appended
    assert any(answer.conflicts for answer in answers)


async def test_no_reply_before_the_entry_is_durable(tmp_path: Path) -> None:
    node, gate = await gated(tmp_path)
    gate.open.clear()
    filing = asyncio.create_task(node.file(ALPHA, drone("one")))
    await asyncio.sleep(0.1)
    assert gate.appended == ["FileOperation"]
    assert not filing.done()
    assert not node.state.operations
    gate.open.set()
    answer = await filing
    assert answer.checked_through >= answer.sequence
    await stop(node)


async def test_a_reply_carries_every_finding_up_to_its_own_sequence(tmp_path: Path) -> None:
    """At the moment of each reply the log's file already holds the findings that the reply names."""
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:

        async def file(number: int) -> tuple[int, list[str]]:
            party, author = (("alpha", ALPHA), ("bravo", BRAVO))[number % 2]
            answer = await node.file(author, drone(f"d{number}", party, east_m=40.0 * number))
            assert answer.checked_through >= answer.sequence
            connection = apsw.Connection(str(tmp_path / "log.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
            bodies = [decode_command(row[0]) for row in connection.execute("SELECT body FROM entries")]
            connection.close()
            through = [command.through for command in bodies if isinstance(command, RecordFindings)]
            assert max(through) >= answer.sequence
            return answer.sequence, [conflict.conflict_id for conflict in answer.conflicts]

        replies = await asyncio.gather(*(file(number) for number in range(60)))
        by_filing: dict[int, list[str]] = {}
        for conflict in node.conflicts(OPERATOR, None, 1_000).items:
            by_filing.setdefault(conflict.sequence, []).append(conflict.conflict_id)
    for sequence, conflict_ids in replies:
        assert sorted(conflict_ids) == sorted(by_filing.get(sequence, []))
    assert sum(len(ids) for _, ids in replies) == sum(map(len, by_filing.values()))
    assert sum(len(ids) for _, ids in replies) > 100
    replayed = await replay(tmp_path)
    assert not replayed.verification.problems
    same(replayed.from_zero, replayed.from_snapshot)


async def test_operations_of_one_party_conflict_and_are_marked(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha") as node:
        await node.file(ALPHA, drone("one"))
        (conflict,) = (await node.file(ALPHA, drone("two"))).conflicts
        assert conflict.same_party
        assert (conflict.a.operation_id, conflict.b.operation_id) == ("one", "two")


async def test_findings_of_one_filing_may_come_in_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_FINDINGS_PER_COMMAND", 4)
    async with running(tmp_path, noon_clock(), "alpha", "bravo") as node:
        await file_all(node, [drone(f"d{i}", east_m=1_000.0 * i) for i in range(11)])
        answer = await node.file(BRAVO, drone("wide", "bravo", radius_m=12_000.0))
        assert len(answer.conflicts) == 11
        again = await node.file(BRAVO, drone("again", "bravo", radius_m=12_000.0))
        assert len(again.conflicts) == 12
        assert len(node.state.conflicts) == 23
    replayed = await replay(tmp_path)
    assert replayed.verification.problems == []
    assert len(conflicts_of(replayed.from_zero)) == 23


async def test_a_race_that_was_lost_is_an_entry_and_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, noon_clock(), "alpha") as node:
        answers = await asyncio.gather(
            *(node.file(ALPHA, drone("one", radius_m=100.0 + i)) for i in range(5)), return_exceptions=True
        )
        accepted = [answer for answer in answers if not isinstance(answer, BaseException)]
        assert len(accepted) == 1
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        assert {type(error).__name__ for error in refused} == {"ConflictingStateError"}
        assert len(node.state.refused) == 4
        assert len(node.state.operations) == 1
    vault = Vault(tmp_path / "vault.sqlite")
    assert vault.last_number() == 5  # named by entries, all of them: evidence of what was asked
    vault.close()
    assert (await replay(tmp_path)).verification.problems == []
