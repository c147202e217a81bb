"""The checker of the invariants is itself checked: each promise broken by hand is told."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from benchmarks.faults.accounts import Account, account
from benchmarks.faults.newsroom import Heard, Newsroom
from benchmarks.faults.words import piece
from pipeline.accept import accept
from pipeline.alerts import SubscriptionIndex
from pipeline.articles import article_from_feed
from pipeline.model import Entry, EntryState, Pace, ParsedFeed, PollResult, Reason, Validators
from pipeline.store import deliveries, entries, feeds, polls, subscriptions
from pipeline.store.database import Database
from pipeline.store.tables import alerts, articles
from pipeline.store.tables import deliveries as delivery_rows
from pipeline.store.tables import entries as entry_rows
from pipeline.stories import sketch
from workers.clock import utc_now

NUMBERS = (2, 1, 3, 5)  #: one that is dropped, one that nobody asks for, one for each word
WINDOW = timedelta(hours=72)
FREE = Pace(0.0, 100)
LEASE_SECONDS = 600.0


@pytest.fixture
def told(sqlite_database: Database) -> tuple[Newsroom, Database]:
    """Give a newsroom and the store of an installation in which everything went well."""
    newsroom = Newsroom(port=1, published=[piece(number) for number in NUMBERS], shown=set(NUMBERS))
    _show(sqlite_database, newsroom)
    _take_in(sqlite_database)
    _deliver(sqlite_database, newsroom)
    return newsroom, sqlite_database


def _show(database: Database, newsroom: Newsroom) -> None:
    now = utc_now()
    shown = tuple(
        Entry(str(one.number), newsroom.url(one), one.title, content=one.text, guid=str(one.number))
        for one in newsroom.published
    )
    with database.write() as tx:
        for word in ("lantern", "harbour"):
            subscriptions.add(tx, word, word, ["receiver"], now)
        feeds.add(tx, "http://paper.localhost/feed", now=now)
        [lease] = feeds.claim_due(tx, now, 1, LEASE_SECONDS, FREE)
        parsed = ParsedFeed("Paper", "", "en", shown, "rss20")
        polls.record_poll(tx, lease, PollResult(now, now + WINDOW, Validators(), 200, parsed), 24, now)


def _take_in(database: Database) -> None:
    now = utc_now()
    with database.write() as tx:
        rows = entries.release(tx, now, 10, LEASE_SECONDS, FREE)
        tasks = [entries.start(tx, row.id, row.token, "worker", now, LEASE_SECONDS, FREE) for row in rows]
        index = SubscriptionIndex(subscriptions.list_all(tx))
        for task in filter(None, tasks):
            if task.entry.guid == "2":
                assert entries.finish(tx, task.entry_id, task.token, EntryState.DROPPED, Reason.NO_TEXT, now)
                continue
            article = article_from_feed(task, Reason.HTTP_GONE)
            assert article is not None
            assert accept(tx, task, article, sketch(article.title, article.text, "en"), index, WINDOW, now)


def _deliver(database: Database, newsroom: Newsroom) -> None:
    now = utc_now()
    with database.write() as tx:
        for row in deliveries.release(tx, now, 10, LEASE_SECONDS):
            assert deliveries.start(tx, row.id, row.token, "deliverer", now, LEASE_SECONDS)
            assert deliveries.sent(tx, row.id, row.token, now, "204")
        ids = tx.execute(select(delivery_rows.c.public_id)).scalars().all()
    newsroom.heard = [Heard(message_id, "digest", 0.0, accepted=True) for message_id in ids]


def test_a_sound_run_breaks_nothing(told: tuple[Newsroom, Database]) -> None:
    """Everything shown has its end, everything due was heard once."""
    assert account(*told) == Account(entries=4, alerts=2, quarantined=0, lost=0, repeated=0)


BREAKS = {
    "entry 9 was shown and is not stored": lambda room, _tx: room.shown.add(9),
    "entry 1 is still waiting": lambda _room, tx: tx.execute(update(entry_rows).values(state="waiting")),
    "and has no article": lambda _room, tx: tx.execute(update(entry_rows).values(state="done")),
    "no alert of lantern": lambda _room, tx: tx.execute(update(alerts).values(subscription_name="harbour")),
    "delivery 1 is parked": lambda _room, tx: tx.execute(update(delivery_rows).values(state="parked")),
    "was not heard": lambda room, _tx: room.heard.pop(),
    "has no delivery": lambda _room, tx: tx.execute(delete(delivery_rows)),
    "was never shown": lambda room, _tx: room.published.pop(),
    "which nobody made": lambda room, _tx: room.heard.append(Heard("other", "digest", 0.0, accepted=True)),
    "is not due": lambda _room, tx: tx.execute(update(articles).values(title="", text="")),
    "and held by worker": lambda _room, tx: tx.execute(update(entry_rows).values(holder="worker")),
    "with 2 different bodies": lambda room, _tx: room.heard.append(
        Heard(room.heard[0].id, "another", 0.0, accepted=True)),
}  # fmt: skip


@pytest.mark.parametrize("words", BREAKS)
def test_a_broken_promise_is_told(told: tuple[Newsroom, Database], words: str) -> None:
    """Each invariant broken by hand comes out in words."""
    newsroom, database = told
    with database.write() as tx:
        BREAKS[words](newsroom, tx)
    assert any(words in line for line in account(newsroom, database).broken)


def test_a_repeat_is_counted(told: tuple[Newsroom, Database]) -> None:
    """A message that the receiver said yes to twice is one repeat; one that it refused first is none."""
    newsroom, database = told
    first, second = newsroom.heard
    newsroom.heard += [first, Heard(second.id, second.digest, 0.0, accepted=False)]
    found = account(newsroom, database)
    assert (found.repeated, found.broken) == (1, ())
