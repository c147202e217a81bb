"""Taking turns at SQLite's one write lock.

In: a file beside the database. Out: a turn, held while a process waits for the write lock and given up once it has
it. Hides flock(2). Trap: SQLite's lock knows no queue; a process that writes without a pause takes it again before
those who wait have looked. Whoever wants it has to take a turn first, and the one in front already holds that.
"""

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_WAIT_SECONDS = 2.0  #: then without a turn: a process that was suspended in its turn must not stop the others
STEP_SECONDS = (0.0005, 0.004)


class Turns:
    """One process's place in the line; one thread at a time may take a turn."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        """Leave the line."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the turn inside the block, or go on without one when it takes too long."""
        held = self._take()
        try:
            yield
        finally:
            if held:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _take(self) -> bool:
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not self._try():
            if time.monotonic() > deadline:
                return False
            time.sleep(random.uniform(*STEP_SECONDS))  # noqa: S311 - spreads tries, hides nothing
        return True

    def _try(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
