"""One database, opened once per process: transactions, retries, and the threads they run in.

In: a URL and functions of this room. Out: what those functions return, each from one transaction. Hides
SQLAlchemy's engines, pysqlite3 and psycopg. Trap: `run` and `look` may call their function again after a
deadlock or a lost connection, and a commit whose answer got lost counts as not done; so such a function must be
safe to repeat, which fencing tokens and unique keys make it.
"""

import asyncio
import functools
import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import StoreUnavailable
from pipeline.store import migrating
from pipeline.store.engines import Engines, open_engines
from pipeline.store.failures import Passing, passing

P = ParamSpec("P")
T = TypeVar("T")

#: Waits between tries, before jitter. A conflict passes in milliseconds; a PostgreSQL restart takes seconds.
_WAITS = {
    Passing.CONFLICT: (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    Passing.CONNECTION: (0.1, 0.5, 2.0),
}


class Database:
    """The store's transactions; open it after a fork and close it in the end."""

    def __init__(self, url: str, engines: Engines) -> None:
        self.url = url
        self._engines = engines
        self._pid = os.getpid()
        self._writers = ThreadPoolExecutor(engines.writer_count, "store-write")
        self._readers = ThreadPoolExecutor(engines.reader_count, "store-read")

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open `sqlite:///path` or `postgresql://…`; makes a missing SQLite file, readable by its owner only.

        Does not migrate, and does not connect to PostgreSQL yet. Raises Unusable for a URL that names neither,
        for a SQLite library older than 3.51.3 and for a folder that cannot be written.
        """
        return cls(url, open_engines(url))

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is a file on this machine."""
        return self._engines.is_sqlite

    def migrate(self) -> None:
        """Bring the schema to this version; safe when several processes do it at once."""
        _again(self._migrate_once)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give one transaction that may write; commits at the end, rolls back on any exception, tries once."""
        with self._transaction(self._engines.writing) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give one transaction that sees one state of the database and cannot write."""
        with self._transaction(self._engines.reading) as tx:
            yield tx

    async def run(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(tx, …)` in one write transaction in a thread of the store, again after a conflict.

        Raises StoreUnavailable when the database stays away. Cancelling the caller does not stop a transaction
        that has begun.
        """
        call = functools.partial(_once, self.write, fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._writers, _again, call)

    async def look(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(tx, …)` in one read transaction; otherwise like `run`."""
        call = functools.partial(_once, self.read, fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._readers, _again, call)

    def close(self) -> None:
        """Finish what runs and close every connection."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engines.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        if os.getpid() != self._pid:
            raise RuntimeError("this database was opened before a fork; open it in the child")
        try:
            with engine.begin() as tx:
                yield tx
        except SQLAlchemyError as error:
            kind = passing(error)
            if kind is None:
                raise
            raise _Passed(kind, f"the database does not answer: {error.__cause__ or error}") from error

    def _migrate_once(self) -> None:
        with self.write() as tx:
            migrating.upgrade(tx)


class _Passed(StoreUnavailable):
    """A failure that may be gone at the next try."""

    def __init__(self, kind: Passing, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def _once(
    begin: Callable[[], AbstractContextManager[Connection]],
    fn: Callable[Concatenate[Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    with begin() as tx:
        return fn(tx, *args, **kwargs)


def _again(call: Callable[[], T]) -> T:
    """Call until it succeeds, fails for good, or the waits for its kind of failure are used up."""
    waits = {kind: iter(seconds) for kind, seconds in _WAITS.items()}
    while True:
        try:
            return call()
        except _Passed as failure:
            wait = next(waits[failure.kind], None)
            if wait is None:
                raise
        time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, hides nothing
