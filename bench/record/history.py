"""A long history as parties make it: filings signed by their own keys, with idempotency keys, and what the node adds.

Everything follows from its sequence, so that any part can be made, and signed, by another process. Of twelve entries
nine are signed by parties (five filings, two activations, an end, a cancellation), two record findings, one is a tick.
Operations are short and end by time: about 700 are live at a time, and a day's 65,000 idempotency keys are remembered.
"""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from skyparley.airspace.codec import command_kind, encode_command
from skyparley.airspace.commands import Command, Finding, RecordFindings, RegisterParty, Tick
from skyparley.airspace.operations.commands import (
    ActivateOperation,
    CancelOperation,
    EndOperation,
    Extent,
    FileOperation,
)
from skyparley.airspace.signing.commands import ENTRIES, RegisterKey
from skyparley.conflict.operation import Rule
from skyparley.record.authorship import NODE, PARTY_SIGNED, format_key_line, key_id_of, sign_header
from skyparley.record.base64 import to_base64
from skyparley.record.envelope import Header, body_digest, encode_header
from skyparley.record.export.segment import Shown
from skyparley.record.export.writing import show

POOL: Final = "bench"
PARTIES: Final = ("coast", "harbour", "north", "ridge", "valley")
CYCLE: Final = 12
_BEGIN_US: Final = 1_800_000_000_000_000
_STEP_US: Final = 1_000_003
"""Between two entries: a million of them are eleven and a half days."""
_LASTING_US: Final = 20 * 60 * 1_000_000
_VALID_US: Final = 365 * 86_400 * 1_000_000
_CELL_STEP: Final = 0x8


@dataclass(frozen=True, slots=True)
class _Key:
    private: Ed25519PrivateKey
    public: bytes
    key_id: str


def _key_of(party: str) -> _Key:
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"bench key of " + party.encode()).digest())
    public = private.public_key().public_bytes_raw()
    return _Key(private, public, key_id_of(public))


_KEYS: Final = {party: _key_of(party) for party in PARTIES}


def key_lines() -> str:
    """The public keys of the parties, as lines of a file of keys."""
    return "".join(f"{format_key_line(party, key.public)}\n" for party, key in _KEYS.items())


def public_keys() -> dict[str, bytes]:
    """The public keys by party."""
    return {party: key.public for party, key in _KEYS.items()}


def entries(first: int, count: int) -> list[Shown]:
    """The entries from a sequence on."""
    return [_entry(sequence) for sequence in range(first, first + count)]


def _entry(sequence: int) -> Shown:
    party, command = _command(sequence)
    body, dice = encode_command(command), hashlib.sha512(b"bench salt %d" % sequence).digest()
    salt, time_us = dice[:16], _BEGIN_US + sequence * _STEP_US + int.from_bytes(dice[32:34], "big")
    header = encode_header(
        Header(
            pool=POOL,
            kind=command_kind(command),
            party=party,
            authentication=PARTY_SIGNED if party else NODE,
            key_id=_KEYS[party].key_id if party else "",
            idempotency_key=str(uuid.UUID(bytes=dice[16:32], version=4)) if party else "",
            claimed_time_us=time_us - 1_000 - int.from_bytes(dice[34:36], "big"),
            body_digest=body_digest(salt, body),
        )
    )
    return show(sequence, time_us, header, sign_header(header, _KEYS[party].private) if party else b"", salt, body)


def _command(sequence: int) -> tuple[str, Command]:
    """Who says what at a sequence: parties are admitted and register their keys first, then come cycles of twelve."""
    cycle, step = divmod(sequence - 2 * len(PARTIES) - 1, CYCLE)
    if cycle < 0:
        party = PARTIES[(sequence - 1) % len(PARTIES)]
        if sequence <= len(PARTIES):
            return "", RegisterParty(party, party.title(), "utm_provider")
        key = _KEYS[party]
        return party, RegisterKey(key.key_id, to_base64(key.public), ENTRIES, _BEGIN_US, _BEGIN_US + _VALID_US)
    begin = sequence - step
    if step in {0, 1, 2, 5, 6}:
        return _owner(sequence), _filing(sequence)
    if step in {4, 7}:
        filed = begin + (step == 7)
        return _owner(filed), ActivateOperation(_name(filed), 1)
    if step == 9:
        return _owner(begin), EndOperation(_name(begin), 2)
    if step == 10:
        return _owner(begin + 2), CancelOperation(_name(begin + 2), 1)
    if step == 3:
        return "", _findings(begin - CYCLE + 7 if cycle else 0, sequence - 1, begin if cycle % 2 else None)
    return "", _findings(begin + 2, sequence - 1, None) if step == 8 else Tick()


def _owner(filed: int) -> str:
    return PARTIES[hashlib.sha256(b"bench owner %d" % filed).digest()[0] % len(PARTIES)]


def _filing(sequence: int) -> FileOperation:
    dice = hashlib.sha256(b"bench place %d" % sequence).digest()
    extents = []
    begin_us = _BEGIN_US + (sequence + 300) * _STEP_US
    for part in range(3):
        cell = 0x47800000 + (int.from_bytes(dice[4 * part : 4 * part + 3], "big") << 3) % 0x300000 | 0x4
        cells = tuple(f"{cell + _CELL_STEP * at:08x}" for at in range(6))
        lower_mm = 100_000 * (dice[12 + part] % 5)
        extents.append(Extent(cells, lower_mm, lower_mm + 120_000, "WGS84", begin_us, begin_us + _LASTING_US))
        begin_us += _LASTING_US // 2
    return FileOperation(_name(sequence), "drone", tuple(extents), _digest(sequence))


def _findings(after: int, through: int, first: int | None) -> RecordFindings:
    """That all was compared, and that a filing conflicts with the one before it, if one is named."""
    findings = ()
    if first is not None:
        sides = sorted((_owner(filed), _name(filed), _digest(filed)) for filed in (first, first + 1))
        findings = (Finding(first + 1, *sides[0], *sides[1], str(Rule.VOLUME_OVERLAP), True, _digest(-first)),)
    return RecordFindings(after, through, "skyparley-conflict/1", findings)


def _name(sequence: int) -> str:
    return f"flight-{sequence}"


def _digest(number: int) -> str:
    return hashlib.sha256(b"bench details %d" % number).hexdigest()
