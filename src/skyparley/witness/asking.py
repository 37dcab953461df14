"""What a witness asks of a node: checkpoints and tiles, each answer within a time and a length, whatever answers there.

Nothing that comes is believed here. A node that is down, slow or talks nonsense is an error that says so, after which
it is asked again.
"""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from skyparley.errors import NotFoundError, SkyparleyError, StorageError
from skyparley.record.notes import MAX_NOTE_BYTES
from skyparley.record.tiles import TILE_BYTES

TIMEOUT_S: Final = 20.0
"""For each answer, from asking to its last byte."""
_MAX_MESSAGE: Final = 1_000


class NodeRecord:
    """The record of one node, over HTTP. Use it as an asynchronous context."""

    def __init__(self, url: str, api_key: str | None, *, timeout_s: float = TIMEOUT_S) -> None:
        """Raise `StorageError` if address or key can be none; nothing is asked yet."""
        headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {api_key}"} if api_key else {})}
        try:
            if httpx.URL(url).scheme not in ("http", "https"):
                raise httpx.InvalidURL("neither http nor https")
            # few requests a minute, and a connection kept for so long is often a dead one
            self._client = httpx.AsyncClient(
                base_url=url.rstrip("/"),
                headers=headers,
                timeout=timeout_s,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise StorageError(
                f"cannot use this address or key ({error}): write it like http://127.0.0.1:8080"
            ) from error
        self._url = url
        self.url = str(httpx.URL(url).copy_with(userinfo=b""))
        """Where the node is, without a name and password that the address may hold."""
        self._timeout_s = timeout_s

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def key(self) -> str:
        """The key that the node says is its own. Raises `SkyparleyError`."""
        try:
            answer = msgspec.json.decode(await self._ask("GET", "/v1/record/key", MAX_NOTE_BYTES), type=dict[str, str])
            return answer["key"]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            raise StorageError(f"{self._url} does not answer as a node does: is the address right?") from None

    async def checkpoint(self) -> bytes:
        """The last checkpoint. Raises `SkyparleyError`."""
        return await self._ask("GET", "/v1/record/checkpoint", MAX_NOTE_BYTES)

    async def cosigned(self) -> bytes | None:
        """The newest cosigned checkpoint; None while there is none. Raises `SkyparleyError`."""
        try:
            return await self._ask("GET", "/v1/record/cosignatures", MAX_NOTE_BYTES)
        except NotFoundError:
            return None

    async def bring(self, note: bytes) -> bytes:
        """Hand in cosignatures; the checkpoint with all the lines it has now. Raises `SkyparleyError`."""
        return await self._ask("POST", "/v1/record/cosignatures", MAX_NOTE_BYTES, {"note": note.decode()})

    async def tiles(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Tiles by level and index. Raises `SkyparleyError`."""
        return {
            (level, index): await self._ask("GET", f"/v1/record/tiles/{level}/{index}", TILE_BYTES)
            for level, index in places
        }

    async def _ask(self, method: str, path: str, most: int, body: Any = None) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s), self._client.stream(method, path, json=body) as response:
                data = await self._read(response, most if response.status_code == httpx.codes.OK else MAX_NOTE_BYTES)
        except TimeoutError:
            raise StorageError(f"{self._url} does not answer within {self._timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise StorageError(f"no answer from {self._url} ({error}): is a node serving there?") from error
        if response.status_code == httpx.codes.OK:
            return data
        if response.is_redirect:
            raise StorageError(f"{self._url} sends elsewhere ({response.status_code}): give the node's own address")
        kind = NotFoundError if response.status_code == httpx.codes.NOT_FOUND else SkyparleyError
        raise kind(f"the node refuses: {_message(data) or f'it answered {response.status_code}'}")

    async def _read(self, response: httpx.Response, most: int) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise StorageError(f"the answer of {self._url} comes compressed, which was not asked for")
        data = bytearray()
        async for chunk in response.aiter_raw():
            data += chunk
            if len(data) > most:
                raise StorageError(f"the answer of {self._url} is longer than {most} bytes: is the address right?")
        return bytes(data)


def _message(data: bytes) -> str:
    """What a node says about why it refused; empty if it is no such answer."""
    try:
        return str(msgspec.json.decode(data)["error"]["message"])[:_MAX_MESSAGE]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
        return ""
