"""Hosts that say that it was too much."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection

from pipeline.model import Pace, Reason
from pipeline.store import entries, feeds, hosts
from pipeline.store.database import Database
from tests.store.making import LEASE, NOW, PACE, after, entry, lease_of, polled, show

HOST = "busy.example"
DAY = 86_400.0


def starts(tx: Connection, at: datetime, until: datetime) -> Iterator[datetime]:
    """Poll what is due, every second, and give when each request started."""
    while at < until:
        for lease in feeds.claim_due(tx, at, 9, LEASE, PACE):
            yield lease.start_at
            feeds.record_poll(tx, lease, polled(attempted_at=lease.start_at, next_poll_at=lease.start_at), 24, at)
        at += timedelta(seconds=5)


def gap(tx: Connection, at: datetime) -> float:
    return hosts.rest_of(tx, HOST, at).gap_seconds


def test_a_429_widens_the_gap_of_the_whole_host(database: Database) -> None:
    """F9: the siblings come one by one, far apart, and not in step with the minute."""
    with database.write() as tx:
        for n in range(6):
            feeds.add(tx, f"https://{HOST}/{n}", now=NOW)
        hosts.widen(tx, HOST, NOW)
        hosts.widen(tx, HOST, after(60))
        times = list(starts(tx, after(60), after(1200)))
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
        assert len(times) >= 12
        assert min(gaps) >= 60
        assert len({round(found) for found in gaps}) > 5
        assert (times[0] - after(60)).total_seconds() >= 60


def test_what_was_under_way_together_counts_once(database: Database) -> None:
    """F9: two 429s of one moment double the gap once; it has an upper end."""
    with database.write() as tx:
        widths = []
        for at in (0, 1, 29, 31, 200, 1000, 5000, 20_000, 50_000, 90_000):
            hosts.widen(tx, HOST, after(at))
            widths.append(gap(tx, after(at)))
        assert widths == [30, 30, 30, 60, 120, 240, 480, 960, 1920, 3600]


def test_a_learned_gap_is_forgotten_by_halves(database: Database) -> None:
    """F9: a limit that was lifted is found out, a day at a time."""
    with database.write() as tx:
        hosts.widen(tx, HOST, NOW)
        assert [gap(tx, after(days * DAY + 1)) for days in (0, 1, 2, 4, 5)] == [30, 15, 7.5, 1.875, 0]


def test_a_429_of_a_page_counts_for_feeds_too(database: Database) -> None:
    """F17: pages and feeds share what was learned; a page whose slot is far ahead waits again and holds nothing."""
    with database.write() as tx:
        show(tx, entry(1, host=HOST), entry(2, host=HOST))
        released = entries.release(tx, NOW, 9, LEASE, PACE)
        assert len(released) == 2
        assert entries.start(tx, released[0].id, released[0].token, "w", NOW, LEASE, PACE)
        entries.widen_host(tx, HOST, after(1))
        assert entries.start(tx, released[1].id, released[1].token, "w", after(2), LEASE, PACE) is None
        feeds.add(tx, f"https://{HOST}/feed", now=NOW)
        assert feeds.claim_due(tx, after(3), 9, LEASE, PACE) == []
        assert entries.release(tx, after(3), 9, LEASE, PACE) == []
        assert len(feeds.claim_due(tx, after(100), 9, LEASE, PACE)) == 1


def test_a_failed_poll_widens_only_for_429(database: Database) -> None:
    """F9: a 503 says nothing about our pace."""
    with database.write() as tx:
        url = f"https://{HOST}/feed"
        unavailable = polled(reason=Reason.HTTP_TEMPORARY, status=503, next_poll_at=NOW)
        feeds.record_poll(tx, lease_of(tx, url), unavailable, 24, NOW)
        assert gap(tx, NOW) == 0
        throttled = polled(reason=Reason.HTTP_THROTTLED, status=429)
        feeds.record_poll(tx, lease_of(tx, url), throttled, 24, NOW)
        assert gap(tx, NOW) == 30


def test_no_slot_is_claimed_far_ahead(database: Database) -> None:
    """F17: with a wide gap one lease at a time is out, whatever the concurrency: the others hold no poller."""
    wide = Pace(gap_seconds=40, concurrency=5)
    with database.write() as tx:
        for n in range(4):
            feeds.add(tx, f"https://{HOST}/{n}", now=NOW)
        assert len(feeds.claim_due(tx, NOW, 9, LEASE, wide)) == 1
        assert feeds.claim_due(tx, after(29), 9, LEASE, wide) == []
        assert [lease.start_at for lease in feeds.claim_due(tx, after(31), 9, LEASE, wide)] == [after(40)]


def test_a_feed_that_is_refused_takes_no_turns_of_its_sibling(database: Database) -> None:
    """F8, F9: where one turn an hour is left, the answered feed gets most, and the refused one is not forgotten."""
    good, refused = f"https://{HOST}/good", f"https://{HOST}/refused"
    pace = Pace(gap_seconds=3600, concurrency=2)
    turns = []
    with database.write() as tx:
        for url in (good, refused):
            feeds.add(tx, url, now=NOW)
        for hour in range(40):
            at = after(hour * 3601)
            [lease] = feeds.claim_due(tx, at, 9, LEASE, pace)
            turns.append(lease.feed.url)
            failed = {"reason": Reason.HTTP_TEMPORARY, "status": 503} if lease.feed.url == refused else {"status": 304}
            result = polled(attempted_at=at, next_poll_at=at + timedelta(minutes=30), **failed)
            feeds.record_poll(tx, lease, result, 24, at)
    waits = [later - earlier for earlier, later in pairwise(n for n, url in enumerate(turns) if url == good)]
    assert max(waits) == 2
    assert 5 <= turns.count(refused) <= 12


def test_turns_go_to_the_feed_furthest_behind_its_own_pace(database: Database) -> None:
    """F9: of two that are due, one planned each half hour goes before one planned each day."""
    hourly, daily = f"https://{HOST}/hourly", f"https://{HOST}/daily"
    pace = Pace(gap_seconds=3600, concurrency=2)
    with database.write() as tx:
        for url, at, hours in ((daily, NOW, 24.0), (hourly, after(23 * 3600), 0.5)):
            result = polled(status=304, attempted_at=at, next_poll_at=at + timedelta(hours=hours))
            feeds.record_poll(tx, lease_of(tx, url, at), result, 24, at)
        leases = feeds.claim_due(tx, after(25 * 3600), 9, LEASE, pace)
        assert [lease.feed.url for lease in leases] == [hourly]
