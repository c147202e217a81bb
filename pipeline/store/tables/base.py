"""What all tables share: the metadata, and conditions and indexes spelled alike.

In: nothing. Out: `metadata`, `in_state`, `partial_index`. Hides SQLAlchemy's objects. Trap: a partial index serves only
queries whose condition is written out as in the index, so conditions on states go through `in_state`.
"""

from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Index,
    MetaData,
    Text,
    literal_column,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def in_state(table: FromClause, *states: StrEnum) -> ColumnElement[bool]:
    """Condition that the row is in one of these states, spelled as the partial indexes spell it."""
    words = [literal_column(f"'{state.value}'", Text) for state in states]
    column: ColumnElement[str] = table.c.state
    return column == words[0] if len(words) == 1 else column.in_(words)


def partial_index(name: str, where: str, *columns: str, unique: bool = False) -> Index:
    """Make an index over the rows that meet a condition."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))
