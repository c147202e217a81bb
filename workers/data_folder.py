"""One running instance per data folder.

In: the folder from the settings. Out: a `DataFolder` whose lock is held until it is closed, or `Unusable` that
says which process holds it. Hides flock(2). Trap: the lock lives as long as any process has the descriptor open;
the embedded Valkey inherits it on purpose, so that a new instance cannot start beside an old one's server.
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from pipeline.errors import Unusable

LOCK_FILE = "storywatch.lock"
WAIT_SECONDS = 3.0  #: for the kernel to end what a killed instance left


class DataFolder:
    """The folder, ours alone while open; made private (0700) if it did not exist."""

    def __init__(self, path: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.path = path.absolute()
        self._make()
        self._lock = self._open()
        try:
            self._take(sleep)
        except BaseException:
            self.close()
            raise

    @property
    def lock_fd(self) -> int:
        """The descriptor that holds the lock, for a child to inherit."""
        return self._lock

    def _make(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unusable(f"The data folder {self.path} cannot be made: {error.strerror}. {_REMEDY}") from error

    def _open(self) -> int:
        try:
            return os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unusable(f"The data folder {self.path} is not writable: {error.strerror}. {_REMEDY}") from error

    def _take(self, sleep: Callable[[float], None]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._try():
            if time.monotonic() > deadline:
                raise Unusable(
                    f"The data folder {self.path} is in use by process {self._holder()}. "
                    "Stop that instance first, or set storage.data_dir to another folder."
                )
            sleep(0.05)
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> str:
        return os.pread(self._lock, 32, 0).decode("ascii", "replace").strip() or "unknown"

    def close(self) -> None:
        """Let go of the folder; children that inherited the lock hold it until they end."""
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> "DataFolder":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()


_REMEDY = "Give this user write access, or set storage.data_dir to a folder of its own."
