"""Feeds: their list, and who may poll them when."""

from typing import Any

import pytest

from pipeline.errors import NotFound, Unusable
from pipeline.model import EntryState, FeedState, Pace, Reason, Validators
from pipeline.store import entries, feeds, seen
from pipeline.store.database import Database
from tests.store.making import LEASE, NO_PACE, NOW, PACE, after, document, entry, lease_of, polled, show, started


def test_an_address_is_stored_once_however_written(database: Database) -> None:
    """The same canonical URL gives the stored feed; its title and folder stay as they were."""
    with database.write() as tx:
        one = feeds.add(tx, "HTTPS://Feeds.Example:443/rss#top", title="One", folder="World", now=NOW)
        two = feeds.add(tx, "https://feeds.example/rss", title="Two", now=after(9))
        assert one == two
        assert one.url == "HTTPS://Feeds.Example:443/rss#top"
        assert feeds.find_by_url(tx, "https://FEEDS.example/rss") == one
        assert feeds.list_all(tx) == [one]


@pytest.mark.parametrize("url", ["", "ftp://x.example/", "feeds.example/rss", "javascript:1", "https://"])
def test_what_is_no_address_is_refused(sqlite_database: Database, url: str) -> None:
    """A feed needs an http(s) URL; the message names what was given."""
    with pytest.raises(Unusable, match="address"), sqlite_database.write() as tx:
        feeds.add(tx, url, now=NOW)


def test_unknown_feeds_are_not_found(database: Database) -> None:
    """Every verb that takes an id says so when there is none."""
    with database.write() as tx:
        for verb in (feeds.get, feeds.remove, feeds.pause):
            with pytest.raises(NotFound):
                verb(tx, 7)
        for later in (feeds.make_due, feeds.resume):
            with pytest.raises(NotFound):
                later(tx, 7, NOW)
        assert feeds.find_by_url(tx, "https://nobody.example/") is None


def test_a_removed_feed_leaves_no_entry_in_mid_way(database: Database) -> None:
    """Removing drops what was not finished, under one reason, and whoever held it changes nothing any more."""
    with database.write() as tx:
        task = started(tx, 1)
        feeds.remove(tx, task.feed_id)
        assert not entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, NOW)
        stored = seen.get(tx, task.entry_id)
        assert (stored.state, stored.reason) == (EntryState.DROPPED, Reason.FEED_REMOVED)
        assert feeds.list_all(tx) == []


def test_a_feed_added_again_knows_its_entries_and_is_quiet(database: Database) -> None:
    """F24: a removed feed comes back without old news: known entries stay known, old ones are dropped."""
    with database.write() as tx:
        show(tx, entry(1))
        feed = feeds.list_all(tx)[0]
        feeds.remove(tx, feed.id)
        lease = lease_of(tx, feed.url, after(86_400))
        assert lease.feed.id == feed.id
        old = entry(2, published_at=NOW)
        counts = feeds.record_poll(tx, lease, polled(document(entry(1), old)), 1, after(86_400))
        assert counts is not None
        assert (counts.new_count, counts.known_count, counts.dropped_count) == (0, 1, 1)


def test_the_longest_due_is_claimed_first(database: Database) -> None:
    """Claims come in the order in which feeds fell due, and what is not due is left."""
    with database.write() as tx:
        for number, due in enumerate((-5, -20, 30, -10)):
            feeds.add(tx, f"https://host{number}.example/", now=after(due))
        leases = feeds.claim_due(tx, NOW, 2, LEASE, PACE)
        assert [lease.feed.host for lease in leases] == ["host1.example", "host3.example"]
        assert [lease.feed.host for lease in feeds.claim_due(tx, NOW, 9, LEASE, PACE)] == ["host0.example"]


def test_a_host_is_asked_by_few_and_with_gaps(database: Database) -> None:
    """F17: of six feeds of one host two are leased, a gap apart; the others' host is not delayed."""
    with database.write() as tx:
        for number in range(6):
            feeds.add(tx, f"https://big.example/{number}", now=NOW)
        feeds.add(tx, "https://small.example/", now=after(-1))
        leases = feeds.claim_due(tx, NOW, 10, LEASE, Pace(gap_seconds=1.5, concurrency=2))
        starts = [(lease.feed.host, lease.start_at, lease.until) for lease in leases]
        assert starts == [
            ("small.example", NOW, after(LEASE)),
            ("big.example", NOW, after(LEASE)),
            ("big.example", after(1.5), after(1.5 + LEASE)),
        ]
        feeds.record_poll(tx, leases[1], polled(), 24, after(1))
        (third,) = feeds.claim_due(tx, after(1), 10, LEASE, Pace(gap_seconds=1.5, concurrency=2))
        assert third.start_at == after(3)


def test_pages_in_flight_count_against_the_host_of_feeds(database: Database) -> None:
    """F17: feeds and pages share a host's concurrency."""
    with database.write() as tx:
        show(tx, entry(1, host="one.example"), entry(2, host="one.example"), url="https://elsewhere.example/")
        assert len(entries.release(tx, NOW, 10, LEASE, PACE)) == 2
        feeds.add(tx, "https://one.example/rss", now=NOW)
        assert feeds.claim_due(tx, NOW, 10, LEASE, PACE) == []


def test_a_host_that_asked_for_rest_gets_it(database: Database) -> None:
    """F8: Retry-After of one feed holds back every feed and page of its host, until it is over."""
    with database.write() as tx:
        lease = lease_of(tx, "https://one.example/a")
        feeds.add(tx, "https://one.example/b", now=NOW)
        result = polled(reason=Reason.HTTP_THROTTLED, status=429, host_not_before=after(600))
        feeds.record_poll(tx, lease, result, 24, NOW)
        entries.extend_host(tx, "one.example", after(60))
        show(tx, entry(1, host="one.example"), url="https://elsewhere.example/")
        assert entries.release(tx, after(599), 10, LEASE, PACE) == []
        assert feeds.claim_due(tx, after(599), 10, LEASE, PACE) == []
        assert [x.feed.url for x in feeds.claim_due(tx, after(600), 10, LEASE, PACE)] == ["https://one.example/b"]


def test_a_lease_that_ran_out_goes_to_the_next_and_the_first_changes_nothing(database: Database) -> None:
    """R28: the poller that comes back after its lease stores no entry, no validator, no schedule."""
    with database.write() as tx:
        slow = lease_of(tx)
        assert feeds.claim_due(tx, after(LEASE - 1), 10, LEASE, PACE) == []
        (quick,) = feeds.claim_due(tx, after(LEASE), 10, LEASE, PACE)
        assert quick.token > slow.token
        before = feeds.get(tx, slow.feed.id)
        late = polled(document(entry(1)), validators=Validators("late"), host_not_before=after(9999))
        assert feeds.record_poll(tx, slow, late, 24, after(61)) is None
        assert feeds.get(tx, slow.feed.id) == before
        assert seen.recent(tx, 10) == []
        assert feeds.record_poll(tx, quick, polled(document(entry(1))), 24, after(62)) is not None
        assert feeds.record_poll(tx, quick, polled(document(entry(2))), 24, after(63)) is None


def test_the_floor_holds_across_crashes_and_impatient_users(database: Database) -> None:
    """F6: a claim counts as an attempt at once, so neither a kill nor `make_due` brings a second one too soon."""
    with database.write() as tx:
        lease = lease_of(tx)
        feeds.make_due(tx, lease.feed.id, after(100))
        assert feeds.claim_due(tx, after(1799), 10, LEASE, PACE, floor_seconds=1800) == []
        assert len(feeds.claim_due(tx, after(1800), 10, LEASE, PACE, floor_seconds=1800)) == 1


def test_the_owner_may_lower_the_floor_of_a_feed(database: Database) -> None:
    """F6: a feed's own interval, set by the owner, goes below the floor."""
    with database.write() as tx:
        feeds.add(tx, "https://feeds.example/rss", now=NOW, interval_seconds=300)
        feeds.claim_due(tx, NOW, 10, LEASE, PACE, floor_seconds=1800)
        assert feeds.claim_due(tx, after(299), 10, LEASE, PACE, floor_seconds=1800) == []
        assert len(feeds.claim_due(tx, after(300), 10, LEASE, PACE, floor_seconds=1800)) == 1


def test_paused_and_gone_feeds_are_not_polled_until_resumed(database: Database) -> None:
    """A poll under way when a feed is paused is stored; the feed stays paused."""
    with database.write() as tx:
        lease = lease_of(tx)
        feeds.pause(tx, lease.feed.id)
        assert feeds.record_poll(tx, lease, polled(document(entry(1)), gone=True), 24, NOW) is not None
        assert feeds.get(tx, lease.feed.id).state is FeedState.PAUSED
        assert feeds.claim_due(tx, after(9999), 10, LEASE, NO_PACE) == []
        feeds.resume(tx, lease.feed.id, after(9999))
        assert len(feeds.claim_due(tx, after(9999), 10, LEASE, NO_PACE)) == 1


def test_a_feed_that_is_gone_is_noted_from_the_first_time(database: Database) -> None:
    """410 in a row keeps the first instant, an answer between forgets it, no answer does not; `gone` ends polling."""
    gone: dict[str, Any] = {"status": 410, "reason": Reason.HTTP_GONE, "next_poll_at": NOW}
    silent: dict[str, Any] = {"status": None, "reason": Reason.TIMED_OUT, "next_poll_at": NOW}
    seen_at = []
    with database.write() as tx:
        for second, values in enumerate((gone, silent, gone, {"next_poll_at": NOW}, gone, gone | {"gone": True})):
            lease = lease_of(tx, now=after(second))
            result = polled(**values, attempted_at=after(second))
            feeds.record_poll(tx, lease, result, 24, after(second))
            seen_at.append(feeds.get(tx, lease.feed.id).gone_seen_at)
        assert seen_at == [NOW, NOW, NOW, None, after(4), after(4)]
        feed = feeds.get(tx, lease.feed.id)
        assert (feed.state, feed.error_count, feed.last_reason) == (FeedState.GONE, 2, Reason.HTTP_GONE)
        assert feeds.claim_due(tx, after(99), 10, LEASE, NO_PACE) == []
