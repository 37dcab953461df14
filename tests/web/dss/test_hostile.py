"""One USS that asks for more than its share is told so, and holds up only itself. A real process, a real disk.

The hostile one speaks plain sockets, so that it can ask faster than it is answered, and comes again at once whatever
it is told. What others wait is measured in the processor time of the node, which is the same on a machine that is busy
with something else; the bounds are generous: this is no benchmark.
"""

import asyncio
import contextlib
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from support.dss_http import INTENTS, Json, Uss, new_id, serving_dss, somewhere, volume
from support.uss import bearer

pytestmark = pytest.mark.anyio
CONNECTIONS = 100
PLACE = (70.0, 7.0)
P99_S = 1.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Flood:
    """A USS on many connections, each of which asks again as soon as it is answered."""

    def __init__(self, url: str, name: str, make: Callable[[], Json]) -> None:
        self.statuses: Counter[int] = Counter()
        self.refusals: list[Json] = []
        self.retry_after: set[bytes] = set()
        self._host, _, self._port = url.removeprefix("http://").partition(":")
        self._head = (
            f"Host: dss\r\nAuthorization: {bearer(name)['Authorization']}\r\nContent-Type: application/json\r\n"
        )
        self._make = make

    async def run(self) -> None:
        """Ask on all connections until cancelled."""
        await asyncio.gather(*(self._one_connection() for _ in range(CONNECTIONS)))

    async def _one_connection(self) -> None:
        reader, writer = await asyncio.open_connection(self._host, int(self._port))
        try:
            while True:
                body = json.dumps(self._make()).encode()
                line = f"PUT {INTENTS}/{new_id()} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
                writer.write(line.encode() + body)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                answer = await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
                status = int(head[9:12])
                self.statuses[status] += 1
                if status == 429 and len(self.refusals) < 10:
                    self.refusals.append(json.loads(answer))
                    self.retry_after.add(head.partition(b"retry-after: ")[2].split(b"\r\n")[0])
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def flooding(flood: Flood) -> AsyncIterator[None]:
    """The flood, from its first hundreds of answers to the end of the block."""
    task = asyncio.create_task(flood.run())
    try:
        async with asyncio.timeout(30):
            while flood.statuses.total() < 5 * CONNECTIONS:  # a count has no event
                await asyncio.sleep(0.01)
                assert not task.done(), task.exception()
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def processor_s(pid: int) -> float:
    """What a process has used in all its threads: the 14th and 15th field of proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


async def write_one_after_another(
    uss: Uss, pid: int, place: tuple[float, float], key: list[str], times: int
) -> list[float]:
    """Creates and deletions of a USS that knows all that is relevant, each accepted at once; what the node worked
    until it answered each.
    """
    took_s = []
    for _ in range(times):
        began_s = processor_s(pid)
        made = await uss.reference(volume(place), key=key)
        took_s.append(processor_s(pid) - began_s)
        began_s = processor_s(pid)
        await uss.remove(made)
        took_s.append(processor_s(pid) - began_s)
    return took_s


def check_bounded(took_s: list[float]) -> None:
    slowest_s = sorted(took_s)
    p99_s = slowest_s[int(len(slowest_s) * 0.99)]
    print(f"median {slowest_s[len(slowest_s) // 2]:.3f} s, p99 {p99_s:.3f} s, slowest {slowest_s[-1]:.3f} s")
    assert p99_s < P99_S


def check_it_is_told_its_share(flood: Flood) -> None:
    assert flood.statuses[429] > CONNECTIONS
    for said in flood.refusals:
        assert said["error"]["code"] == "rate_limited"
        assert "'hostile' has 64 writes at work, the most at once: await their answers" in said["message"]
    assert all(after.isdigit() and int(after) >= 1 for after in flood.retry_after)


async def test_a_uss_above_its_share_is_told_so_and_others_write_on(tmp_path: Path) -> None:
    with serving_dss(tmp_path / "node") as process:
        other = Uss(process.url, "other")
        async with other.client:
            flood = Flood(process.url, "hostile", lambda: other.intent_body(volume(somewhere())))
            async with flooding(flood):
                took_s = await write_one_after_another(other, process.process.pid, PLACE, [], 50)
            print(dict(flood.statuses))
            check_bounded(took_s)
            check_it_is_told_its_share(flood)
            assert set(flood.statuses) == {201, 429}
        assert process.stop() == 0


async def test_a_uss_that_asks_in_vain_for_the_same_air_does_not_keep_others_out(tmp_path: Path) -> None:
    """Whoever is refused for its key has a short turn: a hundred of them do not add up to a closed sky."""
    with serving_dss(tmp_path / "node") as process:
        other = Uss(process.url, "other")
        async with other.client:
            there = await other.reference(volume(PLACE))
            flood = Flood(process.url, "hostile", lambda: other.intent_body(volume(PLACE)))
            async with flooding(flood):
                took_s = await write_one_after_another(other, process.process.pid, PLACE, [there["ovn"]], 30)
            print(dict(flood.statuses))
            check_bounded(took_s)
            assert flood.statuses[409] > CONNECTIONS
            assert set(flood.statuses) <= {409, 429}
        assert process.stop() == 0
