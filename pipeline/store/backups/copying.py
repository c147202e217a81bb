"""All rows from one store into another, whichever database either is.

In: two transactions on stores of the same schema. Out: the rows, the counters of their numbers, and how many there
are. Hides the differences in loading. Trap: values pass as they are stored, not as records, so a word that this
version does not know survives; a row that names a later one of its own table is pointed at it afterwards.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, Table, TableClause, bindparam, column, func, select, table, text, update
from sqlalchemy.types import TypeDecorator, TypeEngine

from pipeline.store.dialects import is_postgresql
from pipeline.store.tables import metadata

BATCH = 1_000
#: Not SQLAlchemy's, and not made anew from the texts.
VOCABULARY = table("article_vocabulary", column("term"))


def copied_tables() -> list[str]:
    """Name the tables whose rows are copied, parents before children."""
    return [*(one.name for one in metadata.sorted_tables), VOCABULARY.name]


def copy_rows(source: Connection, target: Connection) -> dict[str, int]:
    """Copy every row into an empty store; gives how many of each table."""
    counts = {}
    for one in metadata.sorted_tables:
        later = _own_references(one)
        counts[one.name] = _copy(source, target, _plain(one), set(later))
        for name in later:
            _point(source, target, _plain(one), name)
    counts[VOCABULARY.name] = _copy(source, target, VOCABULARY, set())
    _copy_counters(source, target)
    return counts


def count_rows(tx: Connection) -> dict[str, int]:
    """Count the rows of every table that a copy would take."""
    return {name: tx.execute(select(func.count()).select_from(table(name))).scalar_one() for name in copied_tables()}


def empty(tx: Connection) -> None:
    """Remove every row of a store, its words too."""
    names = [*copied_tables(), "article_words"]
    if is_postgresql(tx):
        tx.execute(text(f"TRUNCATE {', '.join(names)}"))
        return
    for name in (*reversed(names),):
        tx.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - our own names


def _plain(one: Table) -> TableClause:
    return table(one.name, *(column(each.name, _stored_type(each.type)) for each in one.columns))


def _stored_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Give the type below one of ours."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _own_references(one: Table) -> list[str]:
    return [key.parent.name for key in one.foreign_keys if key.column.table is one]


def _copy(source: Connection, target: Connection, one: TableClause, left_out: set[str]) -> int:
    count = 0
    for rows in _batches(source, select(one)):
        target.execute(one.insert(), [{**row, **dict.fromkeys(left_out)} for row in rows])
        count += len(rows)
    return count


def _point(source: Connection, target: Connection, one: TableClause, name: str) -> None:
    """Fill in the references of a table to itself."""
    pointing = select(one.c.id, one.c[name]).where(one.c[name].is_not(None))
    statement = update(one).where(one.c.id == bindparam("row")).values({name: bindparam("other")})
    for rows in _batches(source, pointing):
        target.execute(statement, [{"row": row["id"], "other": row[name]} for row in rows])


def _batches(source: Connection, wanted: Any) -> Iterator[list[dict[str, Any]]]:
    found = source.execute(wanted, execution_options={"yield_per": BATCH})
    for part in found.partitions():
        yield [dict(row._mapping) for row in part]  # noqa: SLF001 - SQLAlchemy's public name


def _copy_counters(source: Connection, target: Connection) -> None:
    """Carry over the last numbers given, so that a number whose row was pruned is not given again."""
    for one in metadata.sorted_tables:
        if _has_counter(one):
            _set_counter(target, one.name, _counter(source, one.name))


def _has_counter(one: Table) -> bool:
    key: Column[Any] | None = one.autoincrement_column
    return key is not None and key.name == "id"


def _counter(tx: Connection, name: str) -> int:
    if is_postgresql(tx):
        sequence = tx.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": name}).scalar_one()
        last, called = tx.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - our own
        return int(last) if called else 0
    return int(tx.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": name}).scalar() or 0)


def _set_counter(tx: Connection, name: str, last: int) -> None:
    if is_postgresql(tx):
        statement = "SELECT setval(pg_get_serial_sequence(:name, 'id'), :last, :called)"
        tx.execute(text(statement), {"name": name, "last": max(last, 1), "called": last > 0})
        return
    tx.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
    tx.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": name, "last": last})
