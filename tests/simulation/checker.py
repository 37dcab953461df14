"""What must hold of a node at rest, whatever happened before: checked against the log and by brute force."""

import itertools
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from skyparley.airspace.apply import apply
from skyparley.airspace.commands import RecordFindings
from skyparley.airspace.events import OperationChanged, OperationLeft, Verdict
from skyparley.airspace.state import Airspace
from skyparley.conflict.codec import digest, encode_conflict
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.search import ConflictIndex
from skyparley.log.port import Entry, Log
from skyparley.node.custody.details import details_of, read_details
from skyparley.node.custody.orphans import named_digests
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import event_of
from skyparley.node.node import Node
from skyparley.node.recovery import recover, verify
from support.nodes import conflicts_of, same


async def entries_of(log: Log) -> list[Entry]:
    head = (await log.head()).sequence
    found: list[Entry] = []
    while len(found) < head:
        async for group in log.entries(len(found)):
            found.extend(group)
            break
    return found


async def check_no_orphans(log: Log, vault: Vault) -> None:
    """Once a node has opened them, the vault holds nothing that no entry names."""
    named = {digest for entry in await entries_of(log) for digest in named_digests(entry)}
    held = vault.digests_between(0, vault.last_number())
    assert set(held) <= named


async def check_everything(node: Node, log: Log, directory: Path, asked: Sequence[Any], seen: Counter[str]) -> None:
    """All invariants; `asked` is what parties asked and were answered, `seen` counts what the checks met."""
    state = Airspace()
    accepted: dict[tuple[str, str], list[int]] = {}
    findings: dict[int, set[str]] = {}
    shown: dict[int, list[tuple[str, str, str, int]]] = {}
    time_us = 0
    for entry in await entries_of(log):
        assert entry.time_us > time_us
        time_us = entry.time_us
        event = event_of(entry)
        outcome = apply(state, event)
        seen[f"{type(event.command).__name__} {outcome.verdict}"] += 1
        if outcome.verdict is Verdict.ACCEPTED:
            accepted.setdefault((event.party, event.idempotency_key), []).append(event.sequence)
            if isinstance(event.command, RecordFindings):
                for finding in event.command.findings:
                    findings.setdefault(finding.sequence, set()).add(finding.witness_digest)
        shown[event.sequence] = [
            (change.operation.party, change.operation.operation_id, change.operation.state, change.operation.version)
            for change in outcome.changes
            if isinstance(change, OperationChanged | OperationLeft)
        ]
    for (party, key), sequences in accepted.items():
        assert not key or len(sequences) == 1, f"{party} {key} was done twice: {sequences}"
    same(node.state, state)
    same(node.state, (await recover(log, directory)).state)
    assert (await verify(log, node.vault, DEFAULT_MINIMA)).problems == []
    assert conflicts_of(state) == by_brute_force(node)
    check_answers(node, asked, accepted, findings, shown)
    seen["conflicts"] += len(state.conflicts)
    assert state.findings_through >= max((live.details_sequence for live in state.operations.values()), default=0)


def by_brute_force(node: Node) -> list[tuple[str, ...]]:
    """The conflicts of what is live: each pair by itself, from what the vault holds."""
    held = [read_details(node.vault.body(live.details_digest)) for _, live in sorted(node.state.operations.items())]
    operations = [details.operation for details in held]
    salts = {details.operation.ref: details.salt for details in held}
    found = []
    for a, b in itertools.combinations(operations, 2):
        index = ConflictIndex()
        index.insert(a)
        for conflict in index.check(b):
            sides = (conflict.a.party, conflict.a.operation_id, conflict.b.party, conflict.b.operation_id)
            salt = sha256(b"skyparley witness 1\n" + salts[conflict.a] + salts[conflict.b]).digest()[:16]
            kept = b"skyparley witness 1\n" + salt + encode_conflict(conflict)
            found.append((*sides, conflict.rule.value, digest(kept)))
    return sorted(found)


def check_answers(
    node: Node,
    asked: Sequence[Any],
    accepted: dict[tuple[str, str], list[int]],
    findings: dict[int, set[str]],
    shown: dict[int, list[tuple[str, str, str, int]]],
) -> None:
    """No acknowledged command is lost: its entry says what the answer said, and its details are in the vault."""
    for item in asked:
        if item.answer is None:
            continue
        party, sequence = item.author.party, item.answer.sequence
        assert accepted[party, item.key] == [sequence]
        changed = [change for change in shown[sequence] if change[:2] == (party, item.name)]
        assert changed, "the entry of an answer changed its operation"
        if item.what not in ("file", "amend", "declare"):
            continue
        if item.answer.checked_through < sequence:  # cut off by a death, and gone before anybody compared it
            live = node.state.operation(party, item.name)
            assert live is None or live.details_sequence != sequence
            assert item.answer.conflicts == []
            continue
        told = [conflict for conflict in item.answer.conflicts if conflict.sequence == sequence]
        assert len(told) <= len(findings.get(sequence, ()))
        details = details_of(item.operation, node.vault.secret)
        assert node.vault.body(details.digest) == details.data
        view = item.answer.operation
        if (view.state, view.version) == changed[-1][2:]:  # not an answer that was made later, from what was live then
            assert view.sequence == sequence
