"""What the managers know of each other's intents: one table for all clients, from identifier to OVN.

It stands for what USSs tell each other by notifications and in answer to questions for details: an owner puts the OVN
of its 201 in, and from then on everybody has it. What has ended drops out by its time.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Final

_PATIENCE_S: Final = 15.0
_ROUNDING_S: Final = 0.001
"""Bodies tell times to the microsecond: what ends as another begins may or may not meet it."""


class _Group:
    """The intents of one group: those that have not ended, and those that have lately."""

    def __init__(self) -> None:
        self.live: dict[str, bytes] = {}
        self.ending: list[tuple[float, str]] = []
        self.ended: deque[tuple[float, str]] = deque(maxlen=4_096)
        self.joined: bytes | None = b""

    def prune(self, now_s: float) -> None:
        while self.ending and self.ending[0][0] < now_s:
            end_s, identifier = heappop(self.ending)
            self.ended.append((end_s, identifier))
            del self.live[identifier]
            self.joined = None


class Peers:
    """The table. OVNs are kept as they stand in a body, between quotation marks."""

    def __init__(self) -> None:
        self._groups: dict[int, _Group] = {}
        self._ovns: dict[str, bytes] = {}
        self._awaited: dict[str, asyncio.Future[None]] = {}

    def publish(self, group: int, identifier: str, ovn: str, end_s: float) -> None:
        """An owner has its 201."""
        quoted = b'"%b"' % ovn.encode()
        self._ovns[identifier] = quoted
        members = self._groups.setdefault(group, _Group())
        members.live[identifier] = quoted
        members.joined = None
        heappush(members.ending, (end_s, identifier))
        if (waiting := self._awaited.pop(identifier, None)) is not None and not waiting.done():
            waiting.set_result(None)

    def key(self, group: int, start_s: float, now_s: float, learned: Iterable[str]) -> bytes:
        """The key of a create that begins at `start_s`: all of its group that has not ended by then, and `learned`."""
        members = self._groups.setdefault(group, _Group())
        members.prune(now_s)
        if members.joined is None:
            members.joined = b",".join(members.live.values())
        also = dict.fromkeys(learned)
        for end_s, identifier in reversed(members.ended):
            if end_s < start_s - _ROUNDING_S:
                break
            also[identifier] = None
        extra = [self._ovns[identifier] for identifier in also if identifier not in members.live]
        return b",".join([members.joined, *extra] if members.live else extra)

    async def learn(self, identifiers: Sequence[str]) -> None:
        """Wait until the owners of what a 409 named have told their OVNs: an answer may still be on its way to one."""
        for identifier in identifiers:
            if identifier not in self._ovns:
                waiting = self._awaited.setdefault(identifier, asyncio.get_running_loop().create_future())
                try:
                    await asyncio.wait_for(asyncio.shield(waiting), _PATIENCE_S)
                except TimeoutError:
                    raise RuntimeError(f"a 409 names {identifier}, for which no client has a 201") from None

    def live(self, now_s: float) -> int:
        """How many have not ended."""
        for members in self._groups.values():
            members.prune(now_s)
        return sum(len(members.live) for members in self._groups.values())
