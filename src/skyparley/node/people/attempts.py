"""Failed log-ins, counted per person and per address: who fails too often waits, also with the right password.

They are kept in memory: a restart, which only the operator can make, forgets them.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from skyparley.errors import RateLimitedError
from skyparley.units import MICROSECONDS_PER_SECOND

WINDOW_S: Final = 900
PER_PERSON: Final = 5
PER_ADDRESS: Final = 20
MAX_REMEMBERED: Final = 10_000
_WINDOW_US: Final = WINDOW_S * MICROSECONDS_PER_SECOND


class Attempts:
    """The failures of the last quarter of an hour; of too many the longest untouched are forgotten first."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._failed_us: OrderedDict[str, list[int]] = OrderedDict()

    def check(self, party: str, login: str, address: str) -> None:
        """Raise `RateLimitedError` if a person or an address has failed too often."""
        for name, most in _limits(party, login, address):
            recent = self._recent(name)
            if len(recent) >= most:
                wait_s = -(-(recent[-most] + _WINDOW_US - self._clock()) // MICROSECONDS_PER_SECOND)
                raise RateLimitedError("too many failed log-ins: wait, then try again", retry_after_s=wait_s)

    def failed(self, party: str, login: str, address: str) -> None:
        """Count a failure."""
        for name, _ in _limits(party, login, address):
            self._failed_us[name] = [*self._recent(name), self._clock()]
            self._failed_us.move_to_end(name)
        while len(self._failed_us) > MAX_REMEMBERED:
            self._failed_us.popitem(last=False)

    def _recent(self, name: str) -> list[int]:
        since_us = self._clock() - _WINDOW_US
        return [time_us for time_us in self._failed_us.get(name, ()) if time_us > since_us][-PER_ADDRESS:]


def _limits(party: str, login: str, address: str) -> tuple[tuple[str, int], ...]:
    return (f"person {party}/{login}", PER_PERSON), (f"address {address}", PER_ADDRESS)
