"""Subscriptions: what people ask to be told of.

In: names, queries, channels, rules. Out: `Subscription`. Trap: a matcher keeps its own copy of them all; `version`
changes with every change, also of another process, and tells it to read again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import ColumnElement, Connection, Label, Row, exists, func, or_, select, update

from pipeline.errors import NotFound, Taken, Unusable
from pipeline.model import Subscription
from pipeline.rule import Rule
from pipeline.rule_text import read_rule, write_rule
from pipeline.store import meta
from pipeline.store.tables import subscriptions, users
from pipeline.store.types import clean_text

_VERSION = "subscriptions_version"
_NAMES = ("id", "name", "query", "channels", "enabled", "rule", "problem", "owner_id")
_PLAIN = Rule()


def add(
    tx: Connection,
    name: str,
    query: str,
    channels: Sequence[str],
    now: datetime,
    rule: Rule = _PLAIN,
    *,
    expanded: str | None = None,
    owner_id: int | None = None,
) -> Subscription:
    """Store a subscription; the very same again gives the stored one, another of that name raises Unusable.

    `owner_id` is the user who may change it, None for the whole newsroom's; `expanded` is the query with the saved
    queries it names written out, which `pipeline.subscribing` knows.
    """
    number = _next_version(tx)  # first, so that of two transactions that add one name the second sees it
    wanted = tuple(dict.fromkeys(channels))
    found = find_by_name(tx, name)
    if found is None:
        row = {"name": name, "query": query, "channels": wanted, "enabled": True, "added_at": now, "removed": False}
        row |= {"rule": write_rule(rule) or None, "feed_key": token_urlsafe(24)}
        row |= {"version": number, "expanded": expanded, "owner_id": owner_id}
        row["leave_key"] = token_urlsafe(24)
        added = tx.execute(subscriptions.insert().values(row).returning(subscriptions.c.id)).scalar_one()
        return get(tx, added)
    if (found.query, found.channels, found.rule) != (clean_text(query), wanted, rule):
        raise Unusable(
            f"there is a subscription named {name!r} with another query, other channels or another rule; "
            "remove it first"
        )
    return found


def list_all(tx: Connection) -> list[Subscription]:
    """Give all subscriptions by name, also those that are switched off."""
    found = select(subscriptions).where(~subscriptions.c.removed).order_by(subscriptions.c.name)
    return [subscription_of(row) for row in tx.execute(found)]


def page(tx: Connection, words: str, after: str, limit: int) -> list[Subscription]:
    """Give subscriptions by name, those after one, whose name or query holds some words."""
    c = subscriptions.c
    found = select(subscriptions).where(~c.removed, c.name > after)
    if words:
        found = found.where(or_(c.name.icontains(words, autoescape=True), c.query.icontains(words, autoescape=True)))
    return [subscription_of(row) for row in tx.execute(found.order_by(c.name).limit(limit))]


def names(tx: Connection, limit: int) -> list[str]:
    """Give the names of the first subscriptions, by name."""
    found = select(subscriptions.c.name).where(~subscriptions.c.removed).order_by(subscriptions.c.name).limit(limit)
    return list(tx.execute(found).scalars())


def find(tx: Connection, text: str) -> Subscription | None:
    """Give the subscription of that name, or of that number if none has such a name."""
    named = find_by_name(tx, text)
    if named is None and text.isascii() and text.isdecimal() and len(text) < 18:
        return _find(tx, subscriptions.c.id == int(text))
    return named


def count_enabled(tx: Connection) -> int:
    """Count the subscriptions that are switched on."""
    counted = select(func.count()).select_from(subscriptions).where(~subscriptions.c.removed, subscriptions.c.enabled)
    return tx.execute(counted).scalar_one()


def get(tx: Connection, subscription_id: int) -> Subscription:
    """Give a subscription; raises NotFound."""
    found = _find(tx, subscriptions.c.id == subscription_id)
    if found is None:
        raise NotFound(f"there is no subscription {subscription_id}")
    return found


def get_any(tx: Connection, subscription_id: int) -> Subscription:
    """Give a subscription, also one that was removed; raises NotFound."""
    row = tx.execute(select(subscriptions).where(subscriptions.c.id == subscription_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no subscription {subscription_id}")
    return subscription_of(row)


def count_of(tx: Connection, owner_id: int) -> int:
    """Count the subscriptions of a user, those that are switched off too."""
    mine = (subscriptions.c.owner_id == owner_id) & ~subscriptions.c.removed
    return tx.execute(select(func.count()).select_from(subscriptions).where(mine)).scalar_one()


def ids_of(tx: Connection, owner_id: int) -> set[int]:
    """Give the numbers of a user's subscriptions, also of those that were removed and can come back."""
    return set(tx.execute(select(subscriptions.c.id).where(subscriptions.c.owner_id == owner_id)).scalars())


def give_to(tx: Connection, subscription_id: int, owner_id: int | None) -> None:
    """Let another user change it from now on, or None for the whole newsroom. Raises NotFound."""
    _change(tx, subscription_id, owner_id=owner_id)


def find_by_name(tx: Connection, name: str) -> Subscription | None:
    """Give the subscription of that name."""
    return _find(tx, subscriptions.c.name == name)


def find_enabled(tx: Connection, subscription_id: int) -> Subscription | None:
    """Give a subscription that is switched on."""
    return _find(tx, (subscriptions.c.id == subscription_id) & subscriptions.c.enabled)


def remove(tx: Connection, subscription_id: int) -> None:
    """Take a subscription off the list; its alerts stay. Raises NotFound."""
    _change(tx, subscription_id, removed=True)


def restore(tx: Connection, subscription_id: int) -> Subscription:
    """Put a removed subscription back on the list; raises NotFound, and Taken if another has its name by now."""
    row = tx.execute(
        select(subscriptions).where(subscriptions.c.id == subscription_id, subscriptions.c.removed)
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no removed subscription {subscription_id}")
    if find_by_name(tx, row.name) is not None:
        raise Taken(f"there is another subscription named {row.name!r} by now")
    values = {"removed": False, "version": _next_version(tx)}
    tx.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(values))
    return get(tx, subscription_id)


def rename(tx: Connection, subscription_id: int, name: str) -> None:
    """Give a subscription another name; alerts keep the one they were raised under. Raises Taken and NotFound."""
    if (found := find_by_name(tx, name)) is not None and found.id != subscription_id:
        raise Taken(f"there is a subscription named {name!r} already")
    _change(tx, subscription_id, name=name)


def renew_feed_key(tx: Connection, subscription_id: int) -> None:
    """Give a subscription's feed another secret; the old address leads nowhere from then on. Raises NotFound."""
    _change(tx, subscription_id, feed_key=token_urlsafe(24))


def switch(tx: Connection, subscription_id: int, *, enabled: bool) -> None:
    """Switch a subscription on or off; what was wrong with it is forgotten. Raises NotFound."""
    _change(tx, subscription_id, enabled=enabled, problem=None)


def stop(tx: Connection, subscription_id: int, problem: str) -> None:
    """Switch a subscription off by itself, and keep why. Raises NotFound."""
    _change(tx, subscription_id, enabled=False, problem=problem)


def edit(
    tx: Connection,
    subscription_id: int,
    query: str,
    channels: Sequence[str],
    rule: Rule,
    *,
    expanded: str | None = None,
) -> None:
    """Give a subscription another query, channels and rule; its alerts stay. Raises NotFound."""
    values = {"query": query, "channels": list(channels), "rule": write_rule(rule) or None, "expanded": expanded}
    _change(tx, subscription_id, **values)


def set_expanded(tx: Connection, subscription_id: int, expanded: str) -> None:
    """Keep a query with the saved queries it names written out, after one of these changed. Raises NotFound."""
    _change(tx, subscription_id, expanded=expanded)


def naming(tx: Connection, name: str) -> list[Subscription]:
    """Give the subscriptions whose queries name a saved query."""
    asked = subscriptions.c.query.contains(f'@"{name}"', autoescape=True)
    found = select(subscriptions).where(asked, ~subscriptions.c.removed).order_by(subscriptions.c.name)
    return [subscription_of(row) for row in tx.execute(found)]


def changed_since(tx: Connection, number: int) -> dict[int, Subscription | None]:
    """Give what changed after `version` gave a number, by id, as a matcher asks it; None for what was removed.

    Saved queries are written out in these. Since 0, all that there are.
    """
    c = subscriptions.c
    asked = select(subscriptions).where(c.version > number if number else ~c.removed)
    return {row.id: None if row.removed else _to_match(row) for row in tx.execute(asked.order_by(c.id))}


def _to_match(row: Row[Any]) -> Subscription:
    found = subscription_of(row)
    return replace(found, query=row.expanded) if row.expanded else found


def set_channels(tx: Connection, subscription_id: int, channels: Sequence[str]) -> None:
    """Name other channels that hear of it from now on. Raises NotFound."""
    _change(tx, subscription_id, channels=list(channels))


def feed_key(tx: Connection, subscription_id: int) -> str:
    """Give the secret in the address of a subscription's feed, made at the first question. Raises NotFound."""
    mine = (subscriptions.c.id == subscription_id) & ~subscriptions.c.removed
    row = tx.execute(select(subscriptions.c.feed_key).where(mine)).one_or_none()
    if row is None:
        raise NotFound(f"there is no subscription {subscription_id}")
    if row.feed_key is None:
        tx.execute(update(subscriptions).where(mine).values(feed_key=token_urlsafe(24)))
        return feed_key(tx, subscription_id)
    return str(row.feed_key)


def find_feed_key(tx: Connection, subscription_id: int) -> str:
    """Give the secret in the address of a subscription's feed; empty until somebody asks `feed_key`."""
    asked = select(subscriptions.c.feed_key).where(subscriptions.c.id == subscription_id, ~subscriptions.c.removed)
    return tx.execute(asked).scalar_one_or_none() or ""


def find_removed_name(tx: Connection, subscription_id: int) -> str:
    """Give the name of a subscription that was removed; empty if there is no such one."""
    asked = select(subscriptions.c.name).where(subscriptions.c.id == subscription_id, subscriptions.c.removed)
    return tx.execute(asked).scalar_one_or_none() or ""


def find_leave_key(tx: Connection, subscription_id: int) -> str | None:
    """Give the secret behind the addresses of unsubscription; None for no such subscription."""
    mine = (subscriptions.c.id == subscription_id) & ~subscriptions.c.removed
    return tx.execute(select(subscriptions.c.leave_key).where(mine)).scalar_one_or_none()


def written_out(tx: Connection, subscription_id: int) -> str:
    """Give the query of a subscription that is there, saved queries in it written out."""
    asked = select(subscriptions.c.expanded, subscriptions.c.query).where(subscriptions.c.id == subscription_id)
    row = tx.execute(asked).one()
    return str(row.expanded or row.query)


def added_at(tx: Connection, subscription_id: int) -> datetime:
    """Give when a subscription was added that is there."""
    added: datetime = tx.execute(
        select(subscriptions.c.added_at).where(subscriptions.c.id == subscription_id)
    ).scalar_one()
    return added


def find_by_feed_key(tx: Connection, key: str) -> Subscription | None:
    """Give the subscription whose feed has that secret, unless its owner is shut out."""
    shut_out = exists().where(users.c.id == subscriptions.c.owner_id, users.c.disabled)
    return _find(tx, (subscriptions.c.feed_key == key) & ~shut_out)


def version(tx: Connection) -> int:
    """Give a number that is another one after any change."""
    return meta.number(tx, _VERSION)


def _next_version(tx: Connection) -> int:
    meta.raise_number(tx, _VERSION)
    return meta.number(tx, _VERSION)


def _change(tx: Connection, subscription_id: int, **values: Any) -> None:
    values["version"] = _next_version(tx)
    changed = update(subscriptions).where(subscriptions.c.id == subscription_id, ~subscriptions.c.removed)
    if tx.execute(changed.values(values)).rowcount != 1:
        raise NotFound(f"there is no subscription {subscription_id}")


def _find(tx: Connection, condition: ColumnElement[bool]) -> Subscription | None:
    row = tx.execute(select(subscriptions).where(condition, ~subscriptions.c.removed)).one_or_none()
    return subscription_of(row) if row else None


def columns(prefix: str) -> list[Label[Any]]:
    """Select what `subscription_of` reads, beside another table's columns."""
    return [subscriptions.c[name].label(prefix + name) for name in _NAMES]


def subscription_of(row: Row[Any], prefix: str = "") -> Subscription:
    """Read a row of the table, or one with `columns` of that prefix."""
    number, name, query, channels, enabled, rule, problem, owner = (getattr(row, prefix + column) for column in _NAMES)
    return Subscription(number, name, query, tuple(channels), enabled, read_rule(rule or {}), problem or "", owner)
