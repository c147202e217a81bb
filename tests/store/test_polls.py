"""What one poll stores, all or nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from pipeline.model import (
    Arrivals,
    Bound,
    Entry,
    EntryState,
    FeedLease,
    FeedState,
    NextPoll,
    PollCounts,
    Reason,
    Replanned,
    Validators,
)
from pipeline.store import feeds, seen
from pipeline.store.database import Database
from tests.store.making import LEASE, NO_PACE, NOW, after, document, entry, lease_of, polled, show

HOUR = 3600.0


@pytest.mark.parametrize(
    ("published_at", "state"),
    [
        pytest.param(after(-25 * HOUR), EntryState.DROPPED, id="older"),
        pytest.param(after(-24 * HOUR), EntryState.WAITING, id="just not older"),
        pytest.param(after(-1), EntryState.WAITING, id="fresh"),
        pytest.param(after(99 * HOUR), EntryState.WAITING, id="in the future counts as now"),
        pytest.param(None, EntryState.WAITING, id="undated counts as now"),
    ],
)
def test_old_entries_are_dropped_at_the_first_import(
    database: Database, published_at: datetime | None, state: EntryState
) -> None:
    """F24: at a feed's first poll, entries older than the limit are stored as dropped with their reason (F23)."""
    with database.write() as tx:
        show(tx, entry(1, published_at=published_at))
        (stored,) = seen.recent(tx, 9)
        assert stored.state is state
        assert stored.reason is (Reason.OLD_AT_IMPORT if state is EntryState.DROPPED else None)
        assert stored.entry.published_at == published_at


def test_the_import_rule_holds_until_a_whole_document_was_stored(database: Database) -> None:
    """F24: failed and cut-off polls do not end the import; a complete one does, and then old dates are news."""
    old = after(-99 * HOUR)
    polls = (
        polled(reason=Reason.TIMED_OUT, status=None, next_poll_at=NOW),
        polled(document(entry(1, published_at=old), complete=False), next_poll_at=NOW),
        polled(document(entry(2, published_at=old)), next_poll_at=NOW),
        polled(document(entry(3, published_at=old)), next_poll_at=NOW),
    )
    with database.write() as tx:
        for result in polls:
            feeds.record_poll(tx, lease_of(tx), result, 24, NOW)
        states = [(stored.entry.identity, stored.state) for stored in seen.recent(tx, 9)]
    dropped, waiting = EntryState.DROPPED, EntryState.WAITING
    assert states == [("id-3", waiting), ("id-2", dropped), ("id-1", dropped)]


def test_a_known_entry_makes_no_new_row(database: Database) -> None:
    """F16, F20: fifty polls of the same document store each of its entries once."""
    shown = document(*(entry(n) for n in range(20)))
    with database.write() as tx:
        for _ in range(50):
            counts = feeds.record_poll(tx, lease_of(tx), polled(shown, next_poll_at=NOW), 24, NOW)
            assert counts is not None
        assert counts == PollCounts(known_count=20)
        assert len(seen.recent(tx, 100)) == 20


def test_the_same_identity_in_two_feeds_is_two_entries(database: Database) -> None:
    """F20: an identity is unique inside its feed only."""
    with database.write() as tx:
        show(tx, entry(1, url="https://a.example/"), url="https://feeds.example/1")
        assert show(tx, entry(1, url="https://b.example/"), url="https://feeds.example/2").new_count == 1


def test_a_page_belongs_to_one_entry(database: Database) -> None:
    """F16: a second entry with the page, in this feed or another, is merged with the first and never fetched."""
    with database.write() as tx:
        show(tx, entry(1, url="https://o.example/x?utm_source=rss"), url="https://feeds.example/1")
        same = (entry(2, title="Other", url="https://o.example/x"), entry(3, url="https://O.example/x#comments"))
        counts = show(tx, same[0], url="https://feeds.example/2")
        assert counts == PollCounts(merged_count=1)
        show(tx, same[1], url="https://feeds.example/3")
        owner, *merged = seen.by_url(tx, "https://o.example/x")
        assert owner.state is EntryState.WAITING
        assert [(m.state, m.reason, m.same_as_entry_id) for m in merged] == [
            (EntryState.MERGED, Reason.SAME_PAGE, owner.id)
        ] * 2


def test_a_page_twice_in_one_document_under_one_title_is_merged(database: Database) -> None:
    """A repeat under another guid is the same entry told twice."""
    with database.write() as tx:
        shown = (entry(1, url="https://o.example/x", title="T"), entry(2, url="https://o.example/x", title=" t"))
        assert show(tx, *shown) == PollCounts(new_count=1, merged_count=1)


def test_a_page_that_one_document_gives_to_several_entries_identifies_none(database: Database) -> None:
    """F20: entries with one link and different titles are that many, stable over five polls, as a status page has."""
    shown = document(*(entry(n, url="https://o.example/status", title=f"Outage {n}") for n in range(3)))
    with database.write() as tx:
        again = polled(shown, next_poll_at=NOW)
        counted = [feeds.record_poll(tx, lease_of(tx), again, 24, NOW) for _ in range(5)]
        assert counted == [PollCounts(new_count=3), *[PollCounts(known_count=3)] * 4]
        assert {stored.state for stored in seen.recent(tx, 9)} == {EntryState.WAITING}


def test_entries_without_a_page_are_kept_and_never_merged(database: Database) -> None:
    """An entry that names no link waits like any other; the worker will use the feed's text."""
    with database.write() as tx:
        assert show(tx, entry(1, url=""), entry(2, url="")) == PollCounts(new_count=2)


def test_two_feeds_that_share_pages_are_recorded_at_once(database: Database) -> None:
    """Sixteen feeds recorded together show the same forty pages in different orders: each page has one owner."""
    shown = [entry(n) for n in range(40)]
    with database.write() as tx:
        for number in range(16):
            feeds.add(tx, f"https://feeds{number}.example/", now=NOW)
        leases = feeds.claim_due(tx, NOW, 16, LEASE, NO_PACE)

    def record(lease: FeedLease) -> PollCounts | None:
        turned: list[Entry] = shown[lease.feed.id :] + shown[: lease.feed.id]
        with database.write() as tx:
            return feeds.record_poll(tx, lease, polled(document(*turned)), 24, NOW)

    with ThreadPoolExecutor(8) as threads:
        counts = [found for found in threads.map(record, leases) if found]
    assert sum(found.new_count for found in counts) == 40
    assert sum(found.merged_count for found in counts) == 15 * 40


def test_a_poll_that_cannot_be_stored_leaves_everything_as_it_was(database: Database) -> None:
    """F4: when the transaction fails after the entries, neither entries nor validators are there."""
    with database.write() as tx:
        lease = lease_of(tx)
        before = feeds.get(tx, lease.feed.id)

    def record_and_fail() -> None:
        with database.write() as tx:
            feeds.record_poll(tx, lease, polled(document(entry(1)), validators=Validators("new")), 24, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record_and_fail()
    with database.read() as tx:
        assert feeds.get(tx, lease.feed.id) == before
        assert seen.recent(tx, 9) == []


def test_what_the_document_asks_for_is_kept_for_polls_without_one(database: Database) -> None:
    """Ttl and skipHours of the last document, and its title if the feed has none, outlive a 304."""
    with database.write() as tx:
        lease = lease_of(tx)
        shown = document(title="Named", minimum_interval_seconds=7200, skip_hours=(1, 2))
        feeds.record_poll(tx, lease, polled(shown, next_poll_at=NOW), 24, NOW)
        feeds.record_poll(tx, lease_of(tx), polled(status=304, next_poll_at=NOW), 24, NOW)
        shown = document(title="Renamed", minimum_interval_seconds=7200, skip_hours=(1, 2))
        feeds.record_poll(tx, lease_of(tx), polled(shown), 24, NOW)
        feed = feeds.get(tx, lease.feed.id)
        assert (feed.title, feed.minimum_interval_seconds, feed.skip_hours) == ("Named", 7200, (1, 2))
        assert (feed.next_poll_at, feed.last_success_at, feed.error_count) == (after(HOUR), NOW, 0)


@pytest.mark.parametrize(
    ("numbers", "values", "lost"),
    [
        ((4, 5, 6), {}, True),
        ((3, 4, 5), {}, False),
        ((4, 5), {}, False),
        ((4, 5, 6), {"complete": False}, False),
    ],
    ids=["all new", "one known", "a short document", "cut"],
)
def test_a_document_without_a_known_entry_is_a_gap(
    database: Database, numbers: tuple[int, ...], values: dict[str, Any], lost: bool
) -> None:
    """F32: nothing of it was known: entries may have been missed, which is noted; the plan is made with what is new."""
    told: list[Arrivals] = []

    def replan(arrivals: Arrivals) -> Replanned:
        told.append(arrivals)
        return Replanned(NextPoll(after(7), Bound.FLOOR, {}, 0.0), "[]")

    with database.write() as tx:
        show(tx, entry(1), entry(2), entry(3))
        shown = document(*(entry(number) for number in numbers), **values)
        feeds.record_poll(tx, lease_of(tx, now=after(3600)), polled(shown, replan=replan), 24, after(3600))
        feed = feeds.find_by_url(tx, "https://feeds.example/rss")
    assert feed is not None
    assert (feed.gap_count, feed.gap_at) == ((1, NOW) if lost else (0, None))
    assert (feed.next_poll_at, feed.rhythm) == (after(7), "[]")
    assert len(told[-1].published) == sum(number > 3 for number in numbers)


def test_the_first_document_is_no_gap(database: Database) -> None:
    """F32, F24: of a new feed nothing is known, and nothing is missed."""
    with database.write() as tx:
        show(tx, entry(1), entry(2), entry(3))
        feed = feeds.find_by_url(tx, "https://feeds.example/rss")
    assert feed is not None
    assert feed.gap_at is None


def test_a_feed_that_says_it_has_ended_is_polled_no_more(database: Database) -> None:
    """F43: `expired` stores what the last document shows and stops polling, with the reason in words."""
    with database.write() as tx:
        feeds.record_poll(tx, lease_of(tx), polled(document(entry(1), expired=True), next_poll_at=NOW), 24, NOW)
        (feed,) = feeds.list_all(tx)
        assert (feed.state, feed.last_error) == (FeedState.GONE, "the feed says that it has ended")
        assert len(seen.recent(tx, 9)) == 1
        assert feeds.claim_due(tx, after(9e6), 9, LEASE, NO_PACE) == []


def test_entries_of_archives_are_quiet(database: Database) -> None:
    """F24, F42: older pages raise nothing that is old, at the first import and after a gap; what is fresh is work."""
    archive = (entry(1, published_at=after(-99 * HOUR)), entry(2, published_at=after(-HOUR)))
    with database.write() as tx:
        show(tx, entry(0))
        found = polled(document(entry(3)), archived=archive, next_poll_at=NOW)
        counts = feeds.record_poll(tx, lease_of(tx), found, 24, NOW)
        assert counts == PollCounts(new_count=2, dropped_count=1)
        assert seen.recent(tx, 9, EntryState.DROPPED)[0].reason is Reason.OLD_AT_IMPORT


def test_an_unchanged_feed_keeps_what_it_had(database: Database) -> None:
    """F2, F3: a 304 that says nothing new leaves validators and last words alone, in the row as in the feed leased."""
    held = Validators('"one"', None, "https://feeds.example/1")
    with database.write() as tx:
        first = lease_of(tx)
        feeds.record_poll(tx, first, polled(document(entry(1)), validators=held, next_poll_at=NOW), 24, NOW)
        lease = lease_of(tx)
        unchanged = polled(status=304, validators=lease.feed.validators, shown_key=lease.feed.shown_key)
        feeds.record_poll(tx, lease, unchanged, 24, NOW)
        after_one = feeds.get(tx, lease.feed.id)
        assert (after_one.validators, after_one.quiet_count, after_one.error_count) == (held, 0, 0)
        assert after_one.next_poll_at == unchanged.next_poll_at


def test_an_answer_clears_what_failures_left(database: Database) -> None:
    """F13: a 304 after a failure is a change: nothing of the failure remains."""
    with database.write() as tx:
        refused = polled(reason=Reason.HTTP_GONE, status=410, error="gone", error_score=2.0, next_poll_at=NOW)
        feeds.record_poll(tx, lease_of(tx), refused, 24, NOW)
        lease = lease_of(tx)
        assert (lease.feed.error_count, lease.feed.last_error) == (1, "gone")
        feeds.record_poll(tx, lease, polled(status=304), 24, NOW)
        found = feeds.get(tx, lease.feed.id)
        assert (found.error_count, found.last_error, found.last_reason, found.gone_seen_at) == (0, "", None, None)


@pytest.mark.parametrize(("status", "gap_count"), [(200, 1), (226, 0)])
def test_a_226_takes_nothing_away(database: Database, status: int, gap_count: int) -> None:
    """F44: a document of changes only, though nobody asked for one, leaves the others there and is no gap."""
    with database.write() as tx:
        show(tx, *(entry(n) for n in range(3)))
        changes = document(*(entry(n) for n in range(3, 6)))
        counts = feeds.record_poll(tx, lease_of(tx), polled(changes, status=status, next_poll_at=NOW), 24, NOW)
        assert counts is not None
        assert counts.new_count == 3
        assert [stored.state for stored in seen.recent(tx, 9)] == [EntryState.WAITING] * 6
        assert feeds.list_all(tx)[0].gap_count == gap_count
