"""How long things took in this process, gathered until the next heartbeat takes them to the store.

In: steps and seconds. Out: tallies. Trap: what a killed process had gathered since its last beat is lost, five
seconds at most; histograms are for looking, nothing is decided by them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from pipeline.store.durations import Tallies, Tally, Timed, bucket_of

MICROSECONDS = 1_000_000
NOTHING = Tally(0, 0)


class Timing:
    """What one process has gathered."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: dict[tuple[Timed, int], Tally] = {}

    def note(self, step: Timed, seconds: float) -> None:
        """Count one."""
        seconds = max(0.0, seconds)
        self.add({(step, bucket_of(seconds)): Tally(1, int(seconds * MICROSECONDS))})

    @contextmanager
    def measured(self, step: Timed) -> Iterator[None]:
        """Count how long the block takes, however it ends."""
        began = monotonic()
        try:
            yield
        finally:
            self.note(step, monotonic() - began)

    def add(self, more: Tallies) -> None:
        """Add tallies: those that could not be stored."""
        with self._lock:
            for key, tally in more.items():
                had = self._found.get(key, NOTHING)
                self._found[key] = Tally(had.count + tally.count, had.microseconds + tally.microseconds)

    def take(self) -> Tallies:
        """Give what was gathered, and begin anew."""
        with self._lock:
            found, self._found = self._found, {}
            return found


#: Of this process: whatever works in it times into one place.
TIMING = Timing()
