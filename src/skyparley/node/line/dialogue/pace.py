"""The pace of a party on the line: a bucket of tokens, so that a party gone wild holds up nobody but itself."""

from collections.abc import Callable
from typing import Final

from skyparley.errors import RateLimitedError
from skyparley.units import MICROSECONDS_PER_SECOND

MESSAGES_PER_S: Final = 50
MESSAGES_AT_ONCE: Final = 200


class Pace:
    """Lets each party say so much a second, and so much at once after a pause. Its size is the number of parties."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._full_us: dict[str, int] = {}

    def take(self, party: str) -> None:
        """Count one message of a party. Raises `RateLimitedError` if it is too many."""
        now_us = self._clock()
        each_us = MICROSECONDS_PER_SECOND // MESSAGES_PER_S
        full_us = max(self._full_us.get(party, 0), now_us) + each_us
        if full_us - now_us > MESSAGES_AT_ONCE * each_us:
            raise RateLimitedError(
                f"a party may send {MESSAGES_PER_S} messages a second, {MESSAGES_AT_ONCE} at once: send more slowly"
            )
        self._full_us[party] = full_us
