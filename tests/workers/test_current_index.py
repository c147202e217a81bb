"""The worker's index follows the store, one subscription at a time."""

import pytest

from pipeline.model import Matchable, Subscription
from pipeline.store import subscriptions
from pipeline.store.database import Database
from tests.store.making import NOW
from workers import current_index
from workers.current_index import CurrentIndex

ARTICLE = Matchable("Kursk", "Troops at dawn")


@pytest.fixture
def index(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> CurrentIndex:
    """Give an index that looks at the store each time."""
    monkeypatch.setattr(current_index, "FRESH_SECONDS", -1.0)
    return CurrentIndex(sqlite_database)


async def test_changes_reach_the_same_index(sqlite_database: Database, index: CurrentIndex) -> None:
    """What is added, switched and removed is taken over; the index is never made anew."""
    first = await index.get()
    with sqlite_database.write() as tx:
        kursk = subscriptions.add(tx, "Kursk", "Kursk", (), NOW)
        dawn = subscriptions.add(tx, "Dawn", "dawn", (), NOW)
    assert (await index.get()).met(ARTICLE) == [kursk.id, dawn.id]
    with sqlite_database.write() as tx:
        subscriptions.remove(tx, kursk.id)
        subscriptions.switch(tx, dawn.id, enabled=False)
    assert (await index.get()).met(ARTICLE) == []
    with sqlite_database.write() as tx:
        subscriptions.switch(tx, dawn.id, enabled=True)
    last = await index.get()
    assert last is first
    assert last.met(ARTICLE) == [dawn.id]


async def test_a_slow_subscription_is_switched_off_and_says_why(
    sqlite_database: Database, index: CurrentIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S18: the rule is stopped in the store, with the reason for its owner; the others go on."""
    monkeypatch.setattr("pipeline.alerts.index.SLOW_SECONDS", -1.0)
    with sqlite_database.write() as tx:
        slow = subscriptions.add(tx, "Slow", "Kursk /d[a]wn/", (), NOW)
        plain = subscriptions.add(tx, "Plain", "Kursk", (), NOW)
    for _ in range(3):
        (await index.get()).met(ARTICLE)
    assert (await index.get()).met(ARTICLE) == [plain.id]
    with sqlite_database.read() as tx:
        stopped = subscriptions.get(tx, slow.id)
    assert not stopped.enabled
    assert "took" in stopped.problem


async def test_changes_that_the_database_forgot_are_forgotten(
    sqlite_database: Database, index: CurrentIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R38: a promoted replica may lack the last changes; its older version is taken for what it is."""
    with sqlite_database.write() as tx:
        kursk = subscriptions.add(tx, "Kursk", "Kursk", (), NOW)
    assert (await index.get()).met(ARTICLE) == [kursk.id]
    (await index.get()).add(Subscription(99, "Lost", "Troops", ()))
    monkeypatch.setattr(subscriptions, "version", lambda _tx: 0)
    assert (await index.get()).met(ARTICLE) == [kursk.id]
