"""What the upstream answered is asked here too, one request after another in the order of its answers, and compared.

It stands behind the queue: whatever happens here, no client waits for it and no answer changes.
"""

import asyncio
import base64
import contextlib
import logging
import math
import secrets
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from skyparley.errors import StorageError
from skyparley.shadow import passages as reasons
from skyparley.shadow.pairs.asked import Answer, Asked, read_object, read_request
from skyparley.shadow.pairs.compare import compare
from skyparley.shadow.pairs.judge import Judged, Setting, judge
from skyparley.shadow.pairs.learn import learn, meet
from skyparley.shadow.pairs.names import Names
from skyparley.shadow.pairs.translate import Put, translate
from skyparley.shadow.passages import MAX_COPY_BYTES, Headers, Passage, Passages, route_of
from skyparley.shadow.report import Origin, Report
from skyparley.shadow.step import keep_in_step
from skyparley.shadow.store import Store

HERE_TIMEOUT_S: Final = 30.0
SAVE_AFTER: Final = 64
"""So many are compared at most before what was found and learned is written."""
PRUNE_EVERY_US: Final = 3_600_000_000
LARGE_BYTES: Final = 65_536
"""Answers longer than this together are compared beside the event loop, so that nobody's request waits for it."""
_PASSED_ON: Final = frozenset({b"authorization", b"content-type", b"content-encoding"})
_BUSY: Final = (429, 503)
_log: Final = logging.getLogger("skyparley.shadow")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the node here answered, as it came."""

    status: int
    body: bytes


PutHere = Callable[[Put, Headers], Awaitable[Reply]]
"""Puts a request to the node here."""


class Follower:
    """Compares what waits, until it is cancelled. Lives on the event loop's thread."""

    def __init__(
        self,
        passages: Passages,
        put_here: PutHere,
        names: Names,
        report: Report,
        store: Store,
        clock_us: Callable[[], int],
    ) -> None:
        self._passages = passages
        self._put_here = put_here
        self._names = names
        self._report = report
        self._store = store
        self._clock_us = clock_us
        self._unsaved = 0
        self._pruned_us = clock_us()
        self._complaint = ""

    async def run(self) -> None:
        """Compare one after another."""
        while True:
            if self._unsaved and (not len(self._passages) or self._unsaved >= SAVE_AFTER):
                await self.save()
            await asyncio.sleep(0)  # whatever is to be forwarded goes first
            passage = await self._passages.next()
            try:
                await self._follow(passage)
            except Exception as error:
                _log.error("what came of %s could not be compared", route_of(passage), exc_info=error)
                self._give_up(passage, reasons.FAILED_HERE)
            for key in passage.doubted:
                self._lose(key)
            if passage.doubts_all:
                self._names.doubt_all()
            self._unsaved += 1
            self._passages.done()

    async def finish(self, within_s: float) -> None:
        """Return when all that waits was compared, or the time is over; it is running in another task."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while len(self._passages) or self._unsaved:  # noqa: ASYNC110 - the queue has no event for its end
                    await asyncio.sleep(0.01)

    async def save(self) -> None:
        """Write what was found and learned."""
        self._unsaved = 0
        now_us = self._clock_us()
        if now_us - self._pruned_us > PRUNE_EVERY_US:
            self._pruned_us = now_us
            self._names.prune(now_us)
        lines, changes = self._report.take_lines(), self._names.take_changes()
        if lines:
            await asyncio.to_thread(self._report.append, lines)
        if not changes:
            return
        try:
            await asyncio.to_thread(self._store.save, changes)
        except StorageError as error:
            self._names.changed.update(key for key, _ in changes)
            if error.message != self._complaint:
                _log.error("%s", error.message)
            self._complaint = error.message

    async def _follow(self, passage: Passage) -> None:
        if passage.trouble:
            self._lose(passage.asked.key)  # it was counted when it was known
            return
        asked = read_request(passage.method, passage.raw_path, bytes(passage.request))
        said = _decoded(passage)
        if asked is None or said is None:
            self._give_up(passage, reasons.UNREADABLE)
            return
        there = Answer(passage.status, read_object(said))
        manager, expires_s = _claims(passage.headers)
        headers = [header for header in passage.headers if header[0].lower() in _PASSED_ON]
        put = translate(asked, _as_it_came(passage), self._names, there)
        reply = await self._ask(put, headers)
        if reply.status == 401 and there.status != 401 and expires_s * 1_000_000 < self._clock_us():
            self._give_up(passage, reasons.TOKEN_EXPIRED)
            return
        if reply.status >= 500 or reply.status in _BUSY:
            self._give_up(passage, reasons.FAILED_HERE)
            return
        here = Answer(reply.status, read_object(reply.body))
        setting = Setting(manager, passage.concurrent, passage.began_us, self._clock_us())
        found = await self._compare(asked, there, here, setting, len(said) + len(reply.body))
        named = "" if here.status == 401 else manager
        request_id = _request_id(passage.headers)
        origin = Origin(passage.began_us, request_id, passage.method, asked, named, _refusal(here))
        self._report.compared(origin, found)

        async def ask(again: Put) -> Answer:
            answered = await self._ask(again, headers)
            return Answer(answered.status, read_object(answered.body))

        try:
            await keep_in_step(asked, put, there, here, self._names, ask)
        except Exception as error:
            _log.error("the node here could not follow %s", asked.route, exc_info=error)
            self._lose(asked.key)

    async def _compare(self, asked: Asked, there: Answer, here: Answer, setting: Setting, size: int) -> list[Judged]:
        certain = not setting.concurrent
        meet(asked, there, here, self._names, certain=certain)

        def compared() -> list[Judged]:
            found = compare(asked, there, here, self._names)
            judged = judge(found, asked, there, here, self._names, setting)
            disagreed = {key for one in found for key in one.about}
            learn(asked, there, here, self._names, disagreed, certain=certain)
            return judged

        # nobody else touches the names meanwhile: this is the only task that does
        return await asyncio.to_thread(compared) if size > LARGE_BYTES else compared()

    async def _ask(self, put: Put, headers: Headers) -> Reply:
        async with asyncio.timeout(HERE_TIMEOUT_S):
            return await self._put_here(put, headers)

    def _give_up(self, passage: Passage, reason: str) -> None:
        self._report.not_compared(passage.asked.route, reason)
        if passage.asked.writes:
            self._lose(passage.asked.key)

    def _lose(self, key: tuple[str, str]) -> None:
        """Nobody knows what became of a write."""
        self._names.doubt(key)
        self._names.forget_indices()


def _as_it_came(passage: Passage) -> Put:
    return Put(passage.method, passage.raw_path.decode("latin-1"), bytes(passage.request))


def _decoded(passage: Passage) -> bytes | None:
    """The body of the upstream's answer; None if it is compressed in a way that is not read here, or is too long."""
    body, encoding = bytes(passage.answer), passage.encoding.strip().lower()
    if encoding in (b"", b"identity"):
        return body
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        return None
    try:
        found = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, MAX_COPY_BYTES + 1)
    except zlib.error:
        return None
    return found if len(found) <= MAX_COPY_BYTES else None


def _refusal(here: Answer) -> str | None:
    """The word and the place of this node's refusal: never its sentence, which may name an OVN."""
    error = here.part("error")
    return None if here.accepted else " ".join(str(error[name]) for name in ("code", "place") if error.get(name))


def _claims(headers: Headers) -> tuple[str, float]:
    """Whom the token names, and when it expires (seconds since 1970 UTC): as it says, verified by the node here."""
    for name, value in headers:
        if name.lower() == b"authorization":
            parts = value.split(b".")
            if len(parts) == 3:
                return _subject(parts[1])
    return "", math.inf


def _subject(part: bytes) -> tuple[str, float]:
    claims: Any = None
    with contextlib.suppress(ValueError, msgspec.DecodeError):
        claims = msgspec.json.decode(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    if not isinstance(claims, dict):
        return "", math.inf
    subject, expires = claims.get("sub"), claims.get("exp")
    named = subject if isinstance(subject, str) and subject.isprintable() and len(subject) <= 256 else ""
    return named, float(expires) if isinstance(expires, int | float) else math.inf


def _request_id(headers: Headers) -> str:
    """The client's own name of the request (X-Request-ID) if it is a plain word, else one that is drawn."""
    for name, value in headers:
        if name.lower() == b"x-request-id" and len(value) <= 64 and value.replace(b"-", b"").isalnum():
            return value.decode("ascii")
    return secrets.token_hex(8)
