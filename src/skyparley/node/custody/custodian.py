"""The custodian: compares what was filed exactly, in log order, off the apply loop.

What it finds becomes one entry for a run of filings: findings with digests of both inputs and of the witness, which is
durable in the vault first. So two clashing operations filed in the same millisecond are both told. The comparison runs
on one worker thread, so that it never holds up the loop and never meets itself; its index is tidied on another.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from skyparley.airspace.codec import findings_commands
from skyparley.airspace.commands import RecordFindings
from skyparley.airspace.line.agreements.numbers import agreed_minima
from skyparley.airspace.state import Airspace
from skyparley.conflict.codec import decode_conflict
from skyparley.conflict.minima import SeparationMinima, SeparationMinimum
from skyparley.conflict.operation import Conflict, Operation, OperationRef
from skyparley.conflict.search import ALGORITHM
from skyparley.errors import SkyparleyError, StorageError
from skyparley.geometry.bounds import Box
from skyparley.node.custody.comparison import Agreed, Compared, Comparison, Filed, Step, filed, steps_of
from skyparley.node.custody.details import Details, read_details, read_witness
from skyparley.node.custody.index_file import KeptIndex
from skyparley.node.custody.standing import Progress, comparison_of, keep
from skyparley.node.custody.vault import Vault
from skyparley.node.engine import Applied

MAX_BATCH: Final = 256
WITNESS_CACHE: Final = 20_000
RECENT_OPERATIONS: Final = 2_000
RECENT_BYTES: Final = 16 * 1024 * 1024
"""So many are kept as they were filed, of at most so many encoded bytes (in memory a polygon takes some ten times as
much): for their comparison, and for the answers and events that tell of them."""
RETRY_S: Final = 1.0
REST_S: Final = 5.0
"""So long a node that stops waits for what was compared to be recorded."""
_log: Final = logging.getLogger(__name__)

Record = Callable[[RecordFindings], Awaitable[object]]


class Custodian:
    """Exact comparison for the parties that this node hosts. Lives on the event loop's thread, with two workers."""

    def __init__(self, vault: Vault, record: Record, state: Airspace, minima: SeparationMinima) -> None:
        self.through = state.findings_through
        self.complaint: str | None = None
        self._stopped = False
        self._at_work = asyncio.Lock()
        self._resting = False
        self._loop = asyncio.get_running_loop()
        self._vault = vault
        self._record = record
        self._state = state
        self._defaults = minima
        self._comparison = Comparison(self.details, agreed_minima(state, minima))
        self._work: deque[Step] = deque()
        self._wake = asyncio.Event()
        self._recent: OrderedDict[str, Details] = OrderedDict()
        self._recent_bytes = 0
        self._witnesses: OrderedDict[str, Conflict] = OrderedDict()
        self._waiting: deque[tuple[int, asyncio.Future[int]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="custodian")
        self._merger = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._merging: asyncio.Future[None] | None = None

    @property
    def backlog(self) -> int:
        """How many filings and departures are not compared yet."""
        return len(self._work)

    def box(self, ref: OperationRef) -> Box | None:
        """The bounding box of a compared operation."""
        return self._comparison.columns.box(ref)

    def lend(self, details: Details) -> None:
        """Hand over an operation that is about to be filed, so that it need not be read back from the vault."""
        self.forget(details.digest)
        self._recent[details.digest] = details
        self._recent_bytes += len(details.data)
        while len(self._recent) > RECENT_OPERATIONS or self._recent_bytes > RECENT_BYTES:
            self.forget(next(iter(self._recent)))

    def forget(self, details_digest: str) -> None:
        """Take back what was lent: the command was refused."""
        details = self._recent.pop(details_digest, None)
        if details is not None:
            self._recent_bytes -= len(details.data)

    def operation(self, details_digest: str) -> Operation:
        """The operation of a details digest: one that was just filed, else from the vault."""
        return self.details(details_digest).operation

    def details(self, details_digest: str) -> Details:
        """The details of a digest: just filed, or from the vault."""
        details = self._recent.get(details_digest)
        return read_details(self._vault.body(details_digest)) if details is None else details

    async def load(self, kept: KeptIndex | None = None, progress: Progress | None = None) -> None:
        """Take in what is live at start; filings after `through` are compared in their order, the others only kept.

        So are the flights of parties whose minima changed after it. What a kept index has need not be read.
        """
        minima = agreed_minima(self._state, self._defaults)
        self._comparison = await self._loop.run_in_executor(
            self._thread, comparison_of, self._state, self.through, minima, self.details, kept, progress
        )
        owed: list[Step] = [
            filed(self._state.operations[key], compare=True) for _, key in self._state.pending_filings()
        ]
        owed += [
            Agreed(agreement.minima_sequence, frozenset(agreement.members), minima)
            for agreement in self._state.line.agreements.values()
            if agreement.minima_sequence > self.through
        ]
        self._push(sorted(owed, key=lambda step: step.sequence))

    def follow(self, applied: Applied) -> None:
        """Take note of what an entry changed. Called for every entry, in log order."""
        if applied.outcome.changes:
            self._push(steps_of(applied.sequence, applied.outcome, self._state, self._defaults))

    async def run(self) -> None:
        """Compare what comes in, for ever; what cannot be recorded is tried again until it can."""
        while True:
            while not self._work:
                self._wake.clear()
                await self._wake.wait()
            async with self._at_work:
                batch = self._next_batch()
                try:
                    compared = await self._loop.run_in_executor(self._thread, self._comparison.advance, batch)
                except Exception as error:
                    self._stop(batch[-1].sequence, error)
                    return
                self._merge_if_due()
                for witness_digest, _, conflict in compared.witnesses:
                    self._remember(witness_digest, conflict)
                if any(isinstance(step, Filed | Agreed) for step in batch):
                    await self._record_until_done(compared, batch[-1].sequence)

    async def rest(self) -> None:
        """Have what is being compared recorded, and begin nothing more, so that what is held can be kept. For good:
        `close` follows, which waits for a comparison, too.

        For the recording it waits `REST_S` at most, and not at all if nothing can be recorded now.
        """
        if self._resting or self.complaint is not None:
            return
        self._resting = True
        resting = asyncio.create_task(self._at_work.acquire())  # who asks first gets it before the next batch
        await self._loop.run_in_executor(self._thread, lambda: None)  # behind what is being compared
        await asyncio.wait([resting], timeout=REST_S)
        resting.cancel()

    async def compared(self, sequence: int) -> int:
        """Up to where findings are durable and applied, once that is at least a sequence.

        Raises `StorageError` if they cannot be recorded now; they will be, later.
        """
        if self.through >= sequence:
            return self.through
        if self._stopped and self.complaint is not None:
            raise StorageError(self.complaint)
        future: asyncio.Future[int] = self._loop.create_future()
        self._waiting.append((sequence, future))
        return await future

    def covered(self, through: int) -> None:
        """Findings up to `through` are durable and applied."""
        self.through = through
        waiting, self._waiting = self._waiting, deque()
        for sequence, future in waiting:
            if sequence > through:
                self._waiting.append((sequence, future))
            elif not future.done():
                future.set_result(through)

    async def check(self, operation: Operation) -> list[Conflict]:
        """A dry run: one operation against everything compared so far. Nothing is filed."""
        index = self._comparison.index
        return await self._loop.run_in_executor(self._thread, index.check, operation)

    async def check_together(self, operations: list[Operation]) -> tuple[list[Conflict], SeparationMinimum]:
        """A dry run of operations in place of those of the same name, and the largest minimum by which it is made."""
        found = await self._loop.run_in_executor(self._thread, self._comparison.check_together, operations)
        return found, self._comparison.index.minima.largest()

    def witness(self, witness_digest: str) -> Conflict:
        """The witness that a finding names."""
        found = self._witnesses.get(witness_digest)
        if found is None:
            found = decode_conflict(read_witness(self._vault.body(witness_digest)))
            self._remember(witness_digest, found)
        return found

    def keep(self, sequence: int, chain: bytes) -> KeptIndex | None:
        """What is held, to be kept as of the log's end; None if that is more than what was recorded. After `close`.

        What waits to be compared, or to be taken out, does not matter: whoever takes it over goes by the state.
        """
        kept = keep(self._comparison, sequence, chain)
        newest = int(kept.rows["sequence"].max(initial=0))
        return kept if newest <= self._state.findings_through else None

    def close(self) -> None:
        """Stop the worker threads once they are idle."""
        self._resting = True
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._merger.shutdown(wait=True, cancel_futures=True)

    def _push(self, steps: Iterable[Step]) -> None:
        self._work.extend(steps)
        self._wake.set()

    def _merge_if_due(self) -> None:
        """The index takes what was filed into its sorted part on a thread of its own, beside the comparison."""
        if self._comparison.index.merge_due and (self._merging is None or self._merging.done()):
            self._merging = self._loop.run_in_executor(self._merger, self._comparison.index.merge)
            self._merging.add_done_callback(_told)

    def _next_batch(self) -> list[Step]:
        """Steps of whole entries: what one entry changed is never cut in two."""
        batch = [self._work.popleft()]
        while self._work and (len(batch) < MAX_BATCH or self._work[0].sequence == batch[-1].sequence):
            batch.append(self._work.popleft())
        return batch

    async def _record_until_done(self, compared: Compared, through: int) -> None:
        owed = deque(findings_commands(self.through, through, ALGORITHM, compared.findings))
        while owed:
            try:
                if compared.witnesses:
                    await self._vault.put_bodies((name, "", data) for name, data, _ in compared.witnesses)
                    compared.witnesses.clear()
                await self._record(owed[0])
                owed.popleft()
            except SkyparleyError as error:
                self.complaint = f"findings cannot be recorded: {error.message}"
                self._fail_waiting()
                await asyncio.sleep(RETRY_S)
            else:
                self.complaint = None

    def _stop(self, sequence: int, error: Exception) -> None:
        """A comparison that fails would fail again, and none may be left out: nothing is compared any more."""
        what = error.message if isinstance(error, SkyparleyError) else f"{type(error).__name__}: {error}"
        _log.error("the comparison stopped", exc_info=error)
        self._stopped = True
        self.complaint = f"the comparison stopped before entry {sequence}: {what}; restart the node"
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        waiting, self._waiting = self._waiting, deque()
        for _, future in waiting:
            if not future.done():
                future.set_exception(StorageError(self.complaint or "findings cannot be recorded"))

    def _remember(self, witness_digest: str, conflict: Conflict) -> None:
        self._witnesses[witness_digest] = conflict
        if len(self._witnesses) > WITNESS_CACHE:
            self._witnesses.popitem(last=False)


def _told(merging: asyncio.Future[None]) -> None:
    """A merge that fails is told; the index answers as before, and the next one tries again."""
    if not merging.cancelled() and (error := merging.exception()) is not None:
        _log.error("the index could not be merged", exc_info=error)
