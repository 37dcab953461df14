"""Routes of the record: the key that signs it, checkpoints, cosignatures, tiles of the tree, entries, receipts.

All holders of a key may ask: every party holds the same log. Checkpoint and tiles are as C2SP's tlog-tiles has them.
"""

from typing import Annotated, Final

import msgspec

from skyparley.errors import LimitExceededError, NotFoundError
from skyparley.node.record.deletion import DeletionPage, DeletionView
from skyparley.node.record.listing import EntryPage, EntryQuery, list_entries, parse_cursor
from skyparley.node.record.private import PrivatePage
from skyparley.record.authorship import AUTHENTICATIONS
from skyparley.record.notes import MAX_NOTE_BYTES
from skyparley.record.tiles import TILE_BYTES
from skyparley.web.exchange import Exchange, decode, list_limit
from skyparley.web.openapi import Endpoint, Query
from skyparley.web.replies import API_HEADERS, Replies, Reply, json_reply
from skyparley.web.routes.operations import LIST_QUERY

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_FOR_EVER: Final = b"max-age=31536000, immutable"
_MAX_BODY_BYTES: Final = 2 * MAX_NOTE_BYTES
"""A note as JSON, whose line ends and dashes are escaped."""


class RecordKey(msgspec.Struct, frozen=True):
    """The public key (vkey) that the node signs its record with."""

    key: str


class EntryReceipt(msgspec.Struct, frozen=True):
    """A receipt; docs/record.md says what each member is."""

    body: str | None
    checkpoint: str
    format: str
    header: str
    proof: list[str]
    salt: str | None
    sequence: int
    signature: str
    time_us: int


class CosignedNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as a signed note: this node's own line, and those of cosigners."""

    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE_BYTES)]


class DeletionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The entry that names the words, and what demands that they go, such as a law and its article."""

    sequence: Annotated[int, msgspec.Meta(ge=1, lt=2**53)]
    under: str


async def key(exchange: Exchange) -> Replies:
    """The key that signs checkpoints."""
    exchange.query()
    return json_reply(RecordKey(exchange.node.recorder.key))


async def checkpoint(exchange: Exchange) -> Replies:
    """The last signed checkpoint."""
    exchange.query()
    note = exchange.node.recorder.checkpoint
    if not note:
        raise NotFoundError("there is no entry yet that could be signed")
    return _note_reply(note)


async def cosigned(exchange: Exchange) -> Replies:
    """The newest checkpoint that is cosigned."""
    exchange.query()
    return _note_reply(exchange.node.recorder.cosigning.newest)


async def cosign(exchange: Exchange) -> Replies:
    """Cosignatures of a checkpoint are kept."""
    exchange.query()
    data = await exchange.body()
    if len(data) > _MAX_BODY_BYTES:
        raise LimitExceededError(f"a note with its lines takes at most {_MAX_BODY_BYTES} bytes as JSON", place="body")
    note = decode(data, CosignedNote).note
    return _note_reply(await exchange.node.recorder.cosigning.take(note.encode()))


async def tile(exchange: Exchange) -> Replies:
    """Stored hashes of the tree."""
    exchange.query()
    level = exchange.number("level")
    index = exchange.number("tile")
    found = exchange.node.recorder.tile(level, index)
    headers = ((b"content-type", _BYTES.encode()), *API_HEADERS[1:])
    if len(found) == TILE_BYTES:  # it will never be another
        headers = tuple((name, _FOR_EVER if name == b"cache-control" else value) for name, value in headers)
    return Reply(200, found, headers)


async def entries(exchange: Exchange) -> Replies:
    """Entries, newest first: who wrote what when, without what they say."""
    asked = exchange.query("after", "limit", "kind", "party", "authentication")
    query = EntryQuery(
        before=parse_cursor(asked["after"]) if "after" in asked else None,
        limit=list_limit(asked.get("limit")),
        kind=asked.get("kind"),
        party=asked.get("party"),
        authentication=asked.get("authentication"),
    )
    node = exchange.node
    return json_reply(await list_entries(node.engine.log, node.recorder.size, exchange.author, query))


async def receipt(exchange: Exchange) -> Replies:
    """The receipt of an entry."""
    exchange.query()
    sequence = exchange.number("sequence")
    addressed = await exchange.node.private.addressed(exchange.author, sequence)
    return Reply(200, await exchange.node.recorder.receipt(sequence, exchange.author, addressed=addressed))


def _note_reply(note: bytes) -> Reply:
    return Reply(200, note, ((b"content-type", _TEXT.encode()), *API_HEADERS[1:]))


async def private(exchange: Exchange) -> Replies:
    """What an entry names by digest, for its parties."""
    exchange.query()
    return json_reply(await exchange.node.private.of_entry(exchange.author, exchange.number("sequence")))


async def list_deletions(exchange: Exchange) -> Replies:
    """What was deleted."""
    exchange.query()
    await exchange.node.read_barrier()
    return json_reply(exchange.node.deletion.deleted())


async def delete_words(exchange: Exchange) -> Replies:
    """Delete the words that an entry names; the operator only."""
    exchange.author.require_operator()
    body = decode(await exchange.body(), DeletionBody)
    done = await exchange.node.deletion.delete(
        exchange.author, body.sequence, body.under, idempotency_key=exchange.idempotency_key()
    )
    return json_reply(done, 201)


_ENTRY_QUERY: Final = (
    *LIST_QUERY,
    Query("kind", "Only entries of this kind, such as file_operation", {"type": "string"}),
    Query("party", "Only entries of this party", {"type": "string"}),
    Query(
        "authentication",
        "Only entries whose author was known in this way",
        {"type": "string", "enum": list(AUTHENTICATIONS)},
    ),
)
ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("GET", "/v1/record/key", key, "recordKey", "The key that signs the record", "observer", answer=RecordKey),
    Endpoint(
        "GET", "/v1/record/checkpoint", checkpoint, "checkpoint", "The last signed checkpoint", "observer",
        media_type="text/plain", refusals=(404,),
    ),
    Endpoint(
        "GET", "/v1/record/cosignatures", cosigned, "cosigned", "The newest checkpoint that is cosigned", "observer",
        media_type="text/plain", refusals=(404,),
    ),
    Endpoint(
        "POST", "/v1/record/cosignatures", cosign, "cosign", "Cosignatures of a checkpoint", "key",
        body=CosignedNote, media_type="text/plain", refusals=(409,),
    ),
    Endpoint(
        "GET", "/v1/record/tiles/{level}/{tile}", tile, "tile", "Hashes of the record's tree", "observer",
        media_type=_BYTES,
    ),
    Endpoint(
        "GET", "/v1/record/entries", entries, "listEntries", "Entries of the log, newest first, without their content",
        "observer", answer=EntryPage, query=_ENTRY_QUERY,
    ),
    Endpoint(
        "GET", "/v1/record/entries/{sequence}/receipt", receipt, "receipt", "The receipt of an entry", "observer",
        answer=EntryReceipt,
    ),
    Endpoint(
        "GET", "/v1/record/entries/{sequence}/private", private, "privateBodies",
        "What an entry names by digest, with its salt, for its parties", "key", answer=PrivatePage,
    ),
    Endpoint(
        "GET", "/v1/record/deletions", list_deletions, "listDeletions", "What was deleted, and under what", "observer",
        answer=DeletionPage,
    ),
    Endpoint(
        "POST", "/v1/record/deletions", delete_words, "deleteWords", "Delete the words that an entry names (operator)",
        "key", status=201, body=DeletionBody, answer=DeletionView, command=True,
    ),
)  # fmt: skip
