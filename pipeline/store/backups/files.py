"""SQLite files outside of any store: copied from a live one, checked, looked into.

In: paths. Out: files, or Unusable with what is wrong. Hides pysqlite3. Trap: a plain copy of a live file misses what
stands in the log beside it.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from pipeline.errors import Unusable

FOUND_SHOWN = 3  #: complaints of SQLite in one message


def copy_live(source: Path, target: Path) -> None:
    """Copy one state of a database that others write to; they are not kept waiting.

    What was deleted is not in the copy, unlike in one made page by page (decision 0024).
    """
    with _connected(source) as connection:
        connection.execute("VACUUM INTO ?", [str(target)])


def check(file: Path) -> None:
    """See that a file is sound: its pages, and every reference between its rows; raises Unusable."""
    with _connected(file) as connection:
        try:
            said = [str(row[0]) for row in connection.execute("PRAGMA integrity_check").fetchall()]
        except sqlite.DatabaseError as error:
            said = [str(error)]
        if said != ["ok"]:
            raise Unusable(f"the database is damaged: {'; '.join(said[:FOUND_SHOWN])}")
        broken = connection.execute("PRAGMA foreign_key_check").fetchmany(FOUND_SHOWN)
    if broken:
        shown = ", ".join(f"{table} {row}, which names a missing row of {other}" for table, row, other, _ in broken)
        raise Unusable(f"the database is not whole: {shown}")


def forget(file: Path, tables: tuple[str, ...]) -> None:
    """Empty tables of a copy, and overwrite what stood there."""
    with _connected(file) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        for table in tables:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


def to_one_file(file: Path) -> None:
    """Take what stands in a database's log into the file itself; raises Unusable while somebody has it open."""
    with _connected(file) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    log = file.with_name(f"{file.name}-wal")
    if busy or (log.exists() and log.stat().st_size):
        raise Unusable(f"another process has {file} open: stop Storywatch first")


@contextmanager
def _connected(file: Path) -> Iterator[sqlite.Connection]:
    try:
        with closing(sqlite.connect(file, isolation_level=None, timeout=20)) as connection:
            yield connection
    except sqlite.DatabaseError as error:
        raise Unusable(f"{file}: {error}") from error
