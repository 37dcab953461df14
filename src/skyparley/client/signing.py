"""A party's own signature, made on its own machine: the key, and the header of each entry under it.

The private key is a file of the party's (PKCS #8 in PEM, RFC 5958) whose first lines say for which party in which pool
it signs, so that nothing can be signed for another. It never leaves the machine, and the node never sees it.
"""

import hmac
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from skyparley.airspace.codec import command_kind, encode_command
from skyparley.airspace.commands import Command
from skyparley.airspace.limits import MAX_NAME_LENGTH, check_party_id
from skyparley.errors import InvalidInputError, StorageError
from skyparley.record.authorship import PARTY_SIGNED, format_key_line, format_signed, key_id_of, signed_header
from skyparley.record.envelope import SALT_BYTES, Header, body_digest

MAX_KEY_FILE_BYTES: Final = 16 * 1024


class PartySigner:
    """Signs for one party in one pool."""

    def __init__(
        self, party: str, pool: str, private: Ed25519PrivateKey, *, clock: Callable[[], int] | None = None
    ) -> None:
        check_party_id(party)
        if not pool or not pool.isprintable() or len(pool) > MAX_NAME_LENGTH:
            raise InvalidInputError("name the pool as its node does: skyparley keys make … --pool NAME", place="pool")
        self.party = party
        self.pool = pool
        self._private = private
        self._clock = clock or (lambda: time.time_ns() // 1_000)
        self.public = private.public_key().public_bytes_raw()
        """The public key, 32 bytes."""
        self.key_id = key_id_of(self.public)
        self.secret = hmac.digest(private.private_bytes_raw(), b"skyparley salts 1\n", "sha256")
        """What the salts of details are drawn from: the same again for the same details."""

    @property
    def line(self) -> str:
        """The public key in one line, to be handed to others and put into files of trusted keys."""
        return format_key_line(self.party, self.public)

    def sign(self, command: Command, idempotency_key: str, details_salt: bytes = b"") -> str:
        """The header Skyparley-Signed-Entry for a command, under the party's key, as of now."""
        body, salt = encode_command(command), secrets.token_bytes(SALT_BYTES)
        header = Header(
            pool=self.pool,
            kind=command_kind(command),
            party=self.party,
            authentication=PARTY_SIGNED,
            key_id=self.key_id,
            idempotency_key=idempotency_key,
            claimed_time_us=self._clock(),
            body_digest=body_digest(salt, body),
        )
        return format_signed(signed_header(header, salt, self._private, details_salt))


def make_signer(party: str, pool: str) -> PartySigner:
    """A signer with a new key."""
    return PartySigner(party, pool, Ed25519PrivateKey.generate())


def write_signer(signer: PartySigner, path: Path, passphrase: str = "") -> None:
    """Keep a signer in a new file that only its owner reads, encrypted where there is a passphrase.

    Raises `InvalidInputError` if there is a file already, `StorageError` if the disk does not take it.
    """
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    pem = signer._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    data = f"party: {signer.party}\npool: {signer.pool}\n".encode() + pem
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise InvalidInputError("exists already: name a file that does not", place=str(path)) from None
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def read_signer(path: Path, passphrase: str = "") -> PartySigner:
    """The signer of such a file. Raises `InvalidInputError`, with the file as its place."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE_BYTES + 1)
        said, dashes, pem = data.partition(b"-----BEGIN")
        names = dict(line.split(": ", 1) for line in said.decode().splitlines())
        private = load_pem_private_key(dashes + pem, passphrase.encode() or None)
        if len(data) > MAX_KEY_FILE_BYTES or set(names) != {"party", "pool"}:
            raise ValueError
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError
        return PartySigner(names["party"], names["pool"], private)
    except OSError as error:
        raise InvalidInputError(f"cannot be read: {error.strerror}", place=str(path)) from None
    except TypeError:
        word = "needs no passphrase" if passphrase else "needs its passphrase: set SKYPARLEY_SIGNING_PASSPHRASE"
        raise InvalidInputError(word, place=str(path)) from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidInputError(
            "is no signing key, or the passphrase is another: make one with skyparley keys make", place=str(path)
        ) from None
