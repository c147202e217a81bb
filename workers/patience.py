"""How a loop waits for a service that does not answer: a little longer each time, loudly once.

In: each failure and success. Out: how long to pause; one log line when it begins and one when it is over.
Trap: a pause must end at once when the process is told to stop, so use `pause`, never a bare sleep.
"""

import asyncio
import time

import structlog

log = structlog.get_logger(__name__)

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 5.0  #: a service that is back is noticed within this and its own time-out


class Patience:
    """The state of one loop's waiting; `event` is the word in the log."""

    def __init__(self, event: str, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._event = event
        self._longest_seconds = longest_seconds
        self._since: float | None = None
        self._next_seconds = FIRST_SECONDS

    def failed(self, error: Exception) -> float:
        """Note a failure; returns the seconds to pause."""
        if self._since is None:
            self._since = time.monotonic()
            log.warning(self._event, error=str(error))
        seconds = self._next_seconds
        self._next_seconds = min(2 * seconds, self._longest_seconds)
        return seconds

    def succeeded(self) -> None:
        """Note that it works."""
        if self._since is not None:
            log.info("waiting_over", what=self._event, seconds=round(time.monotonic() - self._since, 1))
        self._since = None
        self._next_seconds = FIRST_SECONDS


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but only until `stop`."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
