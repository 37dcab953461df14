"""The airspace as bytes: a snapshot that is read in parts, so that no second copy of a large state is ever in memory.

Layout: 8 bytes `SKYSNAP8`; parts, each 4 bytes of length and one MessagePack array; and 32 bytes, the SHA-256 of all
before. The first part is everything but operations and conflicts: the position in the log, the state
hash and the sum that it is made of (0003), and the small lists. Then come so many operations, and so many conflicts, a
part. Every list has its order, and equal states have equal snapshots.

The checksum is the guard against damage. That the content comes to the sum is not computed again each time that it is
read, which takes longer than all else: `skyparley replay --verify` does, against a replay from zero.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from io import BytesIO
from itertools import islice
from typing import BinaryIO, Final, TypeVar

import msgspec

from skyparley.airspace.dss.items import Availability, Constraint, DssLimits, Intent, Subscription
from skyparley.airspace.dss.state import DssState
from skyparley.airspace.keeping.records import Deletion, KeyRecord, Party, RecordedConflict, RefusedEntry
from skyparley.airspace.keeping.shared import SharedCells
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.airspace.line.duty.items import LineTest, Post
from skyparley.airspace.line.negotiation.items import Alarm
from skyparley.airspace.signing.items import PartyKey, Signing
from skyparley.airspace.state import Airspace, OperationRow
from skyparley.errors import StorageError

_MAGIC: Final = b"SKYSNAP8"
_LENGTH_BYTES: Final = 4
_OF_A_PART: Final = 2_000
"""Operations, or conflicts, in one part."""
ItemT = TypeVar("ItemT")
_READ_BYTES: Final = 1 << 20


class _Content(msgspec.Struct, array_like=True, frozen=True):
    state_hash: str
    items_total: bytes
    items_count: int
    operation_parts: int
    conflict_parts: int
    sequence: int
    time_us: int
    rules_version: int
    findings_through: int
    parties: list[Party]
    agreements: list[Agreement]
    posts: list[Post]
    dialogues: list[Dialogue]
    messages: list[Message]
    line_tests: list[LineTest]
    alarms: list[Alarm]
    assistance: list[Assistance]
    calls: list[VoiceCall]
    intents: list[Intent]
    constraints: list[Constraint]
    subscriptions: list[tuple[Subscription, int]]
    availabilities: list[Availability]
    dss_limits: DssLimits
    retired: list[tuple[str, int]]
    shared_cells: list[SharedCells]
    deletions: list[Deletion]
    party_keys: list[PartyKey]
    signing: list[Signing]
    keys: list[KeyRecord]
    refused: list[RefusedEntry]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Content)
_OPERATIONS: Final = msgspec.msgpack.Decoder(list[OperationRow])
_CONFLICTS: Final = msgspec.msgpack.Decoder(list[RecordedConflict])


def encode_snapshot(state: Airspace) -> bytes:
    """The snapshot of a state; equal for equal states, whatever their history."""
    return b"".join(snapshot_parts(state))


def snapshot_parts(state: Airspace) -> Iterator[bytes]:
    """The snapshot of a state in pieces, to be written one after another; the state must not change meanwhile."""
    checksum = sha256()
    for piece in _pieces(state):
        checksum.update(piece)
        yield piece
    yield checksum.digest()


def _pieces(state: Airspace) -> Iterator[bytes]:
    yield _MAGIC
    yield _part(_content_of(state))
    for rows in _in_parts(state.operation_rows()):
        yield _part(rows)
    for conflicts in _in_parts(state.conflicts[identifier] for identifier in sorted(state.conflicts)):
        yield _part(conflicts)


def _part(content: object) -> bytes:
    body = _ENCODER.encode(content)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def _in_parts(items: Iterable[ItemT]) -> Iterator[list[ItemT]]:
    items = iter(items)
    while part := list(islice(items, _OF_A_PART)):
        yield part


def _content_of(state: Airspace) -> _Content:
    total, count = state.items
    return _Content(
        state_hash=state.state_hash(),
        items_total=total.to_bytes(32, "big"),
        items_count=count,
        operation_parts=-(-len(state.operations) // _OF_A_PART),
        conflict_parts=-(-len(state.conflicts) // _OF_A_PART),
        sequence=state.sequence,
        time_us=state.time_us,
        rules_version=state.rules_version,
        findings_through=state.findings_through,
        parties=[state.parties[party] for party in sorted(state.parties)],
        agreements=[state.line.agreements[name] for name in sorted(state.line.agreements)],
        posts=[state.line.posts[key] for key in sorted(state.line.posts)],
        dialogues=[state.line.dialogues[name] for name in sorted(state.line.dialogues)],
        messages=[state.line.messages[key] for key in sorted(state.line.messages)],
        line_tests=[state.line.line_tests[key] for key in sorted(state.line.line_tests)],
        alarms=[state.line.alarms[name] for name in sorted(state.line.alarms)],
        assistance=[state.line.assistance[name] for name in sorted(state.line.assistance)],
        calls=[state.line.calls[name] for name in sorted(state.line.calls)],
        intents=[state.dss.intents[name] for name in sorted(state.dss.intents)],
        constraints=[state.dss.constraints[name] for name in sorted(state.dss.constraints)],
        subscriptions=[(one.subscription, one.index) for _, one in sorted(state.dss.subscriptions.items())],
        availabilities=[state.dss.availabilities[uss] for uss in sorted(state.dss.availabilities)],
        dss_limits=state.dss.limits,
        retired=list(state.dss.retired.items()),
        shared_cells=[state.shared.found[key] for key in sorted(state.shared.found)],
        deletions=[state.deletions[digest] for digest in sorted(state.deletions)],
        party_keys=[state.keys.keys[name] for name in sorted(state.keys.keys)],
        signing=[state.keys.signing[party] for party in sorted(state.keys.signing)],
        keys=list(state.key_records()),
        refused=list(state.refused.values()),
    )


def decode_snapshot(data: bytes) -> Airspace:
    """The state of a snapshot. Raises `StorageError` if it is damaged, cut short, or of another format."""
    return restore_snapshot(BytesIO(data))


def check_snapshot(file: BinaryIO) -> int:
    """The entry that an undamaged snapshot is of. Raises what `decode_snapshot` raises."""
    if file.read(len(_MAGIC)) != _MAGIC:
        raise StorageError("this is not a snapshot of this version of Skyparley")
    begin = file.tell()
    _check(file)
    file.seek(begin)
    try:
        return _DECODER.decode(_next_part(file)).sequence
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"the snapshot cannot be read: {error}") from None


def restore_snapshot(file: BinaryIO, *, checked: bool = False) -> Airspace:
    """The state of a snapshot, read part by part; `checked` says that `check_snapshot` has passed it.

    Raises what `decode_snapshot` raises.
    """
    begin = file.tell()
    if not checked:  # nothing is made of what is damaged
        check_snapshot(file)
    file.seek(begin + len(_MAGIC))
    try:
        content = _DECODER.decode(_next_part(file))
        state = _restore(content)
        for _ in range(content.operation_parts):
            state.restore_operations(_OPERATIONS.decode(_next_part(file)))
        for _ in range(content.conflict_parts):
            for conflict in _CONFLICTS.decode(_next_part(file)):
                state.put_conflict(conflict)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"the snapshot cannot be read: {error}") from None
    for alarm in content.alarms:
        state.line.put_alarm(alarm)
    for shared in content.shared_cells:
        state.shared.put(shared)
    state.restore_hash(int.from_bytes(content.items_total, "big"), content.items_count)
    if state.state_hash() != content.state_hash:
        raise StorageError("the snapshot is damaged: its state hash is not that of its sum")
    return state


def _check(file: BinaryIO) -> None:
    """Raise `StorageError` unless a file ends in the checksum of all before; it stands after the magic."""
    checksum, kept = sha256(_MAGIC), b""
    while data := file.read(_READ_BYTES):
        data = kept + data
        checksum.update(data[: -checksum.digest_size])
        kept = data[-checksum.digest_size :]
    if checksum.digest() != kept:
        raise StorageError("the snapshot is damaged: its checksum does not fit")


def _next_part(file: BinaryIO) -> bytes:
    return file.read(int.from_bytes(file.read(_LENGTH_BYTES), "big"))


def _restore(content: _Content) -> Airspace:
    """A state with the small lists of a snapshot."""
    state = Airspace()
    state.sequence = content.sequence
    state.time_us = content.time_us
    state.rules_version = content.rules_version
    state.findings_through = content.findings_through
    for party in content.parties:
        state.put_party(party)
    for agreement in content.agreements:
        state.line.put_agreement(agreement)
    for post in content.posts:
        state.line.put_post(post)
    for dialogue in content.dialogues:
        state.line.put_dialogue(dialogue)
    for message in content.messages:
        state.line.put_message(message)
    for test in content.line_tests:
        state.line.put_test(test)
    for case in content.assistance:
        state.line.put_assistance(case)
    for call in content.calls:
        state.line.put_call(call)
    for deletion in content.deletions:
        state.put_deletion(deletion)
    for key in content.party_keys:
        state.keys.put(key)
    for signing in content.signing:
        state.keys.put_signing(signing)
    _restore_dss(state.dss, content)
    for record in content.keys:
        state.remember(record)
    for entry in content.refused:
        state.put_refused(entry)
    return state


def _restore_dss(dss: DssState, content: _Content) -> None:
    """In the order in which it was written: within a cell the newest comes last."""
    for subscription, index in sorted(content.subscriptions, key=lambda one: (one[0].sequence, one[0].subscription_id)):
        dss.put_subscription(subscription, index)
    for intent in sorted(content.intents, key=lambda one: (one.sequence, one.intent_id)):
        dss.put_intent(intent)
    for constraint in sorted(content.constraints, key=lambda one: (one.sequence, one.constraint_id)):
        dss.put_constraint(constraint)
    for availability in content.availabilities:
        dss.put_availability(availability)
    dss.set_limits(content.dss_limits)
    for ovn, left_us in content.retired:
        dss.retire(ovn, left_us)
