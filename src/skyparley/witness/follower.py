"""Following a node's checkpoints: cosigned while the record only grows, an alarm for good when it does not.

C2SP's tlog-witness turned round: the witness asks, and makes the consistency proof itself. The log's key comes from its
owner, never from the node; tiles are believed as far as they come to the root that is signed. What was shown at an
alarm is kept. Two records that contradict each other convict whoever has the log's key; a node that shows fewer entries
than it has signed, or signs with another key, is an alarm that convicts nobody. Whatever else is no alarm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from skyparley.errors import InvalidInputError, NotFoundError, ProofError, StorageError
from skyparley.record.comparing.history import (
    Signed,
    Tiles,
    UnknownLogError,
    hashes_of,
    is_one_history,
    needed_tiles,
    signed_checkpoint,
)
from skyparley.record.notes import (
    SIGNATURE,
    Note,
    VerifierKey,
    cosign,
    format_note,
    parse_key,
    parse_note,
    verified,
    with_lines,
)
from skyparley.witness.asking import NodeRecord
from skyparley.witness.files import NOTHING_YET, WitnessFiles

WHAT_FILE: Final = "what.txt"
OURS_FILE: Final = "cosigned.txt"
SHOWN_FILE: Final = "shown.txt"


class AlarmError(ProofError):
    """The node does not go on from what it has signed. `evidence` is where both notes lie; None: it was not written.

    `told` says which node did what, when, and what that proves; empty for an alarm that was raised before.
    """

    def __init__(self, message: str, evidence: Path | None, notes: tuple[bytes, bytes], told: str = "") -> None:
        super().__init__(message)
        self.evidence = evidence
        self.notes = notes
        self.told = told


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a node does, and what the evidence of it proves to others."""

    does: str
    proves: str


_CONTRADICTS: Final = _Kind(
    "CONTRADICTS WHAT IT HAS SIGNED",
    "it convicts: whoever has the key of this log has signed both notes, which contradict each other",
)
_SHOWS_FEWER: Final = _Kind(
    "SHOWS FEWER ENTRIES THAN IT HAS SIGNED",
    "it convicts nobody: the two notes alone prove nothing to others, and may be of one history; that the node showed"
    " fewer after more, only this witness has seen",
)
_OTHER_KEY: Final = _Kind(
    "SIGNS WITH ANOTHER KEY, OR AS ANOTHER LOG",
    "it convicts nobody: no key that you trust has signed what was shown as of this log; that the node showed it, only"
    " this witness has seen",
)


@dataclass(frozen=True, slots=True)
class _Alarm:
    kind: _Kind
    what: str
    shown: bytes
    tiles: Tiles


class Follower:
    """A witness of one node: `keys` are those that its owner trusts, `clock_s` is its own clock, seconds since 1970."""

    def __init__(
        self, files: WitnessFiles, keys: tuple[VerifierKey, ...], node: NodeRecord, clock_s: Callable[[], float]
    ) -> None:
        """Raise `InvalidInputError` for keys that cannot be, `StorageError` if its file is not what it has cosigned."""
        self._files = files
        self._keys = keys
        self._node = node
        self._clock_s = clock_s
        self._brought = False
        if not any(key.kind == SIGNATURE for key in keys):
            raise InvalidInputError("no key of a log is among those that you trust: skyparley record key prints it")
        if any(key.kind == SIGNATURE and key.public == files.signer.key.public for key in keys):
            raise InvalidInputError("the key of the witness is that of the log: a witness has a key of its own")
        self.last = self._read_last()

    def _read_last(self) -> Signed | None:
        """What was cosigned last; None before the first."""
        if self._files.cosigned == NOTHING_YET:
            return None
        try:
            note = parse_note(self._files.cosigned)
            if self._files.signer.key not in verified(note, [self._files.signer.key]):
                raise ProofError("it is not signed by this witness")
            return signed_checkpoint(note, self._keys)
        except (InvalidInputError, ProofError) as error:
            raise StorageError(
                f"{self._files.cosigned_path} does not hold what this witness cosigned last, or the key of its log is"
                f" not among those that you trust ({error.message}): restore the file, or the key"
            ) from None

    async def round(self) -> list[Signed]:
        """Look at what the node shows, once; what was cosigned and handed in, mostly one checkpoint or none.

        Raises `AlarmError` for a contradiction, whose evidence is kept then, also for one that was found before; and
        another `SkyparleyError` for all that is to be tried again: no answer, nonsense, a disk that is full.
        """
        evidence = self._files.evidence()
        if evidence is not None:
            raise AlarmError("an alarm was raised before", evidence, (b"", b""))
        # in this order: the last checkpoint is never before one that was cosigned already
        joint_shown, shown = await self._node.cosigned(), await self._node.checkpoint()
        newest = await self._judged(shown)
        done: list[Signed] = []
        if self.last is not None and joint_shown is not None:
            # so that one checkpoint gets the lines of many
            joint = await self._judged(joint_shown)
            own, of_last = self._files.signer.key, joint.checkpoint == self.last.checkpoint
            self._brought |= of_last and own in verified(joint.note, [own])
            if joint.checkpoint.size >= self.last.checkpoint.size and joint.checkpoint != self.last.checkpoint:
                await self._advance(joint, joint_shown)
                done.append(joint)
        if self.last is None or newest.checkpoint != self.last.checkpoint or not self._brought:
            await self._advance(newest, shown)
            done.append(newest)
        return done

    async def _judged(self, shown: bytes) -> Signed:
        """A note that the log has signed by a key that is trusted, of the log that was followed up to here."""
        note = parse_note(shown)
        try:
            found = signed_checkpoint(note, self._keys)
            if self.last is not None and found.checkpoint.origin != self.last.checkpoint.origin:
                raise UnknownLogError(f"it is of another log, '{found.checkpoint.origin}'")
            return found
        except UnknownLogError as error:
            if self.last is not None and (said := await self._other_key(note)) is not None:
                self._alarm(_Alarm(_OTHER_KEY, f"the node signs with another key, {said}: {error.message}", shown, {}))
            raise

    async def _other_key(self, note: Note) -> str | None:
        """The key that the node says is its own, if it is the one that signed: else the note is garbled only."""
        key = parse_key(await self._node.key())
        return str(key) if key in verified(note, [key]) else None

    async def _advance(self, signed: Signed, shown: bytes) -> None:
        """Cosign a checkpoint that goes on from the last one: durable here first, then handed in."""
        if self.last is not None:
            await self._check_growth(self.last, signed, shown)
        own = self._files.signer
        known = {(key.name, key.key_id) for key in self._keys} - {(own.name, own.key.key_id)}
        others = [line for line in signed.note.signatures if (line.name, line.key_id) in known]
        line = cosign(signed.note.text, own, int(self._clock_s()))
        note = with_lines(Note(signed.note.text, ()), [*others, line])
        self._files.keep(format_note(note))
        self.last, self._brought = signed, False
        answer = parse_note(await self._node.bring(format_note(note)))
        if answer.text != note.text or own.key not in verified(answer, [own.key]):
            raise StorageError("the node took the cosignature and does not show it: it is in the file of this witness")
        self._brought = True

    async def _check_growth(self, last: Signed, signed: Signed, shown: bytes) -> None:
        """Raise an alarm if a checkpoint does not go on from the last one; `StorageError` if neither is shown."""
        one, other = last.checkpoint, signed.checkpoint
        if other.size < one.size:  # also if it is the beginning of the last one: who goes back may go another way
            self._alarm(_contradiction(signed, last, shown, {}))
        try:
            tiles = await self._node.tiles(needed_tiles(one, other))
            goes_on = is_one_history(one, other, hashes_of(tiles))
        except (NotFoundError, ProofError) as error:
            raise StorageError(
                f"not cosigned: the node does not show that its record of {other.size} entries goes on from that of"
                f" {one.size} ({error.message})"
            ) from None
        if not goes_on:
            self._alarm(_contradiction(signed, last, shown, tiles))

    def _alarm(self, alarm: _Alarm) -> NoReturn:
        """Keep the evidence, and raise `AlarmError`."""
        ours, when = self._files.cosigned, datetime.fromtimestamp(int(self._clock_s()), UTC)
        told = (
            f"the node at {self._node.url} {alarm.kind.does}\nwhen: {when:%Y-%m-%dT%H:%M:%SZ}\nwhat: {alarm.what}\n"
            f"proof: {alarm.kind.proves}\n"
        )
        try:
            texts = {WHAT_FILE: told.encode(), OURS_FILE: ours, SHOWN_FILE: alarm.shown}
            evidence = self._files.raise_alarm(texts, alarm.tiles)
        except StorageError:
            evidence = None
        raise AlarmError(alarm.what, evidence, (ours, alarm.shown), told)


def _contradiction(newest: Signed, last: Signed, shown: bytes, tiles: Tiles) -> _Alarm:
    one, other = last.checkpoint, newest.checkpoint
    kind = _CONTRADICTS
    if other.size < one.size:
        kind = _SHOWS_FEWER
        what = (
            f"the node shows a record of {other.size} entries, and has signed one of {one.size} before: it holds"
            " entries back, or an older copy was put back"
        )
    elif one.size == other.size:
        what = f"the node has signed two records of {one.size} entries with different roots"
    else:
        what = f"the record of {other.size} entries does not go on from that of {one.size}: entries were changed"
    return _Alarm(kind, what, shown, tiles)
