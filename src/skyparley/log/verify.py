"""Whether an entry is the one that was written: its chain value, its header, its body."""

import hmac

from skyparley.errors import InvalidInputError, StorageError
from skyparley.log.port import Entry
from skyparley.record.envelope import SALT_BYTES, Header, body_digest, decode_header, next_chain


def verify_entry(entry: Entry, previous: bytes) -> Header:
    """The entry's header. Raises `StorageError` that names the entry unless chain value and body digest are right."""
    chain = next_chain(previous, entry.sequence, entry.time_us, entry.header, entry.signature)
    if not hmac.compare_digest(chain, entry.chain):
        raise StorageError(f"entry {entry.sequence} does not fit the chain: restore the log from a backup")
    try:
        header = decode_header(entry.header)
    except InvalidInputError as error:
        raise StorageError(f"entry {entry.sequence} has a damaged header ({error.message})") from error
    if not holds_body(header, entry):
        raise StorageError(
            f"entry {entry.sequence} has a body that is not the one in its header: restore from a backup"
        )
    return header


def holds_body(header: Header, entry: Entry) -> bool:
    """Whether an entry's body is the one that its header names. The salt has one length, or bytes could move over."""
    return len(entry.salt) == SALT_BYTES and header.body_digest == body_digest(entry.salt, entry.body)
