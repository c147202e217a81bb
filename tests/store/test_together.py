"""Polls that are stored together are stored as each would be alone."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from pipeline.model import (
    Arrivals,
    EntryState,
    FeedEventKind,
    FeedLease,
    PollCounts,
    PollResult,
    Replanned,
    Traffic,
    Validators,
)
from pipeline.store import feeds
from pipeline.store.database import Database
from pipeline.store.tables import entries, feed_traffic
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


def columns(tx: Connection, feed_id: int) -> list[Any]:
    """Give what is stored of a feed but what names it."""
    own = {"id", "feed_id", "url", "url_key", "body_key"}
    return [
        tx.execute(select(*[c for c in table.c if c.name not in own]).where(key == feed_id)).one()
        for table, key in ((feed_rows, feed_rows.c.id), (feed_traffic, feed_traffic.c.feed_id))
    ]


def test_unlike_polls_are_stored_as_each_alone_would_be(database: Database) -> None:
    """Every column of the feeds and of their traffic is the same by either way."""
    results = [not_modified(), polled(document(entry(7), entry(8)), traffic=Traffic(5)), polled(status=410, gone=True)]
    with database.write() as tx:
        leases = leased_again(tx)
        undone = tx.begin_nested()
        done = list(zip(leases, results, strict=True))
        alone = [feeds.record_poll(tx, lease, result, 24, after(61)) for lease, result in done]
        rows = [columns(tx, lease.feed.id) for lease in leases]
        undone.rollback()
        assert feeds.record_polls(tx, done, 24, after(61)) == alone
        assert [columns(tx, lease.feed.id) for lease in leases] == rows


def test_whose_lease_passed_on_is_told_so(database: Database) -> None:
    """R28: of a group only what is still ours is stored."""
    with database.write() as tx:
        first, second, third = leased_again(tx)
        tx.execute(update(feed_rows).where(feed_rows.c.id == second.feed.id).values(token=feed_rows.c.token + 1))
        done = [(lease, not_modified()) for lease in (first, second, third)]
        assert feeds.record_polls(tx, done, 24, NOW) == [PollCounts(), None, PollCounts()]
        assert feeds.record_polls(tx, done, 24, NOW) == [None, None, None]


def test_a_feed_that_comes_back_is_told_of(database: Database) -> None:
    """F11: what was given up and answers again is noted, also in a group."""
    with database.write() as tx:
        first, second, _ = leased_again(tx)
        tx.execute(update(feed_rows).where(feed_rows.c.id == first.feed.id).values(undead_at=NOW))
        back, plain = feeds.record_polls(tx, [(first, not_modified()), (second, not_modified())], 24, NOW)
    assert isinstance(back, PollCounts)
    assert back.events == (FeedEventKind.REVIVED,)
    assert plain == PollCounts()


def test_feeds_of_one_group_that_share_a_page_make_one_owner(database: Database) -> None:
    """The first feed's entry owns the page, the second's is merged with it, as if they came one after the other."""
    shared = entry(50)
    with database.write() as tx:
        first, second, _ = leased_again(tx)
        done = [(lease, polled(document(shared))) for lease in (first, second)]
        one, other = feeds.record_polls(tx, done, 24, after(61))
        rows = {row.feed_id: row for row in tx.execute(select(entries).where(entries.c.url == shared.url))}
    assert isinstance(one, PollCounts)
    assert isinstance(other, PollCounts)
    assert (one.new_count, other.merged_count) == (1, 1)
    assert rows[first.feed.id].state is EntryState.WAITING
    assert rows[second.feed.id].same_as_entry_id == rows[first.feed.id].id


def _fails(_arrivals: Arrivals) -> Replanned:
    raise ValueError("a mistake of ours")


def test_a_poll_that_cannot_be_stored_takes_no_other_with_it(database: Database) -> None:
    """F4: its neighbours are stored, its error is its own, and nothing of it is kept."""
    with database.write() as tx:
        leases = leased_again(tx)
        broken = replace(polled(document(entry(20)), validators=Validators('"9"')), replan=_fails)
        done = list(zip(leases, [polled(document(entry(10))), broken, not_modified()], strict=True))
        first, second, third = feeds.record_polls(tx, done, 24, after(61))
        tags = dict(tx.execute(select(feed_rows.c.id, feed_rows.c.etag)).all())
        stored = set(tx.execute(select(entries.c.url)).scalars())
    assert isinstance(first, PollCounts)
    assert first.new_count == 1
    assert isinstance(second, ValueError)
    assert third == PollCounts()
    assert entry(10).url in stored
    assert entry(20).url not in stored
    assert tags[leases[1].feed.id] != '"9"'


@pytest.mark.parametrize("count", [1, 3])
def test_a_group_of_any_size_keeps_its_order(database: Database, count: int) -> None:
    """Counts come back in the order of the polls."""
    with database.write() as tx:
        leases = leased_again(tx)[:count]
        done = [(lease, polled(document(*map(entry, range(30, 31 + place))))) for place, lease in enumerate(leases)]
        counts = feeds.record_polls(tx, done[::-1], 24, after(61))
    assert [one.new_count + one.merged_count for one in counts if isinstance(one, PollCounts)] == [*range(count, 0, -1)]
