"""Save subscriptions: their queries checked, tried and written out; and keep those in step that name one another.

In: names, queries, channels, rules. Out: `Subscription`. This is the one place where saved queries and the store meet.
Trap: a query that others name cannot go, and when it changes, all that name it are written out anew.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from pipeline.alerts.query.parts import all_leaves
from pipeline.alerts.query.regexes import is_slow
from pipeline.alerts.query.saved import names_in, written_out
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.query.tree import Regex
from pipeline.errors import BadQuery, Unusable
from pipeline.model import Subscription
from pipeline.rule import Rule
from pipeline.store import subscriptions


def check(tx: Connection, query: str, name: str = "") -> None:
    """Raise BadQuery if a query cannot be saved under a name: for its words, its saved queries or its slowness."""
    tree = parse_query(query, lambda saved: query if saved == name else find_query(tx, saved))
    for leaf in all_leaves(tree):
        if isinstance(leaf, Regex) and is_slow(leaf.pattern, case=leaf.case):
            raise BadQuery("the regular expression is too slow; make its repetitions smaller", leaf.position)


def find_query(tx: Connection, name: str) -> str | None:
    """Give the query saved under a name; subscriptions that are switched off count."""
    found = subscriptions.find_by_name(tx, name)
    return found.query if found else None


def save(
    tx: Connection,
    name: str,
    query: str,
    channels: Sequence[str],
    now: datetime,
    rule: Rule | None = None,
    *,
    owner_id: int | None = None,
) -> Subscription:
    """Store a new subscription; raises BadQuery, and Unusable if there is another of that name."""
    check(tx, query, name)
    expanded = _expanded(tx, query)
    return subscriptions.add(tx, name, query, channels, now, rule or Rule(), expanded=expanded, owner_id=owner_id)


def change(tx: Connection, held: Subscription, query: str, channels: Sequence[str], rule: Rule) -> None:
    """Give a subscription another query, channels and rule, and write out anew whatever names it."""
    check(tx, query, held.name)
    subscriptions.edit(tx, held.id, query, channels, rule, expanded=_expanded(tx, query))
    for other in _naming(tx, held.name):
        check(tx, other.query, other.name)
        subscriptions.set_expanded(tx, other.id, written_out(other.query, lambda name: find_query(tx, name)))


def rename(tx: Connection, held: Subscription, name: str) -> None:
    """Give a subscription another name; raises Unusable if another names its query, and Taken."""
    if name == held.name:
        return
    _refuse_if_named(tx, held)
    subscriptions.rename(tx, held.id, name)


def remove(tx: Connection, held: Subscription) -> None:
    """Take a subscription off the list; raises Unusable if another names its query."""
    _refuse_if_named(tx, held)
    subscriptions.remove(tx, held.id)


def _refuse_if_named(tx: Connection, held: Subscription) -> None:
    if others := [other.name for other in subscriptions.naming(tx, held.name) if other.id != held.id]:
        raise Unusable(f"the query of {held.name!r} is named by {', '.join(map(repr, others))}; change these first")


def _expanded(tx: Connection, query: str) -> str | None:
    if not names_in(query):
        return None
    return written_out(query, lambda name: find_query(tx, name))


def _naming(tx: Connection, name: str) -> list[Subscription]:
    """Give all subscriptions whose queries name a saved one, directly or by another."""
    found: dict[int, Subscription] = {}
    waiting = [name]
    while waiting:
        for other in subscriptions.naming(tx, waiting.pop()):
            if other.id not in found:
                found[other.id] = other
                waiting.append(other.name)
    return list(found.values())
