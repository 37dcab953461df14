"""The two clients, over httpx: the same calls, answered now or awaited.

A command is sent with an idempotency key of its own, so that it is safe to send again: it is, while the node is busy or
the connection breaks, as late as the node asks and a few times only. What reads a node's entries before they are signed
is imported only where one is to be.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import httpx
import msgspec

from skyparley.client.call import Call, Formed
from skyparley.client.signing import PartySigner
from skyparley.errors import ConflictingStateError, ProofError, SkyparleyError, StorageError
from skyparley.node.record.signing import PreparedView

if TYPE_CHECKING:
    from skyparley.client.prepared import Changed

TRIES: Final = 4
TIMEOUT_S: Final = 30.0
MAX_WAIT_S: Final = 10.0
_BUSY: Final = (429, 503)
Confirm = Callable[[Sequence["Changed"]], bool]
"""Says yes or no to what a command changes, before it is signed."""
AnswerT = TypeVar("AnswerT")
ClientT = TypeVar("ClientT", bound="Client")
AsyncClientT = TypeVar("AsyncClientT", bound="AsyncClient")


class RefusedError(SkyparleyError):
    """The node refuses: its status, its word for why, and its own sentence, with the place in what was sent."""

    def __init__(self, status: int, reason: str, message: str, place: str | None) -> None:
        super().__init__(message, place=place)
        self.http_status = status
        self.reason = reason


class Event(msgspec.Struct, frozen=True):
    """One event of the stream: `hello`, `change`, `heartbeat` or `reset`, its id if it has one, and its data."""

    event: str
    id: int | None
    data: dict[str, Any]


class Client:
    """Asks a node, one call after another. Use it in a `with` block, or close it.

    With a `signer` every command goes under the party's own signature; one that changes operations only if `confirm`
    says yes to what it changes.
    """

    def __init__(
        self, url: str, key: str | None = None, *, signer: PartySigner | None = None, confirm: Confirm | None = None
    ) -> None:
        self._signer = signer
        self._confirm = confirm
        self._http = httpx.Client(base_url=url, headers=_headers(key), timeout=TIMEOUT_S)

    def __enter__(self: ClientT) -> ClientT:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def do(self, call: Call[AnswerT], *, idempotency_key: str | None = None) -> AnswerT:
        """The answer to a call. Raises `RefusedError`, `StorageError` if the node does not answer.

        With a signer also `ProofError` if the node gives something else to sign than the call asks.
        """
        signing = _Signing(call, idempotency_key, self._signer, self._confirm)
        while (asked := signing.question()) is not None:
            try:
                answer = self._send(asked)
            except RefusedError as error:
                signing.refused(error)
            else:
                signing.take(answer)
        return signing.answer

    def _send(self, attempt: "_Attempt[AnswerT]") -> AnswerT:
        while True:
            try:
                response = self._http.send(attempt.request(self._http))
            except httpx.HTTPError as error:
                attempt.broken(error)
                continue
            wait_s = attempt.wait_s(response)
            if wait_s is None:
                return _answer(attempt.call, response)
            time.sleep(wait_s)

    def events(self, after: int | None = None) -> Iterator[Event]:
        """The event stream, after an id; ends when the node ends it: go on after the last id."""
        with self._http.stream("GET", "/v1/events", params=_after(after), timeout=None) as response:
            if response.is_error:
                response.read()
                raise _refusal(response)
            lines = _Lines()
            for line in response.iter_lines():
                event = lines.take(line)
                if event is not None:
                    yield event


class AsyncClient:
    """Asks a node, calls side by side. Use it in an `async with` block, or close it.

    With a `signer` every command goes under the party's own signature; one that changes operations only if `confirm`
    says yes to what it changes.
    """

    def __init__(
        self, url: str, key: str | None = None, *, signer: PartySigner | None = None, confirm: Confirm | None = None
    ) -> None:
        self._signer = signer
        self._confirm = confirm
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(key), timeout=TIMEOUT_S)

    async def __aenter__(self: AsyncClientT) -> AsyncClientT:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def do(self, call: Call[AnswerT], *, idempotency_key: str | None = None) -> AnswerT:
        """The answer to a call. Raises `RefusedError`, `StorageError` if the node does not answer.

        With a signer also `ProofError` if the node gives something else to sign than the call asks.
        """
        signing = _Signing(call, idempotency_key, self._signer, self._confirm)
        while (asked := signing.question()) is not None:
            try:
                answer = await self._send(asked)
            except RefusedError as error:
                signing.refused(error)
            else:
                signing.take(answer)
        return signing.answer

    async def _send(self, attempt: "_Attempt[AnswerT]") -> AnswerT:
        while True:
            try:
                response = await self._http.send(attempt.request(self._http))
            except httpx.HTTPError as error:
                attempt.broken(error)
                continue
            wait_s = attempt.wait_s(response)
            if wait_s is None:
                return _answer(attempt.call, response)
            await asyncio.sleep(wait_s)

    async def events(self, after: int | None = None) -> AsyncIterator[Event]:
        """The event stream, after an id; ends when the node ends it: go on after the last id."""
        async with self._http.stream("GET", "/v1/events", params=_after(after), timeout=None) as response:
            if response.is_error:
                await response.aread()
                raise _refusal(response)
            lines = _Lines()
            async for line in response.aiter_lines():
                event = lines.take(line)
                if event is not None:
                    yield event


class _Signing(Generic[AnswerT]):
    """The way of one call to its answer: as it is, or signed, after asking the node what to sign where that is needed.

    What is compared anew while others file nearby is signed anew, a few times.
    """

    def __init__(
        self, call: Call[AnswerT], idempotency_key: str | None, signer: PartySigner | None, confirm: Confirm | None
    ) -> None:
        self._call = call
        self._confirm = confirm
        self._key = idempotency_key or secrets.token_hex(16)
        self._signer = signer if signer is not None and self._signable() else None
        self._left = TRIES
        self._formed: Formed | None = None
        self._done = False
        self.answer: AnswerT
        if self._signer is not None and call.entry is not None:
            self._formed = call.entry(self._signer.party, self._signer.secret)

    def _signable(self) -> bool:
        if self._call.entry is not None:  # formed by the client itself
            return True
        from skyparley.client.prepared import signable

        return signable(self._call)

    def question(self) -> "_Attempt[Any] | None":
        """What to ask the node next; None: the answer is there."""
        if self._done:
            return None
        if self._signer is None:
            return _Attempt(self._call, self._key)
        if self._formed is None:
            asked = Call(self._call.method, self._call.path, PreparedView, self._call.body, True)
            return _Attempt(asked, self._key, {"Skyparley-Prepare": "entry"})
        signed = self._signer.sign(self._formed.command, self._key, self._formed.details_salt)
        return _Attempt(replace(self._call, command=True), self._key, {"Skyparley-Signed-Entry": signed})

    def take(self, answer: Any) -> None:
        """What the node answered. Raises `ProofError` if it is something else to sign than was asked."""
        if isinstance(answer, PreparedView) and self._signer is not None:
            from skyparley.client.prepared import check_prepared

            to_sign = check_prepared(self._call, answer, self._signer.party)
            if to_sign.changes and (self._confirm is None or not self._confirm(to_sign.changes)):
                raise ProofError("this changes operations, and nobody has said yes to that: nothing was signed")
            self._formed = Formed(to_sign.command)
        else:
            self.answer, self._done = answer, True

    def refused(self, error: RefusedError) -> None:
        """The node refused. Raises the refusal unless what was signed has been overtaken."""
        self._left -= 1
        overtaken = self._signer is not None and self._formed is not None and self._call.entry is None
        if error.reason != ConflictingStateError.code or not overtaken or not self._left:
            raise error
        self._formed = None


class _Attempt(Generic[AnswerT]):
    """One request, tried a few times under one idempotency key. What is no command is not sent again after a break."""

    def __init__(self, call: Call[AnswerT], idempotency_key: str, headers: Mapping[str, str] | None = None) -> None:
        self.call = call
        self._headers = {"Idempotency-Key": idempotency_key, **(headers or {})} if call.command else {}
        self._left = TRIES

    def request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """The request of the next try."""
        self._left -= 1
        call = self.call
        return http.build_request(call.method, call.path, json=call.body, headers=self._headers)

    def broken(self, error: httpx.HTTPError) -> None:
        """No answer came. Raises `StorageError` unless it may be asked again."""
        safe = self.call.command or self.call.method == "GET"
        if not safe or self._left == 0 or isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
            raise StorageError(f"the node does not answer ({error or type(error).__name__}): check its address")

    def wait_s(self, response: httpx.Response) -> float | None:
        """How long to wait before the next try; None: this is the answer."""
        if response.status_code not in _BUSY or self._left == 0:
            return None
        asked = response.headers.get("Retry-After", "1")
        return min(MAX_WAIT_S, float(asked) if asked.isdigit() else 1.0)


class _Lines:
    """Lines of server-sent events (WHATWG HTML, section 9.2), put together."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def take(self, line: str) -> Event | None:
        """The event that a line completes, if it does."""
        if line:
            name, _, value = line.partition(": ")
            self._fields[name] = value
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        number = int(fields["id"]) if "id" in fields else None
        return Event(fields.get("event", "message"), number, msgspec.json.decode(fields["data"]))


def _headers(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def _after(after: int | None) -> dict[str, int]:
    return {} if after is None else {"after": after}


def _answer(call: Call[AnswerT], response: httpx.Response) -> AnswerT:
    if response.is_error:
        raise _refusal(response)
    data = response.content or b"null"
    try:
        return msgspec.json.decode(data, type=call.answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StorageError(f"what answers there is no node of this version: {error}") from None


def _refusal(response: httpx.Response) -> SkyparleyError:
    try:
        error = msgspec.json.decode(response.content)["error"]
        return RefusedError(response.status_code, error["code"], error["message"], error.get("place"))
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        return StorageError(f"what answers there is no Skyparley node: it answered {response.status_code}")
