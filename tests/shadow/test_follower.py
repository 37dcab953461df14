"""Whatever becomes of the node here, the queue before it, or the disk: no client waits for it, and it is counted."""

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from skyparley.errors import StorageError
from skyparley.shadow import watch
from skyparley.shadow.follower import Reply
from skyparley.shadow.pairs.translate import Put
from support.dss_http import INTENTS, new_id, reference_of, somewhere, told, volume
from support.shadow import certain, held, shadowed, upstream_node

pytestmark = pytest.mark.anyio


class Stuck:
    """The node here, which does not answer until it is told to."""

    def __init__(self, put: Callable[..., Awaitable[Any]]) -> None:
        self.put = put
        self.free = asyncio.Event()

    async def __call__(self, put: Put, headers: Any) -> Any:
        await self.free.wait()
        return await self.put(put, headers)


@contextlib.asynccontextmanager
async def stuck(monkeypatch: pytest.MonkeyPatch, watched: Path, url: str, max_waiting: int) -> AsyncIterator[Any]:
    made: list[Stuck] = []

    def asks(app: Any) -> Stuck:
        made.append(Stuck(original(app)))
        return made[0]

    original = watch.asks
    monkeypatch.setattr(watch, "asks", asks)
    async with shadowed(watched, url, max_waiting=max_waiting) as shadow:
        try:
            yield shadow, made[0]
        finally:
            made[0].free.set()


async def test_a_full_queue_is_said_and_slows_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with upstream_node(tmp_path) as (url, _, there), stuck(monkeypatch, tmp_path, url, 3) as (shadow, here):
        uss, place = shadow.uss("one"), somewhere()
        made = await uss.reference(volume(place))
        waiting = [await uss.reference(volume(somewhere())) for _ in range(3)]
        changed = reference_of(await uss.change(made, volume(place)))
        told(await uss.get(INTENTS, made["id"]), 200)
        assert shadow.report.reasons == {"queue_full": 2}
        assert len(shadow.passages) == 4  # three wait, one is at work
        here.free.set()
        assert await shadow.settled() == []
        # what had no room is in doubt: a difference is not certain, and its next write makes good for it
        told(await uss.get(INTENTS, made["id"]), 200)
        lines = await shadow.settled()
        assert [(line["what"], line["unknown_here"]) for line in lines][:1] == [
            ("operational_intent_reference.ovn", True)
        ]
        again = reference_of(await uss.change(changed, volume(place)))
        for one in (again, *waiting):
            told(await uss.get(INTENTS, one["id"]), 200)
        assert certain(await shadow.settled()) == []
        assert held(there) == held(shadow.node)


async def test_what_waits_when_it_is_stopped_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_put: Put, _headers: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(watch, "asks", lambda _app: never)
    async with upstream_node(tmp_path) as (url, _, _there):
        async with shadowed(tmp_path, url, finish_s=0.1) as shadow:
            for _ in range(3):
                await shadow.uss("one").get(INTENTS, new_id())
        assert shadow.report.reasons == {"stopped": 3}


async def test_a_node_here_that_fails_is_not_the_client_s_concern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[Any] = [RuntimeError("broken"), Reply(500, b"{}"), Reply(503, b""), Reply(429, b"")]

    async def fail(_put: Put, _headers: Any) -> Any:
        failure = failures.pop()
        if isinstance(failure, Exception):
            raise failure
        return failure

    monkeypatch.setattr(watch, "asks", lambda _app: fail)
    async with upstream_node(tmp_path) as (url, _, _there), shadowed(tmp_path, url) as shadow:
        for _ in range(4):
            told(await shadow.uss("one").get(INTENTS, new_id()), 404)
        await shadow.settled()
        assert shadow.report.reasons == {"failed_here": 4}
    assert "broken" in caplog.text


async def test_a_full_disk_is_counted_and_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    def unsaved(*_: Any) -> None:
        raise StorageError("shadow.sqlite cannot be written: disk full")

    async with upstream_node(tmp_path) as (url, app, _), shadowed(tmp_path, url) as shadow:
        monkeypatch.setattr("skyparley.shadow.report.Report.open", full)
        monkeypatch.setattr("skyparley.shadow.store.Store.save", unsaved)
        app.alter = lambda _method, _path, _status, body: (410, body)
        answer = await shadow.uss("one").get(INTENTS, new_id())
        assert answer.status_code == 410
        await shadow.settled()
        assert (shadow.report.lost, shadow.report.totals().unknown_here) == (1, 1)
        monkeypatch.undo()
        await shadow.uss("one").get(INTENTS, new_id())
        assert len(await shadow.settled()) == 1
