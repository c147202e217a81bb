"""Pollers beside each other, beside the clock, and without what they need."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from pipeline.errors import StoreUnavailable
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Feed, FeedEventKind, Pace, Reason
from pipeline.store import feed_events, feeds
from pipeline.store.database import Database
from pipeline.store.hosts import AHEAD
from pipeline.store.tables import feeds as feed_rows
from tests.feeds.documents import numbered
from tests.origin import Origin
from tests.workers.poller_process import FLOOR, LEASE_SECONDS
from tests.workers.polling import NO_PACE, add, polling, stored, stored_entries
from tests.workers.support import eventually
from workers.clock import utc_now
from workers.poller import LEASE_SECONDS as POLLERS_LEASE_SECONDS

T = TypeVar("T")

BODY = numbered(1, 2)
HOURLY = PollPolicy(interval_seconds=3600, floor_seconds=0.1)
# A busy machine may delay the earlier of two requests on its way and not the later, so the gaps asked for below are
# shorter than the rule's; without the rule they would be nothing.


async def test_two_pollers_share_the_work(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """R28: two pollers on one store: every feed is polled, by both together, never twice within the floor."""
    policy = PollPolicy(interval_seconds=4, floor_seconds=4, ceiling_seconds=60)
    hosts = [f"outlet{n}.localhost" for n in range(12)]
    for host in hosts:
        add(sqlite_database, origin.serve("/feed", BODY, host=host))
    second = Database.open(sqlite_url)
    async with (
        polling(sqlite_database, policy=policy, concurrency=4) as one,
        polling(second, policy=policy, concurrency=4) as other,
    ):
        for host in hosts:
            await eventually(lambda host=host: len(origin.requests_for("/feed", host)) >= 3)
        counts = [int(str(poller.detail().get("polled_count", 0))) for poller in (one, other)]
    second.close()
    assert min(counts) > 0
    for host in hosts:
        times = [seen.at for seen in origin.requests_for("/feed", host)]
        # The origin shares this loop and may see the first request late; a feed that both asked would come at once.
        assert min(later - earlier for earlier, later in pairwise(times)) >= 4 / 3


async def test_a_poller_that_slept_does_not_ask(origin: Origin, sqlite_database: Database) -> None:
    """R28: a suspended process wakes up with a lease that is over: no request, the feed is another's."""
    add(sqlite_database, origin.serve("/feed", BODY))
    with sqlite_database.write() as tx:
        (lease,) = feeds.claim_due(tx, utc_now(), 1, 60, NO_PACE)
    async with polling(sqlite_database, lease_seconds=60, clock=lambda: utc_now() + timedelta(seconds=50)) as poller:
        await poller._poll(lease)
    assert origin.requests == []


@asynccontextmanager
async def poller_process(url: str, lease_seconds: float = LEASE_SECONDS) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "tests.workers.poller_process", url, str(lease_seconds))
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def test_a_suspended_poller_is_replaced(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """R28: another takes over; what the first brings when it wakes up is not stored, and the floor is kept."""
    feed = add(sqlite_database, origin.serve("/feed", BODY, delay_seconds=0.2))
    async with poller_process(sqlite_url) as first:
        await origin.wait_for("/feed")
        first.send_signal(signal.SIGSTOP)
        async with polling(sqlite_database, policy=FLOOR, lease_seconds=LEASE_SECONDS) as second:
            await eventually(lambda: int(str(second.detail().get("polled_count", 0))) >= 2)
            first.send_signal(signal.SIGCONT)
            await origin.wait_for("/feed", count=5)
    times = [seen.at for seen in origin.requests_for("/feed")]
    assert min(later - earlier for earlier, later in pairwise(times)) >= FLOOR.floor_seconds / 2
    assert stored(sqlite_database, feed).error_count == 0


@pytest.mark.slow
async def test_of_three_pollers_one_may_sleep(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """R28: of three processes the one that leads is stopped for longer than its lease: no feed twice in a floor."""
    hosts = [f"paper{number}.localhost" for number in range(5)]
    for host in hosts:
        add(sqlite_database, origin.serve("/feed", BODY, host=host, delay_seconds=0.2))
    async with poller_process(sqlite_url) as first:
        await origin.wait_for("/feed")
        async with poller_process(sqlite_url), poller_process(sqlite_url):
            first.send_signal(signal.SIGSTOP)
            stopped_at = time.monotonic()
            for host in hosts:
                await eventually(lambda host=host: len(origin.requests_for("/feed", host)) >= 3)
            await eventually(lambda: time.monotonic() - stopped_at > 2 * LEASE_SECONDS)
            first.send_signal(signal.SIGCONT)
            for host in hosts:
                await eventually(lambda host=host: len(origin.requests_for("/feed", host)) >= 5)
    for host in hosts:
        times = [seen.at for seen in origin.requests_for("/feed", host)]
        assert min(later - earlier for earlier, later in pairwise(times)) >= FLOOR.floor_seconds / 2
    with sqlite_database.read() as tx:
        assert all(feed.error_count == 0 for feed in feeds.list_all(tx))


async def test_a_long_poll_keeps_its_short_lease(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """R28: the lease of a poll under way is renewed, so that another takes over soon from the dead and never before."""
    held = asyncio.Event()
    feed = add(sqlite_database, origin.serve("/feed", BODY, hold=held))
    second = Database.open(sqlite_url)
    async with polling(sqlite_database, policy=HOURLY, lease_seconds=4):
        await origin.wait_for("/feed")
        first_until = leased_until(sqlite_database, feed)
        async with polling(second, policy=HOURLY):
            await eventually(lambda: utc_now() > first_until + timedelta(seconds=1))
            assert leased_until(sqlite_database, feed) > first_until
            held.set()
            await eventually(lambda: stored(sqlite_database, feed).imported_at)
    second.close()
    assert len(origin.requests_for("/feed")) == 1


def leased_until(database: Database, feed: Feed) -> datetime:
    with database.read() as tx:
        until: datetime = tx.execute(select(feed_rows.c.lease_until).where(feed_rows.c.id == feed.id)).scalar_one()
    return until


def test_a_dead_pollers_feeds_are_free_within_half_a_minute() -> None:
    """R28: takeover within 60 seconds: the lease, and up to ten seconds until the host's slot."""
    assert POLLERS_LEASE_SECONDS + AHEAD.total_seconds() <= 60


async def test_a_killed_poller_keeps_the_floor(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """F4, F6: killed between answer and record: nothing is lost, and the next request still waits its time."""
    add(sqlite_database, origin.serve("/feed", BODY, headers=[("ETag", '"1"')], delay_seconds=0.2))
    async with poller_process(sqlite_url) as first:
        await origin.wait_for("/feed")
        first.kill()
    policy = PollPolicy(interval_seconds=4, floor_seconds=4, ceiling_seconds=60)
    async with polling(sqlite_database, policy=policy):
        await eventually(lambda: len(stored_entries(sqlite_database)) == 2)
    first_at, second_at = (seen.at for seen in origin.requests_for("/feed"))
    assert second_at - first_at >= 2
    assert origin.requests_for("/feed")[1].header("If-None-Match") is None


async def test_one_host_is_asked_gently(origin: Origin, sqlite_database: Database) -> None:
    """F17: the starts at one host keep their gap, at most two at once, and other hosts do not wait for it."""
    slow = [origin.serve(f"/{n}", BODY, host="busy.localhost", delay_seconds=3) for n in range(4)]
    for url in slow:
        add(sqlite_database, url)
    add(sqlite_database, origin.serve("/", BODY, host="calm.localhost"))
    policy = PollPolicy(interval_seconds=3600, floor_seconds=1800)
    async with polling(sqlite_database, policy=policy, pace=Pace(gap_seconds=2, concurrency=2)):
        await eventually(lambda: len(origin.requests) == 5)
    busy = sorted(seen.at for seen in origin.requests if seen.host == "busy.localhost")
    (calm,) = (seen.at for seen in origin.requests if seen.host == "calm.localhost")
    assert min(later - earlier for earlier, later in pairwise(busy)) >= 0.5
    assert busy[-1] - busy[0] >= 4
    assert origin.most_answering_count <= 3
    assert calm < busy[2]


async def test_retry_after_holds_for_the_host(origin: Origin, sqlite_database: Database) -> None:
    """F8: a 429 of one feed keeps its siblings quiet, too."""
    first = add(
        sqlite_database, origin.serve("/1", status=429, headers=[("Retry-After", "3600")], host="busy.localhost")
    )
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, first).error_count)
        add(sqlite_database, origin.serve("/2", BODY, host="busy.localhost"))
        add(sqlite_database, origin.serve("/", BODY, host="calm.localhost"))
        await origin.wait_for("/", count=3)
    assert origin.requests_for("/2") == []
    failed = stored(sqlite_database, first)
    assert failed.last_reason is Reason.HTTP_THROTTLED
    assert failed.next_poll_at is not None
    assert failed.next_poll_at > utc_now() + timedelta(minutes=59)


async def test_a_rest_without_end_is_a_week_and_is_noted(origin: Origin, sqlite_database: Database) -> None:
    """F8: who asks for thirty years of rest gets a week, and the owner can read of it."""
    feed = add(sqlite_database, origin.serve("/1", status=429, headers=[("Retry-After", "999999999")]))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).error_count)
    with sqlite_database.read() as tx:
        told = feed_events.recent(tx, 9)
    assert [(one.kind, one.detail) for one in told] == [(FeedEventKind.REST_CAPPED, "asked for 999999999 seconds")]
    next_at = stored(sqlite_database, feed).next_poll_at
    assert next_at is not None
    assert timedelta(days=6) < next_at - utc_now() < timedelta(days=8)


async def test_a_stop_lets_polls_end(origin: Origin, sqlite_database: Database) -> None:
    """A poll under way is still stored."""
    feed = add(sqlite_database, origin.serve("/feed", BODY, delay_seconds=0.3))
    async with polling(sqlite_database):
        await origin.wait_for("/feed")
    assert stored(sqlite_database, feed).imported_at
    assert len(stored_entries(sqlite_database)) == 2


async def test_a_stop_does_not_wait_for_ever(origin: Origin, sqlite_database: Database) -> None:
    """A server that never answers holds no process; the lease runs out by itself."""
    feed = add(sqlite_database, origin.serve("/feed", BODY, silent=True))
    async with asyncio.timeout(8):  # the request itself may take ten seconds
        async with polling(sqlite_database, grace_seconds=0.1):
            await origin.wait_for("/feed")
    assert stored(sqlite_database, feed).last_success_at is None


class Away(Database):
    """A store that does not answer while `is_away`."""

    is_away = False
    refused_count = 0

    async def run(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        if self.is_away:
            self.refused_count += 1
            raise StoreUnavailable("the database does not answer")
        return await super().run(fn, *args, **kwargs)


async def test_an_absent_store_is_waited_for(origin: Origin, sqlite_url: str) -> None:
    """R19: a poll that cannot be stored is tried again, claims wait, and nothing is lost."""
    database = Away.open(sqlite_url)
    assert isinstance(database, Away)
    feed = add(database, origin.serve("/feed", BODY, delay_seconds=0.2))
    async with polling(database, policy=PollPolicy(interval_seconds=3600)):
        await origin.wait_for("/feed")
        database.is_away = True
        await eventually(lambda: database.refused_count >= 2)
        database.is_away = False
        await eventually(lambda: stored(database, feed).imported_at)
    assert len(origin.requests_for("/feed")) == 1
    assert len(stored_entries(database)) == 2
    database.close()


async def test_idle_looks_are_cheap(sqlite_database: Database) -> None:
    """With nothing due the store is asked once a look, and once at the start."""

    class Counting(Away):
        asked_count = 0

        async def run(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
            self.asked_count += 1
            return await super().run(fn, *args, **kwargs)

    database = Counting.open(sqlite_database.url)
    assert isinstance(database, Counting)
    began = time.monotonic()
    async with polling(database, look_seconds=0.2):
        await eventually(lambda: database.asked_count >= 5)
    assert database.asked_count <= (time.monotonic() - began) / 0.2 + 3
    database.close()


async def test_pollers_of_two_processes_ask_each_feed_once(
    origin: Origin, sqlite_url: str, sqlite_database: Database
) -> None:
    """R28: two processes on one store, without anybody above them: every due feed is asked once, none twice."""
    hosts = [f"press{number}.localhost" for number in range(40)]
    for host in hosts:
        add(sqlite_database, origin.serve("/feed", BODY, host=host, delay_seconds=0.1), interval_seconds=3600)
    async with poller_process(sqlite_url, 120), poller_process(sqlite_url, 120):
        await eventually(lambda: all(feed.last_success_at for feed in all_feeds(sqlite_database)), 90)
    assert len(origin.requests_for("/feed")) == len(hosts)


def all_feeds(database: Database) -> list[Feed]:
    with database.read() as tx:
        return feeds.list_all(tx)
