"""Subscriptions: what people ask to be told of.

In: names, queries, channels. Out: `Subscription`. Trap: a matcher keeps its own copy of them all; `version`
changes with every change, also of another process, and tells it to read again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from pipeline.errors import NotFound, Unusable
from pipeline.model import Subscription
from pipeline.store import meta
from pipeline.store.tables import subscriptions
from pipeline.store.types import clean_text

_VERSION = "subscriptions_version"


def add(tx: Connection, name: str, query: str, channels: Sequence[str], now: datetime) -> Subscription:
    """Store a subscription; the very same again gives the stored one, another of that name raises Unusable."""
    meta.raise_number(tx, _VERSION)  # first, so that of two transactions that add one name the second sees it
    wanted = tuple(dict.fromkeys(channels))
    found = find_by_name(tx, name)
    if found is None:
        row = {"name": name, "query": query, "channels": wanted, "enabled": True, "added_at": now, "removed": False}
        added = tx.execute(subscriptions.insert().values(row).returning(subscriptions.c.id)).scalar_one()
        return get(tx, added)
    if (found.query, found.channels) != (clean_text(query), wanted):
        raise Unusable(f"there is a subscription named {name!r} with another query or other channels; remove it first")
    return found


def list_all(tx: Connection) -> list[Subscription]:
    """Give all subscriptions by name, also those that are switched off."""
    found = select(subscriptions).where(~subscriptions.c.removed).order_by(subscriptions.c.name)
    return [_subscription(row) for row in tx.execute(found)]


def get(tx: Connection, subscription_id: int) -> Subscription:
    """Give a subscription; raises NotFound."""
    found = _find(tx, subscriptions.c.id == subscription_id)
    if found is None:
        raise NotFound(f"there is no subscription {subscription_id}")
    return found


def find_by_name(tx: Connection, name: str) -> Subscription | None:
    """Give the subscription of that name."""
    return _find(tx, subscriptions.c.name == name)


def remove(tx: Connection, subscription_id: int) -> None:
    """Take a subscription off the list; its alerts stay. Raises NotFound."""
    _change(tx, subscription_id, removed=True)


def switch(tx: Connection, subscription_id: int, *, enabled: bool) -> None:
    """Switch a subscription on or off. Raises NotFound."""
    _change(tx, subscription_id, enabled=enabled)


def version(tx: Connection) -> int:
    """Give a number that is another one after any change."""
    return meta.number(tx, _VERSION)


def _change(tx: Connection, subscription_id: int, **values: Any) -> None:
    meta.raise_number(tx, _VERSION)
    changed = update(subscriptions).where(subscriptions.c.id == subscription_id, ~subscriptions.c.removed)
    if tx.execute(changed.values(values)).rowcount != 1:
        raise NotFound(f"there is no subscription {subscription_id}")


def _find(tx: Connection, condition: ColumnElement[bool]) -> Subscription | None:
    row = tx.execute(select(subscriptions).where(condition, ~subscriptions.c.removed)).one_or_none()
    return _subscription(row) if row else None


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(row.id, row.name, row.query, tuple(row.channels), row.enabled)
