"""The few things that the two databases spell differently.

In: a transaction. Out: pieces of statements that fit its database. Trap: on SQLite a write transaction is alone,
so the row locks here are nothing; code must not rely on them to wait.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, TextClause, text
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.store.json_text import dump

S = TypeVar("S", bound=tuple[object, ...])
Inserter = Callable[[Table], "sqlite.Insert | postgresql.Insert"]


def is_postgresql(tx: Connection) -> bool:
    """Tell whether rows must be locked one by one."""
    return tx.dialect.name == "postgresql"


def insert(tx: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Begin an INSERT that may have an ON CONFLICT clause."""
    return postgresql.insert(table) if is_postgresql(tx) else sqlite.insert(table)


def inserter(tx: Connection) -> Inserter:
    """Give the function that begins such an INSERT, for a statement that is built once and kept."""
    return postgresql.insert if is_postgresql(tx) else sqlite.insert


def free_rows(found: "Select[S]", *, of: Table) -> "Select[S]":
    """Lock the rows found, passing over those that another transaction holds."""
    return found.with_for_update(skip_locked=True, of=of)


def each(tx: Connection, kind: str) -> str:
    """Spell a column of the values bound as `:values`, of SQL type `kind`; bind them with `bound`."""
    if is_postgresql(tx):
        return f"SELECT unnest(CAST(:values AS {kind}[])) AS value"
    return "SELECT value FROM json_each(:values)"


def bound(tx: Connection, values: Sequence[str] | Sequence[int]) -> Any:
    """Give many values as the one parameter that `each` reads: far cheaper than a parameter for each."""
    return list(values) if is_postgresql(tx) else dump(values)


def with_each(tx: Connection, template: str, kind: str) -> TextClause:
    """Give the statement that a template makes with `each` at its `{each}`; made once, because that takes 0.1 ms."""
    return _with_each(template, each(tx, kind))


@cache
def _with_each(template: str, spelled: str) -> TextClause:
    return text(template.format(each=spelled))
