"""When pages are looked at again, and that entries come back from it as they were."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, select

from pipeline.model import EntryState, FetchTask, Reason, Validators
from pipeline.store import articles, counts, entries, feeds, page_checks, troubles, updates
from pipeline.store.database import Database
from pipeline.store.page_checks import Planned
from pipeline.store.pruning.news import prune_stories
from pipeline.store.tables import entries as table
from tests.store.making import (
    LEASE,
    NO_PACE,
    NOW,
    after,
    article,
    document,
    entry,
    first,
    lease_of,
    polled,
    show,
    sketch,
    started,
)

MADE = sketch(terms={"dam": 1}, bands=[1])
KEPT = Validators('"a"', "Sun, 01 Mar 2026 11:00:00 GMT", "https://outlet.example/1")


def done(tx: Connection, number: int = 1, host: str = "outlet.example", reason: Reason | None = None) -> int:
    """Bring an entry to its end, with an article."""
    task = started(tx, number, host=host)
    first(tx, articles.insert(tx, task.entry_id, article(number), MADE, NOW))
    assert entries.finish(tx, task.entry_id, task.token, EntryState.DONE, reason, NOW)
    return task.entry_id


def look_at(tx: Connection, entry_id: int, seconds: float) -> None:
    page_checks.plan(tx, entry_id, Planned(KEPT, after(seconds)))


def started_again(tx: Connection, now: datetime) -> FetchTask:
    assert page_checks.begin_due(tx, now) == 1
    [released] = entries.release(tx, now, 9, LEASE, NO_PACE)
    task = entries.start(tx, released.id, released.token, "w", now, LEASE, NO_PACE)
    assert task is not None
    return task


def states(tx: Connection) -> list[tuple[EntryState, Reason | None]]:
    return [tuple(row) for row in tx.execute(select(table.c.state, table.c.reason).order_by(table.c.id))]


def test_a_planned_look_comes_when_its_time_has(database: Database) -> None:
    """The entry waits once, with the validators that its page gave, and has no plan after that."""
    with database.write() as tx:
        number = done(tx)
        look_at(tx, number, 3600)
        assert not page_checks.has_due(tx, after(3599))
        assert page_checks.has_due(tx, after(3600))
        task = started_again(tx, after(3600))
        assert (task.entry_id, task.validators) == (number, KEPT)
        assert page_checks.finish(tx, task, None, after(3601))
        assert not page_checks.has_due(tx, after(10**6))
        assert states(tx) == [(EntryState.DONE, None)]


def shown(tx: Connection, title: str, at: float) -> None:
    lease = lease_of(tx, "https://feeds.example/1", after(at))
    counts = feeds.record_poll(tx, lease, polled(document(entry(1, title=title))), 24, after(at))
    assert counts
    assert counts.updated_count == 1


def test_a_change_in_the_feed_asks_for_a_look_a_bounded_number_of_times(database: Database) -> None:
    """F16, F22: each change of a done entry is looked into when it has settled, until there were enough looks."""
    with database.write() as tx:
        done(tx)
        for number in range(updates.MOST_REFETCHES + 2):
            at = 5000.0 * (number + 1)
            shown(tx, f"Title {number} of many", at)
            assert not page_checks.has_due(tx, after(at + 60))
            if number >= updates.MOST_REFETCHES:
                assert page_checks.begin_due(tx, after(at + 120)) == 0
                continue
            task = started_again(tx, after(at + 120))
            assert task.entry.title == f"Title {number} of many"
            assert page_checks.finish(tx, task, None, after(at + 121))


def test_new_entries_go_before(database: Database) -> None:
    """A host with anything waiting is left for later, and no host is given more than two looks at once."""
    with database.write() as tx:
        ours = [done(tx, number, "one.example") for number in (1, 2, 3)]
        others = done(tx, 4, "two.example")
        for number in (*ours, others):
            look_at(tx, number, 60)
        show(tx, entry(5, host="one.example"), url="https://feeds.example/5")
        assert page_checks.begin_due(tx, after(60)) == 1
        assert page_checks.begin_due(tx, after(61)) == 0
        waiting = {row.id: row for row in entries.release(tx, after(61), 9, LEASE, NO_PACE)}
        assert ours[0] not in waiting
        assert others in waiting
        assert page_checks.begin_due(tx, after(200)) == 2


@pytest.mark.parametrize("way", ["feed removed", "dropped by hand"])
def test_an_article_is_never_dropped_with_a_look(database: Database, way: str) -> None:
    """Whoever ends entries that wait leaves those done that have their article, with the reason they had."""
    with database.write() as tx:
        number = done(tx, reason=Reason.HTTP_NOT_FOUND)
        look_at(tx, number, 60)
        task = started_again(tx, after(60))
        entries.sweep(tx, after(900), (), 9)
        if way == "feed removed":
            feeds.remove(tx, task.feed_id)
        else:
            assert troubles.drop(tx, None, "outlet.example", Reason.WORKER_LOST, NOW) == 1
        assert states(tx) == [(EntryState.DONE, Reason.HTTP_NOT_FOUND)]
        assert not page_checks.finish(tx, task, None, NOW)


def test_pages_of_removed_feeds_are_left_alone(database: Database) -> None:
    """Nothing of a feed that was taken off the list is asked for any more."""
    with database.write() as tx:
        look_at(tx, done(tx), 60)
        feeds.remove(tx, feeds.list_all(tx)[0].id)
        assert not page_checks.has_due(tx, after(900))


def test_the_first_release_is_remembered(database: Database) -> None:
    """D10: how long an alert took is told from its own release, whatever looks came since."""
    with database.write() as tx:
        number = done(tx)
        for hours in (1, 2):
            look_at(tx, number, 3600 * hours)
            assert page_checks.finish(tx, started_again(tx, after(3600 * hours)), None, after(3600 * hours))
        assert page_checks.find_released_at(tx, number) == NOW


def test_a_host_whose_failures_wait_for_later_is_not_busy(database: Database) -> None:
    """Only what is due goes before a look."""
    with database.write() as tx:
        look_at(tx, done(tx, 1), 60)
        failed = started(tx, 2)
        entries.put_back(tx, failed.entry_id, failed.token, NOW, after(7200), Reason.TIMED_OUT, "")
        assert page_checks.begin_due(tx, after(60)) == 1


def test_a_look_is_no_entry_that_somebody_waits_for(database: Database) -> None:
    """R35: how long the oldest entry waits is told of new ones; one with an article is not late."""
    with database.write() as tx:
        look_at(tx, done(tx), 3600)
        assert page_checks.begin_due(tx, after(3600)) == 1
        assert counts.overview(tx, after(3600)).oldest_waiting_at is None


def test_a_look_ends_with_its_article(database: Database) -> None:
    """What is pruned while its page waits for a look does not come back as new."""
    with database.write() as tx:
        number = done(tx)
        look_at(tx, number, 60)
        task = started_again(tx, after(60))
        assert prune_stories(tx, after(10**6), 99) == 1
        assert states(tx) == [(EntryState.DONE, None)]
        assert not page_checks.finish(tx, task, None, after(61))
        assert not page_checks.has_due(tx, after(10**7))
