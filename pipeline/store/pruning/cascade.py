"""Delete rows with everything that names them.

In: a table and ids. Out: nothing of them left. Which tables name which is read from the tables' own rules, so that a
table which is new is not forgotten. Trap: a row of a table that is named itself must have an `id`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, select, update

from pipeline.store.tables import groupings, metadata

CHUNK = 500  #: ids in one statement; SQLite takes 32,766 parameters
#: Columns that are emptied; the rows stay.
EMPTIED = frozenset({groupings.c.of_article_id})


def _naming() -> Mapping[str, list[Column[Any]]]:
    found: dict[str, list[Column[Any]]] = defaultdict(list)
    for table in metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: str(key.parent.name)):
            if key.column.table is not table:
                found[key.column.table.name].append(key.parent)
    return found


#: The columns that name a row of each table.
NAMING = _naming()


def delete_rows(tx: Connection, table: Table, ids: Sequence[int]) -> None:
    """Delete rows by id, those that name them first."""
    for some in batched_ids(ids):
        for column in NAMING.get(table.name, ()):
            _unname(tx, column, some)
        tx.execute(delete(table).where(table.c.id.in_(some)))


def batched_ids(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Give ids in pieces that fit into one statement."""
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _unname(tx: Connection, column: Column[Any], ids: Sequence[int]) -> None:
    table = column.table
    assert isinstance(table, Table)  # noqa: S101 - of the metadata's tables, for mypy
    naming = column.in_(ids)
    if column in EMPTIED:
        tx.execute(update(table).where(naming).values({column: None}))
    elif table.name in NAMING:
        delete_rows(tx, table, tx.execute(select(table.c.id).where(naming)).scalars().all())
    else:
        tx.execute(delete(table).where(naming))
