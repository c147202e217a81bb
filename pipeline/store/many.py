"""Asking for many rows by their keys in one statement that is built once.

In: a function that builds the statement around the keys, and the keys. Out: rows. Hides json_each (SQLite) and unnest
(PostgreSQL). The keys are one parameter, so that the statement is the same however many there are: building and
compiling one costs more than running it. Trap: the builder must be a plain function of a module; it is remembered.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY

from pipeline.store.dialects import is_postgresql


class Kind(Enum):
    """What the keys are."""

    NUMBERS = "numbers"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Pairs:
    """The keys as something to select from: each a row's number and a value of the kind."""

    source: FromClause
    number: ColumnElement[int]
    value: ColumnElement[Any]

    def join(self, table: FromClause, number: ColumnElement[Any], value: ColumnElement[Any]) -> FromClause:
        """Join the rows of a table whose columns are equal to a pair."""
        numbers, values = type_coerce(number, BigInteger), type_coerce(value, self.value.type)
        return self.source.join(table, and_(numbers == self.number, values == self.value))


IsOneOf = Callable[[ColumnElement[Any]], ColumnElement[bool]]


def with_keys(
    tx: Connection, kind: Kind, build: Callable[[IsOneOf], "Select[Any]"], keys: Iterable[Any]
) -> Sequence[Row[Any]]:
    """Give the rows of `build(is_one_of)`, where `is_one_of(column)` is true for the keys; none for no keys."""
    found = list(keys)
    if not found:
        return ()
    postgresql = is_postgresql(tx)
    values: Any = found if postgresql else json.dumps(found if kind is Kind.NUMBERS else [key.hex() for key in found])
    return tx.execute(_of_keys(postgresql, kind, build), {"many_keys": values}).all()


def with_pairs(
    tx: Connection, kind: Kind, build: Callable[[Pairs], "Select[Any]"], keys: Iterable[tuple[int, Any]]
) -> Sequence[Row[Any]]:
    """Give the rows of `build(pairs)` for pairs of a number and a key; none for no pairs."""
    found = list(keys)
    if not found:
        return ()
    postgresql = is_postgresql(tx)
    if postgresql:
        values: dict[str, Any] = {"numbers": [number for number, _ in found], "many_keys": [key for _, key in found]}
    else:
        plain = found if kind is Kind.NUMBERS else [(number, key.hex()) for number, key in found]
        values = {"many_keys": json.dumps(plain)}
    return tx.execute(_of_pairs(postgresql, kind, build), values).all()


@cache
def _of_keys(postgresql: bool, kind: Kind, build: Callable[[IsOneOf], "Select[Any]"]) -> "Select[Any]":
    return build(_in_array(kind) if postgresql else _in_json(kind))


def _in_array(kind: Kind) -> IsOneOf:
    array = func.any(bindparam("many_keys", type_=_array(kind)))
    return lambda column: type_coerce(column, _item(kind)) == array


def _in_json(kind: Kind) -> IsOneOf:
    source = func.json_each(bindparam("many_keys", type_=Text)).table_valued("value", name="wanted")
    item = source.c.value if kind is Kind.NUMBERS else func.unhex(source.c.value)
    return lambda column: column.in_(select(type_coerce(item, column.type)))


@cache
def _of_pairs(postgresql: bool, kind: Kind, build: Callable[[Pairs], "Select[Any]"]) -> "Select[Any]":
    return build(_unnested(kind) if postgresql else _json_pairs(kind))


def _unnested(kind: Kind) -> Pairs:
    numbers = bindparam("numbers", type_=ARRAY(BigInteger))
    arrays = func.unnest(numbers, bindparam("many_keys", type_=_array(kind)))
    source = arrays.table_valued("number", "value", name="wanted").render_derived()
    return Pairs(source, type_coerce(source.c.number, BigInteger), type_coerce(source.c.value, _item(kind)))


def _json_pairs(kind: Kind) -> Pairs:
    source = func.json_each(bindparam("many_keys", type_=Text)).table_valued("value", name="wanted")
    key = "wanted.value ->> 1" if kind is Kind.NUMBERS else "unhex(wanted.value ->> 1)"
    number = literal_column("(wanted.value ->> 0)", BigInteger)
    return Pairs(source, number, literal_column(f"({key})", _item(kind)))


def _item(kind: Kind) -> Any:
    return BigInteger() if kind is Kind.NUMBERS else LargeBinary()


def _array(kind: Kind) -> Any:
    return ARRAY(_item(kind))
