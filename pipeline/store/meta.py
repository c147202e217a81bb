"""A few numbers about the installation as a whole.

In: a transaction. Out: the numbers. Trap: two transactions that change the same number wait for each other on
PostgreSQL, so nothing that happens for each article is counted here.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from pipeline.store.dialects import insert
from pipeline.store.tables import feeds, meta, subscriptions
from pipeline.store.types import microseconds

_FIRST_START = "first_start_at"


def claim_first_start(tx: Connection, now: datetime) -> bool:
    """Say True to exactly one caller in the life of an installation."""
    row = {"name": _FIRST_START, "value": microseconds(now)}
    statement = insert(tx, meta).values(row).on_conflict_do_nothing().returning(meta.c.name)
    return tx.execute(statement).one_or_none() is not None


def is_untouched(tx: Connection) -> bool:
    """Tell whether nobody has claimed the first start, nor stored a feed or subscription by hand."""
    kept = (select(meta.c.name).where(meta.c.name == _FIRST_START), select(feeds.c.id), select(subscriptions.c.id))
    return not any(tx.execute(statement.limit(1)).first() for statement in kept)


def number(tx: Connection, name: str) -> int:
    """Give a number; 0 if it was never raised."""
    return tx.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none() or 0


def raise_number(tx: Connection, name: str) -> None:
    """Add one."""
    statement = insert(tx, meta).values(name=name, value=1)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": meta.c.value + 1}))


def claim_time(tx: Connection, name: str, now: datetime, every: timedelta) -> bool:
    """Say True to one caller at a time, and again only after so long: what is done now and then is done by one."""
    statement = insert(tx, meta).values(name=name, value=microseconds(now))
    is_over = meta.c.value <= microseconds(now - every)
    taken = statement.on_conflict_do_update(
        index_elements=["name"], set_={"value": microseconds(now)}, where=is_over
    ).returning(meta.c.name)
    return tx.execute(taken).one_or_none() is not None


def set_number(tx: Connection, name: str, value: int) -> None:
    """Set a number."""
    statement = insert(tx, meta).values(name=name, value=value)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
