"""The connections below a `Database`.

In: a URL. Out: `Engines`, one for writing and one for reading. Hides SQLAlchemy's pools and events, and the
settings each connection needs. Trap: SQLite's driver must not begin transactions by itself; `isolation_level`
None hands that to the event below, so that a write transaction holds the write lock from its first statement.
"""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pipeline.errors import StoreUnavailable, Unusable
from pipeline.store.turns import Turns

# Before it, two connections that write or checkpoint at once could corrupt a WAL file:
# sqlite.org/wal.html#walresetbug
OLDEST_SQLITE = (3, 51, 3)
BUSY_STEP_SECONDS = (0.0005, 0.004)
BUSY_SECONDS = 20.0  # how long a writer waits for the others; each holds the lock for milliseconds
POOL_SECONDS = 30.0
CONNECT_SECONDS = 5
#: A server that vanished without a word, as when this machine got another address, is given up after some 15 s (in
#: milliseconds and seconds). Left to the system it took 13 minutes, in which a worker took jobs and finished none.
SILENCE = {"tcp_user_timeout": 15_000, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}


@dataclass(frozen=True, slots=True)
class Engines:
    """Connections for writing and for reading."""

    writing: Engine
    reading: Engine
    turns: Turns | None = None  #: SQLite only

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the database is a file."""
        return self.turns is not None

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        self.writing.dispose()
        self.reading.dispose()
        if self.turns:
            self.turns.close()


def open_engines(text: str) -> Engines:
    """Make the engines for a URL; see `Database.open` for what it raises."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise Unusable(f"the database URL cannot be read; write sqlite:///path or postgresql://…: {error}") from error
    match url.get_backend_name():
        case "sqlite":
            return _sqlite_engines(url)
        case "postgresql" | "postgres":
            return _postgresql_engines(url)
        case other:
            raise Unusable(f"no database of kind {other!r} is supported; write sqlite:///path or postgresql://…")


def _sqlite_engines(url: URL) -> Engines:
    check_sqlite_version(sqlite.sqlite_version_info)
    if not url.database or url.database == ":memory:" or url.query:
        raise Unusable("SQLite needs a file that several processes can open: sqlite:///path, without options")
    _make_private_file(Path(url.database))
    # One connection writes and the others cannot: SQLite has one writer, and waiting in our own pool is fair.
    turns = Turns(Path(f"{url.database}-turn"))
    writing = _sqlite_engine(url, pool_size=1, query_only=False)
    reading = _sqlite_engine(url, pool_size=8, query_only=True)

    @event.listens_for(writing, "begin")
    def begin_writing(tx: Connection) -> None:
        with turns.turn():
            tx.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(reading, "begin")
    def begin_reading(tx: Connection) -> None:
        tx.exec_driver_sql("BEGIN")

    return Engines(writing, reading, turns)


def check_sqlite_version(version: tuple[int, ...]) -> None:
    """Raise Unusable for a SQLite that several processes must not share (R19)."""
    if version < OLDEST_SQLITE:
        found, needed = (".".join(map(str, v)) for v in (version, OLDEST_SQLITE))
        raise Unusable(
            f"SQLite {found} can corrupt a database that several processes write; {needed} or newer is needed. "
            "Install the pysqlite3 wheel of this version's requirements."
        )


def _make_private_file(path: Path) -> None:
    """Make an empty file for its owner alone; SQLite gives its side files the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise Unusable(f"the database file {path} cannot be opened for writing: {error.strerror}") from error


def _sqlite_engine(url: URL, *, pool_size: int, query_only: bool) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        module=sqlite,
        connect_args={"isolation_level": None},
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite.Connection, _record: Any) -> None:
        _set_up_sqlite(connection, query_only=query_only)

    return engine


def _set_up_sqlite(connection: sqlite.Connection, *, query_only: bool) -> None:
    connection.set_busy_handler(_patience())
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")  # a commit that was acknowledged survives loss of power (R21)
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA journal_size_limit=67108864")  # the log shrinks again after a long reader (R20)
    connection.execute(f"PRAGMA query_only={int(query_only)}")


def _patience() -> Callable[[int], bool]:
    """Wait for a lock with short, uneven steps, up to `BUSY_SECONDS`.

    SQLite's own busy timeout ends in steps of 100 ms, between which eager writers pass the lock among themselves:
    of eight writing processes one was kept out for 8 s, and with these steps none for more than 0.4 s. Who comes
    next is decided by `Turns`; this waits for the one who writes now.
    """
    since = 0.0

    def wait(earlier_count: int) -> bool:
        nonlocal since
        now = time.monotonic()
        since = since if earlier_count else now
        time.sleep(random.uniform(*BUSY_STEP_SECONDS))  # noqa: S311 - spreads tries, hides nothing
        return now - since < BUSY_SECONDS

    return wait


def _switch_to_wal(connection: sqlite.Connection) -> None:
    """Switch a fresh file to WAL, once for good; the switch does not heed the busy timeout, so it is retried."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        except sqlite.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        if mode != "wal":
            raise StoreUnavailable(f"SQLite cannot use a write-ahead log here (mode {mode}); use a local disk")
        return


def _postgresql_engines(url: URL) -> Engines:
    writing = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=6,
        max_overflow=6,
        pool_timeout=POOL_SECONDS,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "storywatch", **SILENCE},
    )
    reading = writing.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(writing, reading)
