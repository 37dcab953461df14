"""The public keys that somebody trusts, as lines of a file: logs and cosigners by vkey, parties by `party=ed25519:`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from skyparley.errors import InvalidInputError
from skyparley.record.authorship import PartyKeys, is_key_line, key_id_of, parse_key_line
from skyparley.record.notes import VerifierKey, parse_key

MAX_KEYS_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trusted:
    """Keys of logs and cosigners, and keys of parties by party and identifier."""

    notes: tuple[VerifierKey, ...] = ()
    parties: PartyKeys = field(default_factory=dict)


def parse_trusted(text: str) -> Trusted:
    """The keys of a file; empty lines and lines that begin with # are passed over.

    Raises `InvalidInputError`, with the line as its place.
    """
    notes: list[VerifierKey] = []
    parties: dict[tuple[str, str], bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        written = line.strip()
        if not written or written.startswith("#"):
            continue
        try:
            if is_key_line(written):
                party, public = parse_key_line(written)
                parties[party, key_id_of(public)] = public
            else:
                notes.append(parse_key(written))
        except InvalidInputError as error:
            raise error.at(f"line {number}") from None
    if not notes and not parties:
        raise InvalidInputError("holds no key: write those that you trust, one a line")
    return Trusted(tuple(notes), parties)


def joined(trusted: Iterable[Trusted]) -> Trusted:
    """All the keys of several files."""
    files = tuple(trusted)
    return Trusted(
        tuple(key for one in files for key in one.notes),
        {name: public for one in files for name, public in one.parties.items()},
    )
