"""Puts a million filed operations into a data directory: through the rules, the log, the vault and the comparison.

Operations are made, covered with cells and encoded by processes of their own; this one keeps their details, orders and
applies the commands, compares every filing exactly with all before it, and records what is found. What is left out is
HTTP, and that a client waits for one answer after another. It takes up where it was stopped, chunk by chunk.
"""

import asyncio
import multiprocessing
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Final

from bench.serving import POOL
from bench.traffic import operations
from skyparley.airspace.apply import apply
from skyparley.airspace.codec import command_kind, content_digest, decode_command, encode_command, findings_commands
from skyparley.airspace.events import Event, Verdict
from skyparley.airspace.state import Airspace
from skyparley.cli.compose import clock_us, running_node
from skyparley.conflict.minima import DEFAULT_MINIMA
from skyparley.conflict.search import ALGORITHM
from skyparley.log.port import Draft
from skyparley.log.sqlite import SqliteLog
from skyparley.node.custody.comparison import Comparison, Step, steps_of
from skyparley.node.custody.details import Details, details_of, filing_of, read_details
from skyparley.node.custody.orphans import reconcile_vault
from skyparley.node.custody.vault import Vault
from skyparley.node.dice import Dice
from skyparley.node.dss.history import HISTORY_FILE, History
from skyparley.node.record.recorder import Recorder
from skyparley.node.record.store import RECORD_FILE, RecordStore
from skyparley.node.recovery import catch_up
from skyparley.node.storage import open_directory
from skyparley.record.authorship import BEARER_ATTESTED, NODE
from skyparley.record.envelope import SALT_BYTES, Header, body_digest, encode_header

PARTIES: Final = 8
CHUNK: Final = 2_000
GROUP: Final = 250
_MAKERS: Final = 2
_AHEAD: Final = 4
_AHEAD_US: Final = 3 * 86_400_000_000
"""Operations begin in three days, so that all are live for longer than any run."""

Made = list[tuple[str, bytes, bytes]]
"""Party, body of the command, and details as they are kept, of each filing."""


async def fill(data: Path, filed: int) -> str:
    """File so many operations of several parties; the API key of the first. `filed` is a multiple of CHUNK."""
    async with running_node(data, pool=POOL) as node:
        operator = node.authenticate((data / "operator.key").read_text())
        for number in range(PARTIES):
            await node.register_party(operator, _party(number), _party(number), "utm_provider")
        key = (await node.create_key(operator, _party(0))).api_key
    directory = open_directory(data)
    vault = Vault(directory.vault_path)
    log = await SqliteLog.open(directory.log_path, pool=POOL, clock=clock_us)
    history = History(data / HISTORY_FILE)
    recorder = Recorder(log, RecordStore(data / RECORD_FILE), POOL)
    await recorder.start()
    recording = asyncio.create_task(recorder.run())
    filler = _Filler(log, vault, history)
    try:
        await filler.begin()
        await filler.run(filed // CHUNK)
        await reconcile_vault(log, vault, filler.state.sequence)
        head = await log.head()
        directory.save_snapshot(filler.state, head.chain)
    finally:
        await log.close()
        await asyncio.gather(recording, return_exceptions=True)
        await recorder.close()
        await history.close()
        vault.close()
        directory.close()
    return key


class _Filler:
    """One airspace and one comparison, brought forward by groups of filings."""

    def __init__(self, log: SqliteLog, vault: Vault, history: History) -> None:
        self.state = Airspace()
        self._log = log
        self._vault = vault
        self._history = history
        self._dice = Dice()
        self._fresh: dict[str, Details] = {}
        self._comparison = Comparison(self._fresh.__getitem__, DEFAULT_MINIMA)

    async def begin(self) -> None:
        """Apply what stands in the log already: who the parties are."""
        await catch_up(self._log, self.state, (await self._log.head()).sequence)

    async def run(self, chunks: int) -> None:
        """File so many chunks, in order, made ahead by others."""
        begin_us = clock_us() + _AHEAD_US
        with ProcessPoolExecutor(_MAKERS, multiprocessing.get_context("spawn")) as makers:
            made: deque[Future[Made]] = deque()
            for number in range(chunks + _AHEAD):
                if number < chunks:
                    made.append(makers.submit(make, number, begin_us, self._vault.secret))
                if number >= _AHEAD:
                    chunk = await asyncio.wrap_future(made.popleft())
                    for begin in range(0, len(chunk), GROUP):
                        await self._file(chunk[begin : begin + GROUP])

    async def _file(self, made: Made) -> None:
        """File a group, compare it, and record what is found."""
        details = [read_details(data) for _, _, data in made]
        self._fresh.update((one.digest, one) for one in details)
        await self._vault.put_bodies(
            (one.digest, party, one.data) for one, (party, _, _) in zip(details, made, strict=True)
        )
        steps = await self._append([(party, body) for party, body, _ in made])
        compared = await asyncio.to_thread(self._comparison.advance, steps)
        self._fresh.clear()
        await self._vault.put_bodies((name, "", data) for name, data, _ in compared.witnesses)
        for command in findings_commands(
            self.state.findings_through, self.state.sequence, ALGORITHM, compared.findings
        ):
            await self._append([("", encode_command(command))])

    async def _append(self, commands: list[tuple[str, bytes]]) -> list[Step]:
        """Order, store and apply commands, given by party and body; what they mean for the comparison."""
        decoded = [decode_command(body) for _, body in commands]
        drafts = []
        for (party, body), command in zip(commands, decoded, strict=True):
            salt = self._dice.draw(SALT_BYTES)
            header = Header(
                pool=POOL,
                kind=command_kind(command),
                party=party,
                authentication=BEARER_ATTESTED if party else NODE,
                key_id="",
                idempotency_key="",
                claimed_time_us=clock_us(),
                body_digest=body_digest(salt, body),
            )
            drafts.append(Draft(encode_header(header), salt, body))
        steps: list[Step] = []
        for entry, (party, body), command in zip(await self._log.append(drafts), commands, decoded, strict=True):
            event = Event(
                party=party,
                authentication=BEARER_ATTESTED if party else NODE,
                command=command,
                content_digest=content_digest(body),
                sequence=entry.sequence,
                time_us=entry.time_us,
            )
            outcome = apply(self.state, event)
            if outcome.verdict is not Verdict.ACCEPTED:
                raise RuntimeError(f"entry {entry.sequence} was {outcome.verdict}: {outcome.refusal}")
            self._history.note(command, outcome)
            steps += steps_of(entry.sequence, outcome, self.state, DEFAULT_MINIMA)
        return steps


def make(number: int, begin_us: int, secret: bytes) -> Made:
    """A chunk of filings; all that is needed follows from its number."""
    party = _party(number % PARTIES)
    made = operations(CHUNK, seed=number, begin_us=begin_us, party=party, prefix=f"op-{number:04}", alone=True)
    found = [details_of(operation, secret) for operation in made]
    return [(party, encode_command(filing_of(one)), one.data) for one in found]


def _party(number: int) -> str:
    return f"party-{number}"
