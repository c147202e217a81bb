"""Turn the first SIGTERM or SIGINT into a warm stop, the second into a cold one.

In: the running event loop. Out: two events. Trap: Ctrl-C in a terminal reaches every process of its group; our
children stand in sessions of their own, so only the supervisor hears it and passes on one SIGTERM each.
"""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ONE_STOP_SECONDS = 1.0  #: two signals closer than this are one stop, sent by two
GROUP_STOP_SECONDS = 10.0  #: for SIGTERM, which a service manager sends to all and the supervisor passes on when it can


@dataclass(slots=True)
class Stops:
    """What the signals have asked for."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    first_at: float = 0.0

    def heard(self, number: int) -> None:
        """Note one signal."""
        apart = ONE_STOP_SECONDS if number == signal.SIGINT else GROUP_STOP_SECONDS
        if not self.stop.is_set():
            self.first_at = time.monotonic()
            self.stop.set()
        elif time.monotonic() - self.first_at > apart:
            self.hurry.set()


@contextmanager
def stop_on_signals() -> Iterator[Stops]:
    """Listen for SIGTERM and SIGINT while inside; call it in the running loop's main thread."""
    stops = Stops()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stops.heard, number)
    try:
        yield stops
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
