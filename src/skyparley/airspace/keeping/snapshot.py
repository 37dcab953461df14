"""The airspace as bytes: a snapshot that proves itself when it is read.

Layout: 8 bytes `SKYSNAP7`, 32 bytes SHA-256 of the rest, then one MessagePack array of the state hash and the content,
each list sorted. Equal states have equal snapshots. A reader checks the SHA-256 against damage, and computes the state
hash from the content against mistakes; a snapshot that fails either is not used, the log is replayed instead.
"""

from hashlib import sha256
from typing import Final

import msgspec

from skyparley.airspace.dss.items import Availability, Constraint, DssLimits, Intent, Subscription
from skyparley.airspace.dss.state import DssState
from skyparley.airspace.keeping.records import Deletion, KeyRecord, LiveOperation, Party, RecordedConflict, RefusedEntry
from skyparley.airspace.keeping.shared import SharedCells
from skyparley.airspace.line.agreements.items import Agreement
from skyparley.airspace.line.assistance.items import Assistance
from skyparley.airspace.line.calls.items import VoiceCall
from skyparley.airspace.line.dialogue.items import Dialogue, Message
from skyparley.airspace.line.duty.items import LineTest, Post
from skyparley.airspace.line.negotiation.items import Alarm
from skyparley.airspace.signing.items import PartyKey, Signing
from skyparley.airspace.state import Airspace
from skyparley.errors import StorageError

_MAGIC: Final = b"SKYSNAP7"
_HEAD: Final = len(_MAGIC) + 32


class _Content(msgspec.Struct, array_like=True, frozen=True):
    state_hash: str
    sequence: int
    time_us: int
    rules_version: int
    findings_through: int
    parties: list[Party]
    operations: list[LiveOperation]
    conflicts: list[RecordedConflict]
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


def encode_snapshot(state: Airspace) -> bytes:
    """The snapshot of a state; equal for equal states, whatever their history."""
    content = _Content(
        state_hash=state.state_hash(),
        sequence=state.sequence,
        time_us=state.time_us,
        rules_version=state.rules_version,
        findings_through=state.findings_through,
        parties=[state.parties[party] for party in sorted(state.parties)],
        operations=[state.operations[key] for key in sorted(state.operations)],
        conflicts=[state.conflicts[identifier] for identifier in sorted(state.conflicts)],
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
    body = _ENCODER.encode(content)
    return _MAGIC + sha256(body).digest() + body


def decode_snapshot(data: bytes) -> Airspace:
    """The state of a snapshot. Raises `StorageError` if it is damaged, cut short, or of another format."""
    if data[: len(_MAGIC)] != _MAGIC:
        raise StorageError("this is not a snapshot of this version of Skyparley")
    body = data[_HEAD:]
    if sha256(body).digest() != data[len(_MAGIC) : _HEAD]:
        raise StorageError("the snapshot is damaged: its checksum does not fit")
    try:
        content = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"the snapshot cannot be read: {error}") from None
    state = _restore(content)
    if state.state_hash() != content.state_hash:
        raise StorageError("the snapshot is damaged: its state hash does not fit its content")
    return state


def _restore(content: _Content) -> Airspace:
    state = Airspace()
    state.sequence = content.sequence
    state.time_us = content.time_us
    state.rules_version = content.rules_version
    state.findings_through = content.findings_through
    for party in content.parties:
        state.put_party(party)
    for operation in sorted(content.operations, key=lambda operation: (operation.details_sequence, operation.key)):
        state.put_operation(operation)
    for conflict in content.conflicts:
        state.put_conflict(conflict)
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
    for alarm in content.alarms:
        state.line.put_alarm(alarm)
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
    for shared in content.shared_cells:
        state.shared.put(shared)
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
