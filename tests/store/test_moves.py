"""Feeds that move, become one, and go back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from pipeline.errors import NotFound, Unusable
from pipeline.model import EntryState, FeedEventKind, FeedState, PollResult, Reason
from pipeline.store import feed_events, feeds, moves, seen
from pipeline.store.database import Database
from pipeline.store.tables import entries
from tests.store.making import NOW, after, document, entry, lease_of, polled, show

OLD, NEW, THIRD = "https://old.example/rss", "https://new.example/rss", "https://third.example/rss"


def moved(**values: Any) -> PollResult:
    """Make the result of a poll that believes the move to NEW."""
    plain: dict[str, Any] = {"moved_url": NEW, "moved_since_at": after(-9), "moved_count": 9, "is_moved": True}
    return polled(**({"parsed": document(entry(1), entry(2))} | plain | values))


def record(tx: Connection, result: PollResult, url: str = OLD, now: datetime = NOW) -> tuple[FeedEventKind, ...]:
    counts = feeds.record_poll(tx, lease_of(tx, url, now), result, 24, now)
    assert counts is not None
    return counts.events


def test_a_believed_move_is_adopted_once_and_noted(database: Database) -> None:
    """F13: the address and the host change, the old address leads to the same feed, and the owner can read of it."""
    with database.write() as tx:
        show(tx, entry(1), url=OLD)
        assert record(tx, moved()) == (FeedEventKind.MOVED,)
        (feed,) = feeds.list_all(tx)
        assert (feed.url, feed.host, feed.moved_url, feed.moved_count) == (NEW, "new.example", None, 0)
        assert feeds.find_by_url(tx, OLD) == feed
        assert feeds.add(tx, OLD, now=NOW) == feed
        (event,) = feed_events.recent(tx, 9)
        assert (event.kind, event.old_url, event.new_url) == (FeedEventKind.MOVED, OLD, NEW)


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(moved(is_moved=False), id="not yet believed"),
        pytest.param(polled(document(entry(7)), moved_url=NEW, is_moved=True), id="shares no entry"),
    ],
)
def test_a_move_that_may_be_a_mistake_is_not_adopted(database: Database, result: PollResult) -> None:
    """F13: only what was seen for long, and shows what we know, is taken for the same feed."""
    with database.write() as tx:
        show(tx, entry(1), url=OLD)
        assert record(tx, result) == ()
        (feed,) = feeds.list_all(tx)
        assert (feed.url, feed.moved_url) == (OLD, NEW)


def test_a_move_is_undone_and_stays_undone(database: Database) -> None:
    """F13: the owner's word lasts: the old address comes back and is not left again."""
    with database.write() as tx:
        show(tx, entry(1), url=OLD)
        record(tx, moved())
        feed_id = feeds.list_all(tx)[0].id
        assert moves.undo(tx, feed_id, after(1)) == OLD
        feed = feeds.get(tx, feed_id)
        assert (feed.url, feed.host, feed.stays) == (OLD, "old.example", True)
        assert record(tx, moved(), now=after(2)) == ()
        assert feeds.find_by_url(tx, NEW) is None
        assert [event.kind for event in feed_events.recent(tx, 9)] == [FeedEventKind.MOVED_BACK, FeedEventKind.MOVED]
        with pytest.raises(NotFound, match="never moved"):
            moves.undo(tx, feed_id, after(3))


def test_two_feeds_become_one_and_nothing_is_told_twice(database: Database) -> None:
    """F39: a move onto another feed's address: that one goes on with the entries of both, and knows them all."""
    with database.write() as tx:
        show(tx, entry(1), entry(2, url=""), url=OLD)
        feed_id = feeds.list_all(tx)[0].id
        show(tx, entry(1), entry(3), url=NEW)
        rows = tx.execute(select(func.count()).select_from(entries)).scalar_one()
        assert record(tx, moved(parsed=document(entry(1), entry(2, url="")))) == (FeedEventKind.JOINED,)
        (one,) = feeds.list_all(tx)
        assert one.url == NEW
        assert feeds.add(tx, OLD, now=NOW) == one
        counts = feeds.record_poll(
            tx, lease_of(tx, NEW, after(1)), polled(document(entry(1), entry(2, url=""), entry(3))), 24, after(1)
        )
        assert counts is not None
        assert (counts.new_count, counts.merged_count, counts.known_count) == (0, 0, 3)
        assert tx.execute(select(func.count()).select_from(entries)).scalar_one() == rows
        assert EntryState.DROPPED not in {stored.state for stored in seen.recent(tx, 9)}
        assert moves.undo(tx, feed_id, after(2)) == OLD
        assert [feed.url for feed in feeds.list_all(tx)] == [NEW, OLD]


def test_a_move_onto_a_feed_that_the_owner_stopped_changes_nothing(database: Database) -> None:
    """F39: what was paused or removed on purpose does not swallow what is polled."""
    with database.write() as tx:
        other = feeds.add(tx, NEW, now=after(999))
        feeds.pause(tx, other.id)
        show(tx, entry(1), url=OLD)
        assert record(tx, moved()) == ()
        feeds.remove(tx, other.id)
        assert record(tx, moved(), now=after(1)) == ()
        assert [feed.url for feed in feeds.list_all(tx)] == [OLD]


def test_an_address_leads_through_several_moves(database: Database) -> None:
    """F13: joined to a feed that moved on itself: the oldest address finds the feed of today."""
    with database.write() as tx:
        show(tx, entry(1), url=OLD)
        show(tx, entry(1), url=NEW)
        record(tx, moved())
        record(tx, moved(moved_url=THIRD), url=NEW, now=after(1))
        (feed,) = feeds.list_all(tx)
        assert feed.url == THIRD
        assert feeds.find_by_url(tx, OLD) == feeds.find_by_url(tx, NEW) == feed


def test_an_old_address_that_was_taken_cannot_be_gone_back_to(database: Database) -> None:
    """F13: undoing never makes two feeds of one address."""
    with database.write() as tx:
        show(tx, entry(1), url=OLD)
        record(tx, moved())
        feed_id = feeds.list_all(tx)[0].id
        show(tx, entry(1), url=THIRD)
        moves.adopt(tx, feeds.list_all(tx)[1].id, OLD, after(1))
        with pytest.raises(Unusable, match="has the old address"):
            moves.undo(tx, feed_id, after(2))


DEAD: dict[str, Any] = {"status": 404, "reason": Reason.HTTP_NOT_FOUND, "error": "the server answered 404"}


def test_the_owner_hears_once_of_a_feed_given_up_and_of_its_return(database: Database) -> None:
    """F11: one notice when it is given up, none while it stays so, one when it answers again; 410 has its own."""
    with database.write() as tx:
        lease_of(tx, OLD)
        told = [
            record(tx, polled(**values), now=after(99 * n))
            for n, values in enumerate((DEAD, DEAD | {"undead": True}, DEAD | {"undead": True}, {}, {}), 1)
        ]
        assert told == [(), (FeedEventKind.UNDEAD,), (), (FeedEventKind.REVIVED,), ()]
        gone = polled(status=410, reason=Reason.HTTP_GONE, gone=True, error="the server answered 410")
        assert record(tx, gone, now=after(999)) == (FeedEventKind.GONE,)
        assert feeds.list_all(tx)[0].state is FeedState.GONE
        assert feed_events.recent(tx, 1)[0].detail == "the server answered 410"


def test_a_wait_that_was_cut_to_its_cap_is_noted(database: Database) -> None:
    """F8: who asks for ten years of rest gets a week, and the owner can read of it."""
    with database.write() as tx:
        rest = {"host_not_before": NOW + timedelta(days=7), "rest_asked_seconds": 1e9}
        result = polled(status=429, reason=Reason.HTTP_THROTTLED, **rest)
        assert record(tx, result) == (FeedEventKind.REST_CAPPED,)


def test_a_stranger_who_comes_back_is_a_stranger_still(database: Database) -> None:
    """F13: what a stranger showed is known when the redirect comes again after a break, and proves nothing."""
    strange = document(entry(7))
    with database.write() as tx:
        show(tx, entry(1), url=OLD)
        first = {"moved_url": NEW, "moved_since_at": NOW, "moved_count": 1}
        record(tx, polled(strange, **first))
        assert feeds.list_all(tx)[0].moved_since_at is None
        record(tx, polled(document(entry(1))))  # the redirect is taken back: the trail is broken
        record(tx, polled(strange, **first))
        (feed,) = feeds.list_all(tx)
        assert (feed.moved_url, feed.moved_since_at, feed.moved_count) == (NEW, None, 0)
        record(tx, polled(document(entry(1), entry(8)), **(first | {"moved_url": "https://own.example/feed"})))
        assert feeds.list_all(tx)[0].moved_count == 1  # somewhere else, where our own entries are, is no stranger
