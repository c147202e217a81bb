"""Executing one statement for many rows, with their parameters made column by column.

In: a statement that is built once, and rows of equal keys. Out: how many rows it changed. Hides the driver's own way of
spelling parameters. SQLAlchemy makes the parameters of each row by themselves, which for twenty entries of a feed costs
as much as storing them; here each column's type is asked once. Trap: only for INSERT and UPDATE whose columns have no
defaults made in Python, and without lists among the parameters; everything else belongs to `Connection.execute`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, UpdateBase
from sqlalchemy.sql.compiler import SQLCompiler

STATEMENTS_KEPT = 256

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One parameter of the statement."""

    name: str
    is_given: bool  #: by the rows
    written: Callable[[Any], Any] | None  #: makes what the driver takes; None if it takes the value itself
    constant: Any = None  #: its value, ready for the driver, where the statement itself has it

    def values(self, rows: Sequence[Row]) -> Iterable[Any]:
        """Give it for every row."""
        if not self.is_given:
            return repeat(self.constant, len(rows))
        found = map(itemgetter(self.name), rows)
        return found if self.written is None else map(self.written, found)


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A statement in the words of one driver."""

    sql: str
    parameters: tuple[_Parameter, ...]
    is_positional: bool

    def bound(self, rows: Sequence[Row]) -> list[Any]:
        """Give what the driver takes for the rows."""
        made = zip(*(one.values(rows) for one in self.parameters), strict=True)
        if self.is_positional:
            return list(made)
        names = [one.name for one in self.parameters]
        return [dict(zip(names, values, strict=True)) for values in made]


def execute_each(tx: Connection, statement: UpdateBase, rows: Sequence[Row]) -> int:
    """Execute the statement for each row, in their order; none for no rows. Gives the number of rows changed."""
    if not rows:
        return 0
    spelled = _spelled(tx.dialect, statement, tuple(rows[0]))
    done = tx.exec_driver_sql(spelled.sql, spelled.bound(rows), execution_options={"preserve_rowcount": True})
    return done.rowcount


@lru_cache(maxsize=STATEMENTS_KEPT)
def _spelled(dialect: Dialect, statement: UpdateBase, keys: tuple[str, ...]) -> _Spelled:
    compiled = statement.compile(dialect=dialect, column_keys=sorted(keys))
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"this is no statement that rows can be given to: {statement}")
    if compiled.post_compile_params or compiled.insert_prefetch or compiled.update_prefetch:
        raise ValueError(f"this statement is not one for many rows: {statement}")
    names = compiled.positiontup if compiled.positional and compiled.positiontup is not None else list(compiled.binds)
    found = {name: _parameter(dialect, name, compiled.binds[name], keys) for name in names}
    return _Spelled(str(compiled), tuple(found[name] for name in names), compiled.positional)


def _parameter(dialect: Dialect, name: str, bind: BindParameter[Any], keys: Sequence[str]) -> _Parameter:
    written = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if name in keys:
        return _Parameter(name, True, written)
    if bind.required:
        raise ValueError(f"a row lacks {name}")
    value = bind.effective_value
    return _Parameter(name, False, None, value if written is None else written(value))
