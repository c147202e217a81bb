"""The wall clock, as a function that tests replace, and a watch over its jumps.

In: two clocks. Out: by how much the wall clock has been set. Trap: a machine that slept looks the same as one whose
clock was set forward, and is to be treated the same: what was under way elsewhere may still be.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Give the time, aware and in UTC."""
    return datetime.now(UTC)


class JumpWatch:
    """Compares the wall clock with one that nobody can set (checklist R29)."""

    def __init__(self, clock: Clock = utc_now, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._ahead = self._difference()

    def _difference(self) -> float:
        return self._clock().timestamp() - self._monotonic()

    def jumped_seconds(self) -> float:
        """Give how far the wall clock was set since the last question: forward is positive."""
        before, self._ahead = self._ahead, self._difference()
        return self._ahead - before
