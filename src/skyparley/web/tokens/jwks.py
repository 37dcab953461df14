"""Keys that an authorization server publishes as a JWKS document (RFC 7517, section 5), and rotates.

The document is fetched when a token first needs it, again when a token names a key that is not known, and again when
it has grown old. Whoever sends tokens decides when, so how often is decided here: at most every `RETRY_S` seconds,
once for all who wait. What was known stays in use until a document that can be read takes its place; then a key that
is not in it counts no more.
"""

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Final

import httpx

from skyparley.errors import InvalidInputError, OverloadedError
from skyparley.web.loopback import is_this_machine
from skyparley.web.tokens.keys import ACCEPTED, KeySet, parse_jwks

MAX_AGE_S: Final = 60.0
"""So long a key that was withdrawn still counts, at most, while its document can be fetched."""
RETRY_S: Final = 10.0
"""Between two fetches, whatever arrives."""
FETCH_TIMEOUT_S: Final = 5.0
MAX_JWKS_BYTES: Final = 262_144
MAX_WAITING: Final = 256
_log: Final = logging.getLogger("skyparley.tokens")


class _NoDocumentError(Exception):
    """What came is not a document; says why."""


class JwksKeys:
    """The keys of one JWKS document. `clock_s` is a monotonic clock."""

    def __init__(self, url: str, *, clock_s: Callable[[], float], timeout_s: float = FETCH_TIMEOUT_S) -> None:
        """Raise `InvalidInputError` for a URL that keys cannot safely come from; nothing is fetched yet."""
        self.known = KeySet(by_id=True)
        self._url = _safe_url(url)
        self._clock_s = clock_s
        self._timeout_s = timeout_s
        # a fetch is rare, and a connection kept for a minute is often a dead one
        self._client = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity"}, timeout=timeout_s, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._fetching: asyncio.Task[None] | None = None
        self._tried_s = -math.inf
        self._trouble = ""
        self._waiting = 0

    def is_due(self) -> bool:
        """Whether the document has grown old, or could not be used when it was last asked for."""
        return self._fetching is None and self._since_s() >= (RETRY_S if self._trouble else MAX_AGE_S)

    async def ready(self) -> None:
        """Return when there are keys; a fetch that is due is begun, and waited for only if there are none.

        Raises `OverloadedError` if there are none.
        """
        if self.is_due():
            self._begin()
        if not self.known.keys:
            await self._finished()
        if not self.known.keys:
            raise self._cannot_tell("no token can be verified")

    async def look_again(self) -> bool:
        """Fetch, unless that was done less than `RETRY_S` ago; whether it was done now.

        Raises `OverloadedError` if the last fetch failed, because then nobody knows whether there are other keys.
        """
        asked = self._fetching is not None or self._since_s() >= RETRY_S
        if asked:
            self._begin()
            await self._finished()
        if self._trouble:
            raise self._cannot_tell("a token that names a key not known yet cannot be verified")
        return asked

    async def aclose(self) -> None:
        """End a fetch that is under way, and its connection."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})
        await self._client.aclose()

    def _since_s(self) -> float:
        return self._clock_s() - self._tried_s

    def _begin(self) -> None:
        if self._fetching is None:
            self._tried_s = self._clock_s()
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())

    async def _finished(self) -> None:
        """Wait for the fetch that is under way, if any; who stops waiting does not stop it for the others."""
        if self._fetching is None:
            return
        if self._waiting >= MAX_WAITING:
            raise OverloadedError("too many requests wait for keys to verify tokens with: try again shortly")
        self._waiting += 1
        try:
            await asyncio.wait({self._fetching})
        finally:
            self._waiting -= 1

    async def _fetch(self) -> None:
        trouble = ""
        try:
            self.known = parse_jwks(await self._download())
            if not self.known.keys:
                trouble = f"it holds no key that can be used here: {ACCEPTED}, public, for signatures"
        except TimeoutError:
            trouble = f"it did not arrive within {self._timeout_s:g} s"
        except InvalidInputError as error:
            trouble = error.message
        except Exception as error:  # whatever a server or network does: those who ask go on with what is known
            trouble = f"{type(error).__name__}: {error}"[:300]
        finally:
            self._fetching = None
        if trouble != self._trouble:
            count = len(self.known.keys)
            if trouble:
                _log.warning("%s cannot be used, %d keys are known: %s", self._url, count, trouble)
            else:
                _log.warning("%s can be used again, %d keys are known", self._url, count)
        self._trouble = trouble

    async def _download(self) -> bytes:
        data = bytearray()
        async with asyncio.timeout(self._timeout_s), self._client.stream("GET", self._url) as response:
            if response.status_code != httpx.codes.OK:
                raise _NoDocumentError(f"the server answers with status {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise _NoDocumentError("it comes compressed, which was not asked for")
            async for chunk in response.aiter_raw():
                data += chunk
                if len(data) > MAX_JWKS_BYTES:
                    raise _NoDocumentError(f"it is longer than {MAX_JWKS_BYTES} bytes")
        return bytes(data)

    def _cannot_tell(self, what: str) -> OverloadedError:
        """Says no more than whoever has no key may know; the log says the rest."""
        wait_s = max(1, math.ceil(RETRY_S - self._since_s()))
        return OverloadedError(
            f"the authorization server's keys cannot be had at present, so {what}: try again in {wait_s} s",
            retry_after_s=wait_s,
        )


def _safe_url(text: str) -> str:
    """The URL of a JWKS document. Raises `InvalidInputError` unless it is https, or http on this machine."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInputError(f"this is no URL of a JWKS document: {error}") from error
    if url.userinfo:
        raise InvalidInputError("a JWKS document is public: leave user and password out of its URL")
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and is_this_machine(url.host))):
        raise InvalidInputError(
            "keys that come over http could be anybody's: the URL of a JWKS document begins with https://"
            " (http:// on this machine only)"
        )
    return text
