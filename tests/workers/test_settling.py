"""What a poller does after its start and after somebody set the clock."""

import asyncio
from datetime import UTC, datetime, timedelta

from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Bound
from pipeline.store import feeds
from pipeline.store.database import Database
from tests.feeds.documents import numbered
from tests.origin import Origin
from tests.workers.polling import add, polling, stored
from tests.workers.support import eventually
from workers.clock import JumpWatch, utc_now
from workers.settling import Settling

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
POLICY = PollPolicy(interval_seconds=3600)


class Clocks:
    """A wall clock that can be set, and one that cannot."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.set_by = 0.0

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.passed + self.set_by)

    def monotonic(self) -> float:
        return self.passed


def test_a_jump_is_told_from_time_that_passed() -> None:
    """R29: an hour that passes is none, an hour that is set is one, in either direction, and each is told once."""
    clocks = Clocks()
    watch = JumpWatch(clocks.wall, clocks.monotonic)
    found = []
    for passed, set_by in ((3600, 0), (0, 3600), (5, 0), (0, -3600), (0, 10 * 365 * 86_400)):
        clocks.passed += passed
        clocks.set_by += set_by
        found.append(round(watch.jumped_seconds()))
    assert found == [0, 3600, 0, -3600, 10 * 365 * 86_400]


async def test_after_a_jump_ahead_nothing_is_claimed_for_a_lease(sqlite_database: Database) -> None:
    """R29: what another process was asking when the clock jumped gets the time to end; then what is late is spread."""
    clocks, stop = Clocks(), asyncio.Event()
    watch = JumpWatch(clocks.wall, clocks.monotonic)
    settling = Settling(sqlite_database, POLICY, clocks.wall, 0.3, watch)
    with sqlite_database.write() as tx:
        ids = [feeds.add(tx, f"https://h{n}.example/", now=START + timedelta(minutes=30)).id for n in range(40)]
    loop = asyncio.get_running_loop()
    await settling.settle(stop)
    clocks.set_by = 3600
    began = loop.time()
    await settling.settle(stop)
    assert loop.time() - began >= 0.3
    with sqlite_database.read() as tx:
        late = [feeds.get(tx, feed_id) for feed_id in ids]
    assert {feed.bound for feed in late} == {Bound.SPREAD}
    assert len({feed.next_poll_at for feed in late}) == 40
    assert all(feed.next_poll_at and feed.next_poll_at >= clocks.wall() for feed in late)


async def test_a_jump_back_costs_no_wait(sqlite_database: Database) -> None:
    """R29: the clock that ran ahead is set right: what it wrote is mended, and work goes on at once."""
    clocks, stop = Clocks(), asyncio.Event()
    settling = Settling(sqlite_database, POLICY, clocks.wall, 3600, JumpWatch(clocks.wall, clocks.monotonic))
    with sqlite_database.write() as tx:
        feed = feeds.add(tx, "https://h.example/", now=START + timedelta(days=3650))
    clocks.set_by = -30
    async with asyncio.timeout(30):
        await settling.settle(stop)
    due_at = stored(sqlite_database, feed).next_poll_at
    assert due_at is not None
    assert due_at <= clocks.wall() + timedelta(seconds=1)


async def test_a_feed_in_flight_is_not_asked_again_when_the_clock_jumps(
    origin: Origin, sqlite_database: Database
) -> None:
    """R29: a lease survives an hour's jump: the poll under way ends, and one request is all there was."""
    held = asyncio.Event()
    feed = add(sqlite_database, origin.serve("/feed", numbered(1), hold=held))
    ahead = timedelta(0)
    async with polling(sqlite_database, policy=POLICY, lease_seconds=60, clock=lambda: utc_now() + ahead) as poller:
        await origin.wait_for("/feed")
        ahead = timedelta(hours=1)
        await asyncio.sleep(1)
        held.set()
        await eventually(lambda: poller.detail().get("polled_count"))
    assert len(origin.requests) == 1
    assert stored(sqlite_database, feed).last_success_at
