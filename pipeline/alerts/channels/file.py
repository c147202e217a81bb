"""Append an alert to a file, one JSON object a line.

In: a delivery and a file. Out: the answer in words, or Transient or Permanent. Hides the file system.
Trap: after a crash between writing and marking, the same line is written again; a reader keeps one line per
`id`. A line is whole or absent: it is written at once under a lock, and taken back if it did not fit.
"""

import errno
import fcntl
import os
import stat
from pathlib import Path

from pipeline.alerts.channels.targets import FileTarget
from pipeline.alerts.message import payload_bytes
from pipeline.errors import Permanent, Transient
from pipeline.model import DeliveryTask, Reason

#: What does not pass by waiting; the operator mends it and replays the delivery.
_LASTING = frozenset(
    {errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO}
)


def append_alert(task: DeliveryTask, target: FileTarget, data_dir: Path) -> str:
    """Append one alert and wait until the disk has it; makes missing folders inside the data folder only."""
    path = data_dir / target.path
    try:
        if not target.path.is_absolute():
            path.parent.mkdir(parents=True, exist_ok=True)
        _append_line(path, payload_bytes(task) + b"\n")
    except OSError as error:
        said = f"{path.name}: {error.strerror or type(error).__name__}"
        if error.errno in _LASTING:
            raise Permanent(Reason.RECEIVER_REFUSED, said) from error
        raise Transient(Reason.RECEIVER_UNAVAILABLE, said) from error
    return f"appended to {path.name}"


def _append_line(path: Path, line: bytes) -> None:
    """Write a line at the end, durably; an unfinished line of a crash before is ended first."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENXIO, "is not a regular file")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        _write_whole(descriptor, line, size)
        if size == 0:
            _sync_folder(path.parent)
    finally:
        os.close(descriptor)


def _write_whole(descriptor: int, line: bytes, size: int) -> None:
    """Write all of a line or nothing; `size` is the file's before it."""
    try:
        _write_durably(descriptor, line)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _write_durably(descriptor: int, line: bytes) -> None:
    """Write in one call and wait for the disk; a short write means there is no more room."""
    if os.write(descriptor, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
