"""Routes of the record: the key that signs it, the last checkpoint, tiles of the tree, receipts of entries.

All holders of a key may ask: every party holds the same log. Checkpoint and tiles are as C2SP's tlog-tiles has them.
"""

from typing import Final

import msgspec

from skyparley.errors import NotFoundError
from skyparley.record.tiles import TILE_BYTES
from skyparley.web.exchange import Exchange
from skyparley.web.openapi import Endpoint
from skyparley.web.replies import API_HEADERS, Replies, Reply, json_reply

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_FOR_EVER: Final = b"max-age=31536000, immutable"


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
    return Reply(200, note, ((b"content-type", _TEXT.encode()), *API_HEADERS[1:]))


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


async def receipt(exchange: Exchange) -> Replies:
    """The receipt of an entry."""
    exchange.query()
    sequence = exchange.number("sequence")
    return Reply(200, await exchange.node.recorder.receipt(sequence, exchange.author))


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    Endpoint("GET", "/v1/record/key", key, "recordKey", "The key that signs the record", "observer", answer=RecordKey),
    Endpoint(
        "GET", "/v1/record/checkpoint", checkpoint, "checkpoint", "The last signed checkpoint", "observer",
        media_type="text/plain", refusals=(404,),
    ),
    Endpoint(
        "GET", "/v1/record/tiles/{level}/{tile}", tile, "tile", "Hashes of the record's tree", "observer",
        media_type=_BYTES,
    ),
    Endpoint(
        "GET", "/v1/record/entries/{sequence}/receipt", receipt, "receipt", "The receipt of an entry", "observer",
        answer=EntryReceipt,
    ),
)  # fmt: skip
