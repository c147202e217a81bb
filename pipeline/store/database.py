"""One database, opened once per process: transactions, retries, and the threads they run in.

In: a URL and functions of this room. Out: what those functions return, each from one transaction. Hides
SQLAlchemy's engines, pysqlite3 and psycopg. Trap: `run` and `look` may call their function again after a
deadlock or a lost connection, and a commit whose answer got lost counts as not done; so such a function must be
safe to repeat, which fencing tokens and unique keys make it.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from pipeline.store import migrating
from pipeline.store.engines import Engines, open_engines
from pipeline.store.retrying import again, translated
from pipeline.store.writers import BatchWriter, PoolWriter, Writer

P = ParamSpec("P")
T = TypeVar("T")
READERS = 6  #: looks at once in one process: four trials of queries, and two for whoever looks at pages meanwhile


class Database:
    """The store's transactions; open it after a fork and close it in the end."""

    def __init__(self, url: str, engines: Engines) -> None:
        self.url = url
        self._engines = engines
        self._pid = os.getpid()
        self._writer: Writer = BatchWriter(self.write) if self.is_sqlite else PoolWriter(self.write, 4)
        self._reader: Writer = PoolWriter(self.read, READERS)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open `sqlite:///path` or `postgresql://…`; makes a missing SQLite file, readable by its owner only.

        Does not migrate, and does not connect yet. Raises Unusable for a URL that names neither, for a SQLite
        library older than 3.51.3 and for a file that cannot be written.
        """
        return cls(url, open_engines(url))

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is a file on this machine."""
        return self._engines.is_sqlite

    def migrate(self) -> None:
        """Bring the schema to this version; safe when several processes do it at once."""
        again(self._migrate_once)

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
        """Call `fn(tx, …)` in a write transaction in a thread of the store, again after a conflict.

        What it wrote is on disk when this returns; what it wrote before it raised is gone. Raises
        StoreUnavailable when the database stays away. Cancelling stops only a call that has not begun.
        """
        return await asyncio.wrap_future(self._writer.submit(lambda tx: fn(tx, *args, **kwargs)))

    async def look(self, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `fn(tx, …)` in one read transaction; otherwise like `run`."""
        return await asyncio.wrap_future(self._reader.submit(lambda tx: fn(tx, *args, **kwargs)))

    def close(self) -> None:
        """Finish what runs and close every connection."""
        self._writer.close()
        self._reader.close()
        self._engines.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        if os.getpid() != self._pid:
            raise RuntimeError("this database was opened before a fork; open it in the child")
        with translated(), engine.begin() as tx:
            yield tx

    def _migrate_once(self) -> None:
        with self.write() as tx:
            migrating.upgrade(tx)
