"""Taking an article in: everything that follows from it, or nothing."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from pipeline.accept import Accepted, accept
from pipeline.alerts import SubscriptionIndex
from pipeline.model import Article, EntryState, FetchTask, GroupingKind, Reason
from pipeline.store import alerts, articles, deliveries, entries, stories, subscriptions
from pipeline.store.database import Database
from pipeline.stories import sketch
from tests.store.making import NOW, after, article, started
from tests.stories.making import AGENCY, OTHER, OWN_WORDS

WINDOW = timedelta(hours=72)


def news(number: int, text: str, **values: object) -> Article:
    """Make an article of an outlet of its own."""
    plain: dict[str, object] = {"title": "", "text": text, "outlet": f"outlet{number}.example"}
    return article(number, **(plain | values))


def taken(tx: Connection, number: int, made: Article, **values: object) -> Accepted:
    """Take an article in that must be ours."""
    accepted = accepted_as(tx, started(tx, number), made, **values)
    assert accepted is not None
    return accepted


def accepted_as(tx: Connection, task: FetchTask, made: Article, **values: object) -> Accepted | None:
    index = SubscriptionIndex(subscriptions.list_all(tx))
    drawn = sketch(made.title, made.text, made.language)
    return accept(tx, task, made, drawn, index, WINDOW, NOW, **values)


def state_counts(tx: Connection) -> dict[EntryState, int]:
    return {state: count for state, count in entries.count_by_state(tx).items() if count}


def test_article_story_alert_and_deliveries_come_together(database: Database) -> None:
    """One match makes article, story, alert and a delivery for each channel, and ends the entry."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", 'lock AND "harbour council"', ("mail", "file"), NOW)
        subscriptions.add(tx, "Bread", "ovens", ("mail",), NOW)
        accepted = taken(tx, 1, news(1, AGENCY, title="Lock closes"))
    with database.read() as tx:
        [alert] = alerts.recent(tx, 10)
        assert accepted.alerts == (alert,)
        assert (alert.subscription_name, alert.story_id) == ("Locks", accepted.story_id)
        assert "harbour council" in alert.passage
        assert {word.lower() for word in alert.matched} == {"lock", "harbour council"}
        assert articles.get(tx, accepted.article_id).article.text == AGENCY
        assert stories.get(tx, accepted.story_id).article_count == 1
        assert state_counts(tx) == {EntryState.DONE: 1}
    with database.write() as tx:
        assert len(deliveries.release(tx, NOW, 10, 60)) == 2


def test_one_alert_per_story(database: Database) -> None:
    """A copy and another outlet's own report join the story and raise no second alert; another event does."""
    with database.write() as tx:
        subscriptions.add(tx, "Town", "lock OR ovens", ("mail",), NOW)
        first = taken(tx, 1, news(1, AGENCY))
        copy = taken(tx, 2, news(2, " ".join(AGENCY.split()[:70])))
        report = taken(tx, 3, news(3, OWN_WORDS))
        other = taken(tx, 4, news(4, OTHER))
        story = stories.get(tx, first.story_id)
    assert [one.grouping.kind for one in (first, copy, report, other)] == [
        GroupingKind.FIRST,
        GroupingKind.COPY,
        GroupingKind.REPORT,
        GroupingKind.FIRST,
    ]
    assert first.story_id == copy.story_id == report.story_id != other.story_id
    assert [len(one.alerts) for one in (first, copy, report, other)] == [1, 0, 0, 1]
    assert (story.article_count, story.text_count, story.outlet_count) == (3, 2, 3)


def test_stale_token_writes_nothing(database: Database) -> None:
    """A worker whose entry was given to another in the meantime changes no row."""
    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        task = started(tx, 1)
        swept = entries.sweep(tx, after(3600), (), 2)
        assert swept.returned_count == 1
    with database.write() as tx:
        assert accepted_as(tx, task, news(1, AGENCY)) is None
    with database.read() as tx:
        assert articles.recent(tx, 10) == []
        assert alerts.recent(tx, 10) == []
        assert stories.recent(tx, 10) == []
        assert state_counts(tx) == {EntryState.WAITING: 1}


def test_second_acceptance_of_one_task_writes_nothing(database: Database) -> None:
    """A job that runs twice takes its article in once."""
    with database.write() as tx:
        task = started(tx, 1)
        assert accepted_as(tx, task, news(1, AGENCY)) is not None
    with database.write() as tx:
        assert accepted_as(tx, task, news(1, AGENCY)) is None
    with database.read() as tx:
        assert len(articles.recent(tx, 10)) == 1


def test_failure_in_the_middle_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the last step fails, the entry is still the worker's and there is neither article nor story."""

    def fail(*_: object, **_named: object) -> None:
        raise RuntimeError("the alert could not be stored")

    with database.write() as tx:
        subscriptions.add(tx, "Locks", "lock", ("mail",), NOW)
        task = started(tx, 1)
    monkeypatch.setattr(alerts, "raise_for", fail)
    with pytest.raises(RuntimeError), database.write() as tx:
        accepted_as(tx, task, news(1, AGENCY))
    with database.read() as tx:
        assert articles.recent(tx, 10) == []
        assert stories.recent(tx, 10) == []
        assert state_counts(tx) == {EntryState.FETCHING: 1}


def test_entry_ends_as_it_is_told(database: Database) -> None:
    """A quarantined entry keeps its reason and still tells its story with the feed's text."""
    with database.write() as tx:
        taken(tx, 1, news(1, AGENCY), state=EntryState.QUARANTINED, reason=Reason.EXTRACTION_CRASHED)
        assert state_counts(tx) == {EntryState.QUARANTINED: 1}


@pytest.mark.parametrize("days", [-10, 10], ids=["older", "newer"])
def test_articles_outside_the_window_are_strangers(database: Database, days: int) -> None:
    """A report of ten days before or after is another story."""
    with database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY, published_at=NOW + timedelta(days=days)))
        second = taken(tx, 2, news(2, OWN_WORDS))
    assert first.story_id != second.story_id


def test_languages_keep_apart(database: Database) -> None:
    """Only articles of one language are compared."""
    with database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY, language="en"))
        second = taken(tx, 2, news(2, AGENCY, language="sv"))
    assert first.story_id != second.story_id


def test_two_at_once_begin_one_story(database: Database) -> None:
    """Reports of one event that are taken in at the same time by two workers end in one story."""
    with database.write() as tx:
        tasks = [started(tx, number) for number in (1, 2)]
    ready = threading.Barrier(2)

    def take(task: FetchTask, made: Article) -> None:
        ready.wait()
        with database.write() as tx:
            accepted_as(tx, task, made)

    made = [news(1, AGENCY), news(2, OWN_WORDS)]
    workers = [threading.Thread(target=take, args=pair) for pair in zip(tasks, made, strict=True)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    with database.read() as tx:
        [story] = stories.recent(tx, 10)
        assert (story.article_count, story.outlet_count) == (2, 2)
