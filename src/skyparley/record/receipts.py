"""Receipts: one entry, its place in the record, and a signed checkpoint of that record, as one small JSON file.

Whoever holds the public keys verifies a receipt years later without a network, a database or the node: that the log of
this origin had exactly this entry at this place when its node signed, and who else has signed the same record. It is
written in one spelling (sorted members, no white space) and read in no other. Specified in docs/record.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from skyparley.errors import InvalidInputError, ProofError
from skyparley.record.authorship import check_author
from skyparley.record.base64 import from_base64, to_base64
from skyparley.record.canonical import read_canonical, write_canonical
from skyparley.record.envelope import SALT_BYTES, Header, body_digest, decode_header, leaf_data
from skyparley.record.merkle import HASH_BYTES, check_inclusion, leaf_hash
from skyparley.record.notes import (
    COSIGNATURE,
    SIGNATURE,
    Checkpoint,
    origin_of,
    parse_checkpoint,
    parse_note,
    unknown_lines,
    verified,
)
from skyparley.record.trust import Trusted

FORMAT: Final = "skyparley receipt 1"
MAX_RECEIPT_BYTES: Final = 16 * 1024 * 1024
"""More than the longest content takes, each of whose quotation marks is escaped."""
MAX_PROOF: Final = 63
MAX_CONTENT_BYTES: Final = 4 * 1024 * 1024
"""A receipt of an entry with a longer body is without content."""
NAMED: Final = ("details_digest", "body_digest", "text_digest", "note_digest", "report_digest")
"""Members of a body that name what is not in the log, each by the SHA-256 of it as it is stored."""
_MOST: Final = 2**53 - 1


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is in the file. Bytes are base64, header and body are text; `body` and `salt` are null without content."""

    body: str | None
    checkpoint: str
    format: str = FORMAT
    header: str
    proof: list[str]
    salt: str | None
    sequence: Annotated[int, msgspec.Meta(ge=1, le=_MOST)]
    signature: str
    time_us: Annotated[int, msgspec.Meta(ge=0, le=_MOST)]


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt has proved: the entry, the record it is in, and who has signed that record.

    `body` is None where the receipt has no content: then it is proved that an entry with this header is there, and not
    what it says. `cosigned` has the time (seconds since 1970 UTC) that each cosigner says, by its key;
    `unknown_lines` is how many lines of the checkpoint are of keys that are not among those trusted. `leaf` is the hash
    of the entry's leaf.
    """

    header: Header
    sequence: int
    time_us: int
    body: bytes | None
    checkpoint: Checkpoint
    signed_by: str
    cosigned: Mapping[str, int]
    unknown_lines: int
    leaf: bytes


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(Receipt)


def make_receipt(
    *,
    sequence: int,
    time_us: int,
    header: bytes,
    signature: bytes,
    content: tuple[bytes, bytes] | None,
    proof: Sequence[bytes],
    note: bytes,
) -> bytes:
    """The receipt of an entry, by its audit path in the record of a signed checkpoint. `content`: salt and body."""
    receipt = Receipt(
        body=None if content is None else content[1].decode(),
        checkpoint=note.decode(),
        header=header.decode(),
        proof=[to_base64(step) for step in proof],
        salt=None if content is None else to_base64(content[0]),
        sequence=sequence,
        signature=to_base64(signature),
        time_us=time_us,
    )
    return write_canonical(receipt)


def verify_receipt(data: bytes, keys: Trusted) -> Proven:
    """What a receipt proves to somebody who trusts these keys.

    Raises `InvalidInputError` for what is no receipt, and `ProofError` for one that does not prove what it says: an
    entry that is not in the record, content that is not the entry's, a record that the log's key has not signed, an
    author who has not signed what is marked party-signed.
    """
    receipt = _read(data)
    header_bytes = receipt.header.encode()
    header, signature = decode_header(header_bytes), from_base64(receipt.signature, of="the signature")
    proof = [
        from_base64(step, of=f"step {at} of the proof", length=HASH_BYTES) for at, step in enumerate(receipt.proof)
    ]
    if len(proof) > MAX_PROOF:
        raise InvalidInputError(f"a proof has at most {MAX_PROOF} steps", place="proof")
    check_author(header, header_bytes, signature, keys.parties)
    body = _content(receipt, header)
    note = parse_note(receipt.checkpoint.encode())
    checkpoint = parse_checkpoint(note.text)
    leaf = leaf_hash(leaf_data(receipt.sequence, receipt.time_us, header_bytes, signature))
    check_inclusion(leaf, receipt.sequence - 1, checkpoint.size, proof, checkpoint.root)
    signers = verified(note, keys.notes)
    by_log = [key for key in signers if key.kind == SIGNATURE and key.name == checkpoint.origin]
    if not by_log:
        raise ProofError(
            f"no key that you trust is that of the log '{checkpoint.origin}': give its line, which begins with"
            f" {checkpoint.origin}+"
        )
    if checkpoint.origin != origin_of(header.pool):
        raise ProofError(f"the entry is of the pool '{header.pool}', the checkpoint of the log '{checkpoint.origin}'")
    own = {key.public for key in by_log}
    return Proven(
        header=header,
        sequence=receipt.sequence,
        time_us=receipt.time_us,
        body=body,
        checkpoint=checkpoint,
        signed_by=str(by_log[0]),
        cosigned={
            str(key): time_s or 0
            for key, time_s in signers.items()
            if key.kind == COSIGNATURE and key.public not in own  # the log's own word twice is not another's
        },
        unknown_lines=unknown_lines(note, keys.notes),
        leaf=leaf,
    )


def named_digests(body: bytes) -> dict[str, str]:
    """The digests by which the content of an entry names what is not in the log (words, an outline), by member."""
    command = msgspec.json.decode(body)
    return {member: command[member] for member in NAMED if command.get(member)}


def _read(data: bytes) -> Receipt:
    return read_canonical(data, _DECODER, form=FORMAT, what="receipt", most=MAX_RECEIPT_BYTES)


def _content(receipt: Receipt, header: Header) -> bytes | None:
    """The body, if the receipt has it and it is the one that the header names."""
    if receipt.body is None and receipt.salt is None:
        return None
    if receipt.body is None or receipt.salt is None:
        raise InvalidInputError("body and salt go together: give both, or null for both", place="salt")
    body = receipt.body.encode()
    if body_digest(from_base64(receipt.salt, of="the salt", length=SALT_BYTES), body) != header.body_digest:
        raise ProofError("the body of the receipt is not the one that the entry's header names: it was altered")
    try:
        command = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        command = None
    canonical = isinstance(command, dict) and _ENCODER.encode(command) == body
    if not canonical or command.get("kind") != header.kind:
        raise ProofError("the body of the receipt is no command of the kind that the entry's header names")
    return body
