"""Which of a database's errors pass by themselves.

In: an exception of SQLAlchemy. Out: `Passing`, or None for an error that trying again cannot mend. Hides
SQLSTATE codes and the texts of SQLite, whose driver gives no code. Trap: "database is locked" after the busy
timeout is a conflict here; a "disk I/O error" is not, it must be seen. PostgreSQL's driver is told by the code that its
errors carry and is not imported, for only who uses it shall load it.
"""

from enum import Enum

from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Passing(Enum):
    """Why a transaction that failed may do better next time."""

    CONFLICT = "conflict"  #: somebody else was first; nothing is broken
    CONNECTION = "connection"  #: the server is away, restarting or full


# https://www.postgresql.org/docs/current/errcodes-appendix.html: serialization_failure, deadlock_detected,
# lock_not_available; then class 08 and what a server says while it stops, starts or has no place left.
_CONFLICT_STATES = frozenset({"40001", "40P01", "55P03"})
_CONNECTION_STATES = frozenset({"57P01", "57P02", "57P03", "53100", "53300", "25006"})
_SQLITE_CONFLICTS = ("database is locked", "database table is locked", "database schema is locked")
_SQLITE_AWAY = ("unable to open database file", "database or disk is full")


def passing(error: SQLAlchemyError) -> Passing | None:
    """Sort an error of SQLAlchemy."""
    if isinstance(error, PoolTimeout):
        return Passing.CONNECTION
    if not isinstance(error, DBAPIError):
        return None
    if hasattr(error.orig, "sqlstate"):
        return _passing_on_postgresql(error)
    return _passing_on_sqlite(str(error.orig))


def _passing_on_postgresql(error: DBAPIError) -> Passing | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state in _CONFLICT_STATES:
        return Passing.CONFLICT
    if error.connection_invalidated or state in _CONNECTION_STATES or (state or "").startswith("08"):
        return Passing.CONNECTION
    # Without a code the server never answered: refused, unknown host, broken pipe.
    return Passing.CONNECTION if state is None and isinstance(error, OperationalError) else None


def _passing_on_sqlite(text: str) -> Passing | None:
    if text.startswith(_SQLITE_CONFLICTS):
        return Passing.CONFLICT
    return Passing.CONNECTION if text.startswith(_SQLITE_AWAY) else None
