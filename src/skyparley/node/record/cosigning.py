"""Cosignatures of this node's checkpoints: whose are taken, what is checked, which are kept (C2SP tlog-cosignature).

A cosigner has seen that the record only grew up to a checkpoint, and says so with a key that the node does not have.
The node keeps what it can verify for itself: its own signature, its own tree, and a cosigner that it was told of.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from skyparley.airspace.signing.items import KeyState
from skyparley.errors import ConflictingStateError, ForbiddenError, InvalidInputError, NotFoundError, ProofError
from skyparley.node.engine import Clock
from skyparley.node.record.store import RecordStore
from skyparley.record.merkle import range_root
from skyparley.record.notes import (
    COSIGNATURE,
    Checkpoint,
    Note,
    VerifierKey,
    format_checkpoint,
    parse_checkpoint,
    parse_note,
    verified,
    with_lines,
)

MAX_COSIGNERS: Final = 32
MAX_AGE_S: Final = 3_600
"""A cosignature is of the last hour when it arrives,"""
MAX_AHEAD_S: Final = 300
"""or ahead of this node's clock by no more than clocks differ."""


@dataclass(frozen=True, slots=True)
class Cosigners:
    """Whose cosignatures are taken: `known` is asked each time. `clock` is this node's."""

    known: Callable[[], Sequence[VerifierKey]]
    clock: Clock


NOBODY: Final = Cosigners(tuple, lambda: 0)


def cosigners_of(named: Callable[[], Sequence[VerifierKey]], keys: KeyState, clock: Clock) -> Cosigners:
    """Those that the operator has named, and those that parties have registered for checkpoints, named as the party."""

    def known() -> Sequence[VerifierKey]:
        found = {key.name: key for key in named()}
        for key in keys.cosigners(clock()):
            found.setdefault(key.party, VerifierKey(key.party, COSIGNATURE, key.public_key))
        return tuple(found.values())[:MAX_COSIGNERS]

    return Cosigners(known, clock)


def check_cosigners(keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys of cosigners. Raises `InvalidInputError` for too many, keys of another kind, and two of one name."""
    found = tuple(dict.fromkeys(keys))
    if len(found) > MAX_COSIGNERS:
        raise InvalidInputError(f"a node has at most {MAX_COSIGNERS} cosigners; here are {len(found)}")
    for key in found:
        if key.kind != COSIGNATURE:
            raise InvalidInputError(f"the key of {key.name} is none of a cosigner: skyparley witness prints the line")
    if len({key.name for key in found}) < len(found):
        raise InvalidInputError("two cosigners have one name: let one of them take another")
    return found


class Cosigning:
    """Takes cosignatures of what `log_key` has signed into a store, whose writes are for `thread`."""

    def __init__(
        self, store: RecordStore, log_key: VerifierKey, cosigners: Cosigners, thread: ThreadPoolExecutor
    ) -> None:
        self._store = store
        self._log_key = log_key
        self._cosigners = cosigners
        self._thread = thread

    @property
    def newest(self) -> bytes:
        """The newest checkpoint that anybody has cosigned, with all its lines. Raises `NotFoundError`."""
        found = self._store.newest_cosigned()
        if not found:
            raise NotFoundError("nobody has cosigned a checkpoint of this node yet")
        return found

    async def take(self, data: bytes) -> bytes:
        """Keep the cosignatures of a note, durable when it returns; the checkpoint with all the lines it has now.

        What is kept already is kept as it was. Raises `InvalidInputError` for what is no checkpoint, `ProofError` for
        signatures that do not fit, `ForbiddenError` for a stranger's, `ConflictingStateError` for another record than
        this node's, `StorageError`.
        """
        note = parse_note(data)
        checkpoint = parse_checkpoint(note.text)
        keys = [key for key in self._cosigners.known() if key.public != self._log_key.public]
        signed = verified(note, [self._log_key, *keys])
        if self._log_key not in signed:
            raise ProofError("this node has not signed that checkpoint: its own line must stand in the note")
        times_s = {key: time_s for key, time_s in signed.items() if time_s is not None}
        if not times_s:
            raise ForbiddenError(
                "no cosigner that this node knows has signed it: a party registers the key of its witness (skyparley"
                " keys witness), or the operator names it in the file of SKYPARLEY_WITNESSES"
            )
        self._check_times(times_s.values())
        self._check_record(note, checkpoint)
        ids = {(key.name, key.key_id) for key in (self._log_key, *times_s)}
        known = [line for line in note.signatures if (line.name, line.key_id) in ids]
        own_first = sorted(known, key=lambda line: line.key_id != self._log_key.key_id)
        kept = with_lines(Note(note.text, ()), own_first)
        loop = asyncio.get_running_loop()
        return await asyncio.shield(
            loop.run_in_executor(self._thread, self._store.keep_cosigned, checkpoint.size, kept)
        )

    def _check_times(self, times_s: Iterable[int]) -> None:
        now_s = self._cosigners.clock() // 1_000_000
        for time_s in times_s:
            if not now_s - MAX_AGE_S <= time_s <= now_s + MAX_AHEAD_S:
                raise InvalidInputError(
                    f"the cosignature is of {time_s} s after 1970, and this node's clock says {now_s}: set the clock"
                    " that is wrong, or cosign a newer checkpoint"
                )

    def _check_record(self, note: Note, checkpoint: Checkpoint) -> None:
        """That the checkpoint, which this node's key has signed, is of the record that it holds."""
        size = self._store.size
        if checkpoint.size > size:
            raise ConflictingStateError(
                f"this node's key has signed a record of {checkpoint.size} entries, and the node holds {size}: it has"
                " lost some, or another one has its key; keep that note"
            )
        root = range_root(self._store.hash_of, 0, checkpoint.size)
        if note.text != format_checkpoint(Checkpoint(self._log_key.name, checkpoint.size, root)):
            raise ConflictingStateError(
                f"this node's key has signed another record of {checkpoint.size} entries than the one that the node"
                " holds: it was rewritten, or another one has its key; keep that note"
            )
