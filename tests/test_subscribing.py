"""Saving subscriptions: queries that name each other stay in step, and nothing is saved that cannot be asked."""

import pytest
from sqlalchemy import Connection

from pipeline.alerts import SubscriptionIndex
from pipeline.errors import BadQuery, Unusable
from pipeline.model import Matchable, Subscription
from pipeline.rule import Rule
from pipeline.store import subscriptions
from pipeline.store.database import Database
from pipeline.subscribing import change, remove, save
from tests.store.making import NOW


def met(tx: Connection, text: str) -> set[str]:
    """Give the names of the subscriptions that a text meets, as a worker reads them."""
    held = subscriptions.changed_since(tx, 0)
    index = SubscriptionIndex(one for one in held.values() if one)
    assert index.broken == {}
    return {one.name for number in index.met(Matchable("", text)) if (one := held[number])}


def saved(tx: Connection, name: str, query: str) -> Subscription:
    return save(tx, name, query, ("file",), NOW)


def test_a_saved_query_stands_for_its_words(database: Database) -> None:
    """`@"name"` is the query of that name in parentheses, however deep, and follows its changes."""
    with database.write() as tx:
        places = saved(tx, "Places", "Kursk OR Belgorod")
        saved(tx, "War", '@"Places" -football')
        saved(tx, "War today", '@"War" today')
        assert met(tx, "Belgorod today") == {"Places", "War", "War today"}
        assert met(tx, "football in Kursk today") == {"Places"}
        change(tx, places, "Sumy", (), Rule())
        assert met(tx, "Sumy today") == {"Places", "War", "War today"}
        assert met(tx, "Kursk today") == set()


def test_a_query_that_would_hold_itself_is_refused(database: Database) -> None:
    """A cycle is named, when a query is saved and when one is changed."""
    with database.write() as tx:
        with pytest.raises(BadQuery, match="would hold itself"):
            saved(tx, "Self", 'Kursk @"Self"')
        first = saved(tx, "First", "Kursk")
        saved(tx, "Second", '@"First"')
        with pytest.raises(BadQuery, match="would hold itself"):
            change(tx, first, 'a @"Second"', (), Rule())


def test_what_others_name_cannot_go(database: Database) -> None:
    """A saved query is removed after those that name it."""
    with database.write() as tx:
        first, second = saved(tx, "First", "Kursk"), saved(tx, "Second", '@"First" troops')
        with pytest.raises(Unusable, match="'Second'"):
            remove(tx, first)
        remove(tx, second)
        remove(tx, first)
        assert subscriptions.list_all(tx) == []


@pytest.mark.parametrize("query", ['@"Nobody"', "(Kursk", "-Kursk", r"a /((a{1,9}){1,9}){1,9}b/"])
def test_what_cannot_be_asked_is_not_saved(database: Database, query: str) -> None:
    """Unknown names, mistakes and hostile expressions (S18) are refused before anything is stored."""
    with database.write() as tx:
        with pytest.raises(BadQuery):
            saved(tx, "New", query)
        assert subscriptions.list_all(tx) == []


def test_saved_queries_cannot_swell_without_end(database: Database) -> None:
    """Each level may name the one below twice; the whole is bounded."""
    with database.write() as tx:
        saved(tx, "q0", "Kursk OR " + " OR ".join(f"w{n}" for n in range(200)))
        refused = [n for n in range(1, 30) if swells(tx, n)]
        assert refused[0] > 2
        assert refused == list(range(refused[0], 30))


def swells(tx: Connection, n: int) -> bool:
    """Save a query that names the one before it twice; tell whether it is refused."""
    try:
        saved(tx, f"q{n}", f'@"q{n - 1}" OR (@"q{n - 1}" x)')
    except BadQuery:
        return True
    return False


def test_changes_are_told_one_by_one(database: Database) -> None:
    """A matcher reads what changed since it last looked, and no more."""
    with database.write() as tx:
        one, two = saved(tx, "One", "a"), saved(tx, "Two", "b")
        seen = subscriptions.version(tx)
        assert subscriptions.changed_since(tx, seen) == {}
        subscriptions.stop(tx, one.id, "slow")
        subscriptions.remove(tx, two.id)
        changed = subscriptions.changed_since(tx, seen)
        stopped = changed[one.id]
        assert changed.keys() == {one.id, two.id}
        assert changed[two.id] is None
        assert stopped is not None
        assert (stopped.enabled, stopped.problem) == (False, "slow")
        subscriptions.switch(tx, one.id, enabled=True)
        assert subscriptions.get(tx, one.id).problem == ""
