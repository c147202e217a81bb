"""Polls that brought nothing new are stored together as each would be alone."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.model import FeedEventKind, FeedLease, PollCounts, PollResult, Reason, Traffic, Validators
from pipeline.store import feeds, unchanged
from pipeline.store.database import Database
from pipeline.store.tables import feed_traffic
from pipeline.store.tables import feeds as feed_rows
from tests.store.making import LEASE, NO_PACE, NOW, after, document, entry, lease_of, polled

URLS = [f"https://feeds.example/{number}" for number in range(3)]


def not_modified(**values: Any) -> PollResult:
    validators = Validators('"2"', None, "https://feeds.example/0")
    plain = {"status": 304, "validators": validators, "traffic": Traffic(0, b"", True), "quiet_count": 4}
    return polled(None, **(plain | values))


def leased_again(tx: Connection) -> list[FeedLease]:
    """Give leases of three feeds that were read once and are due again."""
    for number, url in enumerate(URLS):
        shown = polled(document(entry(number)), traffic=Traffic(9, b"x" * 16, False))
        feeds.record_poll(tx, lease_of(tx, url), shown, 24, NOW)
        feed = feeds.find_by_url(tx, url)
        assert feed is not None
        feeds.make_due(tx, feed.id, NOW)
    return sorted(feeds.claim_due(tx, after(60), 9, LEASE, NO_PACE), key=lambda lease: lease.feed.id)


def test_a_batch_stores_what_each_poll_alone_would_store(database: Database) -> None:
    """Every column of the feed and of its traffic is the same by either way."""
    with database.write() as tx:
        first, second, _ = leased_again(tx)
        assert unchanged.record(tx, [(first, not_modified())], 24, NOW) == [PollCounts()]
        assert feeds.record_poll(tx, second, not_modified(), 24, NOW) is not None
        for table, key in ((feed_rows, feed_rows.c.id), (feed_traffic, feed_traffic.c.feed_id)):
            names = [c for c in table.c if c.name not in {"id", "feed_id", "url", "url_key", "body_key"}]
            one, other = (tx.execute(select(*names).where(key == lease.feed.id)).one() for lease in (first, second))
            assert one == other


def test_whose_lease_passed_on_is_told_so(database: Database) -> None:
    """R28: of a batch only what is still ours is stored."""
    with database.write() as tx:
        first, second, third = leased_again(tx)
        tx.execute(update(feed_rows).where(feed_rows.c.id == second.feed.id).values(token=feed_rows.c.token + 1))
        done = [(lease, not_modified()) for lease in (first, second, third)]
        assert unchanged.record(tx, done, 24, NOW) == [PollCounts(), None, PollCounts()]
        assert unchanged.record(tx, done, 24, NOW) == [None, None, None]


def test_a_feed_that_comes_back_is_told_of(database: Database) -> None:
    """F11: what was given up and answers again is left to the careful way, which notes it."""
    with database.write() as tx:
        first, *_ = leased_again(tx)
        tx.execute(update(feed_rows).where(feed_rows.c.id == first.feed.id).values(undead_at=NOW))
        [counts] = unchanged.record(tx, [(first, not_modified())], 24, NOW)
    assert counts is not None
    assert counts.events == (FeedEventKind.REVIVED,)


def test_only_plain_polls_are_gathered() -> None:
    """Whatever brings more than a 304 is stored by itself."""
    assert unchanged.is_plain(not_modified())
    assert not unchanged.is_plain(not_modified(reason=Reason.TIMED_OUT))
    assert not unchanged.is_plain(replace(not_modified(), parsed=document()))
    assert not unchanged.is_plain(not_modified(host_not_before=NOW))
    assert not unchanged.is_plain(not_modified(is_moved=True))
