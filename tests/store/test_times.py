"""Due times after a start, a sleep or a jump of the clock."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from pipeline.feeds.schedule import spread_seconds
from pipeline.model import Pace, Reason
from pipeline.store import feeds, hosts, times
from pipeline.store.database import Database
from pipeline.store.tables import feeds as feed_rows
from pipeline.store.tables import hosts as host_rows
from tests.store.making import LEASE, NO_PACE, NOW, after, lease_of, polled

URL = "https://feeds.example/rss"
YEARS = 10 * 365 * 86_400.0
PACE = Pace(gap_seconds=1, concurrency=2)


def test_what_a_clock_ten_years_ahead_wrote_is_mended(database: Database) -> None:
    """R29: claimed, failed and put off ten years ahead; when the clock is right again the feed is polled on."""
    with database.write() as tx:
        lease = lease_of(tx, URL, after(YEARS))
        result = polled(
            attempted_at=after(YEARS),
            next_poll_at=after(YEARS + 3600),
            reason=Reason.HTTP_THROTTLED,
            status=429,
            host_not_before=after(YEARS + 60),
        )
        feeds.record_poll(tx, lease, result, 24, after(YEARS))
        feeds.claim_due(tx, after(YEARS + 4000), 9, LEASE, NO_PACE)
        assert times.mend(tx, NOW) > 0
        assert feeds.claim_due(tx, after(1), 9, LEASE, PACE, floor_seconds=1800) == []
        assert len(feeds.claim_due(tx, after(1801), 9, LEASE, PACE, floor_seconds=1800)) == 1
        assert times.mend(tx, after(1802)) == 0


@pytest.mark.parametrize("hours", [-1, 1], ids=["an hour back", "an hour ahead"])
def test_a_small_jump_leaves_leases_and_plans_in_place(database: Database, hours: int) -> None:
    """R29: whoever polls goes on with the lease it has, and what is planned or rests stays so."""
    with database.write() as tx:
        lease = lease_of(tx, URL, after(3600 * hours))
        other = feeds.add(tx, "https://other.example/", now=NOW, first_poll_at=after(86_400))
        hosts.extend(tx, "other.example", NOW + timedelta(days=7))
        before = rows(tx)
        times.mend(tx, NOW)
        assert rows(tx) == before
        assert feeds.record_poll(tx, lease, polled(), 24, NOW) is not None
        assert feeds.get(tx, other.id).next_poll_at == after(86_400)


def rows(tx: Connection) -> list[Any]:
    """Give what stands of feeds, and until when hosts rest."""
    rests = select(host_rows.c.host, host_rows.c.not_before_at)
    return [*tx.execute(select(feed_rows).order_by(feed_rows.c.id)), *tx.execute(rests.order_by(host_rows.c.host))]


def test_an_hour_ahead_holds_nobody_up_for_an_hour(database: Database) -> None:
    """R29: polled while the clock was an hour ahead; when it is right again the feed keeps its interval."""
    with database.write() as tx:
        lease = lease_of(tx, URL, after(3600))
        feeds.record_poll(tx, lease, polled(attempted_at=after(3600), next_poll_at=after(4500)), 24, after(3600))
        assert times.mend(tx, NOW) == 2
        assert feeds.claim_due(tx, after(899), 9, LEASE, PACE, floor_seconds=600) == []
        assert len(feeds.claim_due(tx, after(901), 9, LEASE, PACE, floor_seconds=600)) == 1
        assert times.mend(tx, after(902)) == 0


def test_the_gap_that_a_host_has_taught_is_no_jump(database: Database) -> None:
    """R29, F9: a slot half an hour ahead stays where the host has asked for as much."""
    with database.write() as tx:
        lease_of(tx, URL, NOW)
        values = {"gap_seconds": 1800.0, "next_start_at": after(1800)}
        tx.execute(update(host_rows).values(values))
        assert times.mend(tx, NOW) == 0
        tx.execute(update(host_rows).values(gap_seconds=30.0))
        assert times.mend(tx, NOW) == 1


def test_what_fell_due_together_does_not_come_together(database: Database) -> None:
    """F18: five hundred feeds that fell due while nobody polled come over their time, in their order, none lost."""
    with database.write() as tx:
        for n in range(500):
            feeds.add(tx, f"https://h{n}.example/", now=after(-86_400 + n))
        late = times.overdue(tx, NOW)
        assert len(late) == 500
        times.put_off(tx, late, spread_seconds([3600.0] * len(late), Random(1)), NOW)
        due = sorted(feed.next_poll_at for feed in feeds.list_all(tx) if feed.next_poll_at)
        assert (due[0] - NOW).total_seconds() < 1
        assert 90 < (due[-1] - NOW).total_seconds() <= 100
        assert times.overdue(tx, NOW) == []


def test_a_feed_that_was_polled_meanwhile_keeps_its_time(database: Database) -> None:
    """F18: two pollers that start together, or a poll in between, make nobody late."""
    with database.write() as tx:
        feed = feeds.add(tx, URL, now=after(-999))
        late: Any = times.overdue(tx, NOW)
        feeds.record_poll(tx, lease_of(tx, URL), polled(next_poll_at=after(3600)), 24, NOW)
        times.put_off(tx, late, [1.0], NOW)
        assert feeds.get(tx, feed.id).next_poll_at == after(3600)


def test_who_missed_most_for_its_pace_comes_first(database: Database) -> None:
    """F18: ten minutes are much for a feed asked every quarter of an hour, two hours little for one asked daily."""
    with database.write() as tx:
        daily, quick = (feeds.add(tx, f"https://h{n}.example/", now=after(-90_000)) for n in range(2))
        for feed, waits in ((daily, 86_400 - 7200), (quick, 900)):
            attempted = after(-7200 - 79_200) if feed is daily else after(-1500)
            values = {"last_attempt_at": attempted, "next_poll_at": attempted + timedelta(seconds=waits)}
            tx.execute(update(feed_rows).where(feed_rows.c.id == feed.id).values(values))
        late = times.overdue(tx, NOW)
    assert [one.feed_id for one in late] == [quick.id, daily.id]
    assert [one.planned_seconds for one in late] == [900, 79_200]
