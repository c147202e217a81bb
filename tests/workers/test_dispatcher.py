"""Releasing and sweeping, against a real store and a real queue."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from redis import Redis

from config.settings import FetchSettings, QueueSettings, Settings
from pipeline.errors import QueueUnavailable, Unusable
from pipeline.model import EntryState, Reason
from pipeline.store import entries, pauses, processes
from pipeline.store.database import Database
from tests.store.making import NO_PACE, NOW, after, entry, show
from tests.valkey_fixtures import RunningValkey
from tests.workers.support import eventually, working
from workers.dispatcher import Dispatcher
from workers.lanes import QUARANTINE_PAGE, delivery_lane, page_lane
from workers.queue import DELIVERIES, PAGES, Places, WorkQueue
from workers.sweeper import CRASH_LIMIT, DEAD_SECONDS, HANDED_LIMIT, QUEUED_SECONDS, lost

FAST = Settings(fetch=FetchSettings(host_gap_seconds=0, host_concurrency=32), queue=QueueSettings(high_water=50))
NOWHERE = Places(*[frozenset[str]()] * 5)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def dispatcher(database: Database, connection: "Redis", clock: Callable[[], datetime], **kwargs: float) -> Dispatcher:
    pages = page_lane(WorkQueue(PAGES, connection), FAST)
    deliveries = delivery_lane(WorkQueue(DELIVERIES, connection), FAST)
    return Dispatcher(database, pages, deliveries, clock=clock, **kwargs)


def seed(database: Database, count: int, hosts: int = 10) -> None:
    with database.write() as tx:
        show(tx, *(entry(number, host=f"h{number % hosts}.example") for number in range(1, count + 1)))


def states(database: Database) -> Counter[EntryState]:
    with database.read() as tx:
        return Counter({state: count for state, count in entries.count_by_state(tx).items() if count})


def test_only_rows_without_a_living_job_are_lost() -> None:
    """R1: a job on the list, running, scheduled or just taken keeps its row; one taken a sweep ago does not."""
    names = ("queued", "taken", "stuck", "started", "silent", "scheduled", "gone")
    rows = [(number, 1, name) for number, name in enumerate(names)]
    places = Places(
        queued=frozenset({"queued"}),
        taken=frozenset({"taken", "stuck"}),
        started=frozenset({"started", "silent"}),
        silent=frozenset({"silent"}),
        scheduled=frozenset({"scheduled"}),
    )
    assert lost(rows, places, {"stuck", "queued"}) == [(2, 1), (4, 1), (6, 1)]
    assert lost(rows, NOWHERE, ()) == [(number, 1) for number in range(len(names))]


async def test_release_keeps_the_high_water(sqlite_database: Database, valkey: Redis, clock: Clock) -> None:
    """R18: the queue holds no more than the mark; the rest waits in the store."""
    seed(sqlite_database, 120)
    made = dispatcher(sqlite_database, valkey, clock)
    lane = page_lane(WorkQueue(PAGES, valkey), FAST)
    assert await made.release(lane) == 50
    assert await made.release(lane) == 0
    assert states(sqlite_database) == {EntryState.QUEUED: 50, EntryState.WAITING: 70}
    assert WorkQueue(PAGES, valkey).depth() == 50


async def test_a_paused_stage_releases_nothing(sqlite_database: Database, valkey: Redis, clock: Clock) -> None:
    """What waits at a paused stage goes on waiting, and is released when somebody resumes it."""
    seed(sqlite_database, 5)
    paused = dispatcher(sqlite_database, valkey, clock)
    lane = page_lane(WorkQueue(PAGES, valkey), FAST)
    with sqlite_database.write() as tx:
        pauses.set_paused(tx, PAGES, paused=True)
    assert await paused.release(lane) == 0
    assert states(sqlite_database) == {EntryState.WAITING: 5}
    with sqlite_database.write() as tx:
        pauses.set_paused(tx, PAGES, paused=False)
    assert await paused.release(lane) == 5


async def test_release_gives_back_when_the_queue_fails(
    sqlite_database: Database, new_valkey: Callable[[], RunningValkey], clock: Clock
) -> None:
    """R14: rows whose jobs could not be queued wait again at once."""
    server = new_valkey()
    connection = server.client
    seed(sqlite_database, 5)
    made = dispatcher(sqlite_database, connection, clock)
    lane = page_lane(WorkQueue(PAGES, connection), FAST)
    connection.config_set("maxmemory", "1mb")
    with pytest.raises(QueueUnavailable):
        await made.release(lane)
    assert states(sqlite_database) == {EntryState.WAITING: 5}


async def test_sweep_returns_rows_whose_jobs_are_gone(database: Database, valkey: Redis, clock: Clock) -> None:
    """R1: after FLUSHALL every queued row waits again, ten seconds later; a living job's row does not."""
    seed(database, 8)
    made = dispatcher(database, valkey, clock)
    lane = page_lane(WorkQueue(PAGES, valkey), FAST)
    assert await made.release(lane) == 8
    clock.pass_(QUEUED_SECONDS + 1)
    await made.sweeper.sweep()
    assert states(database) == {EntryState.QUEUED: 8}
    valkey.flushall()
    await made.sweeper.sweep()
    assert states(database) == {EntryState.WAITING: 8}


async def test_sweep_returns_rows_of_silent_processes(database: Database, valkey: Redis, clock: Clock) -> None:
    """R6, R15: what a process held that no longer beats waits again, long before its lease is over."""
    seed(database, 2)
    made = dispatcher(database, valkey, clock)
    await made.release(page_lane(WorkQueue(PAGES, valkey), FAST))
    with database.write() as tx:
        for name in ("silent", "alive"):
            processes.beat(tx, name, "worker", 1, clock(), {})
        rows = [(job.id, job.token) for job in _queued(database)]
        for (entry_id, token), holder in zip(rows, ("silent", "alive"), strict=True):
            assert entries.start(tx, entry_id, token, holder, clock(), 600, NO_PACE)
    clock.pass_(DEAD_SECONDS + 1)
    with database.write() as tx:
        processes.beat(tx, "alive", "worker", 1, clock(), {})
    await made.sweeper.sweep()
    assert states(database) == {EntryState.WAITING: 1, EntryState.FETCHING: 1}


def _queued(database: Database) -> list["Job"]:
    with database.read() as tx:
        return [Job(*row) for row in entries.queued_jobs(tx, NOW + timedelta(days=1), 1000)]


class Job:
    """A row on the queue."""

    def __init__(self, row_id: int, token: int, job_id: str) -> None:
        self.id, self.token, self.job_id = row_id, token, job_id


async def test_a_row_that_crashes_workers_is_quarantined(
    sqlite_database: Database, valkey: Redis, clock: Clock
) -> None:
    """R11: three lost workers, and the entry goes to be quarantined; if even that fails, it ends so all the same."""
    seed(sqlite_database, 1)
    queue = WorkQueue(PAGES, valkey)
    made = dispatcher(sqlite_database, valkey, clock)
    for _ in range(CRASH_LIMIT):
        await made.release(page_lane(queue, FAST))
        [job] = _queued(sqlite_database)
        with sqlite_database.write() as tx:
            assert entries.start(tx, job.id, job.token, "worker", clock(), 1, NO_PACE)
        valkey.flushall()
        clock.pass_(2)
        await made.sweeper.sweep()
    [job_id] = queue.places().queued
    assert valkey.hget(f"rq:job:{job_id}", "description").startswith(QUARANTINE_PAGE.encode())
    for _ in range(HANDED_LIMIT):
        clock.pass_(entries.QUARANTINE_SECONDS + 1)
        await made.sweeper.sweep()
    assert states(sqlite_database) == {EntryState.QUARANTINED: 1}


@pytest.mark.parametrize(("fault", "count"), [("none", 200), ("flush", 500), ("kill", 200)])
async def test_nothing_is_lost(
    sqlite_database: Database, new_valkey: Callable[[], RunningValkey], fault: str, count: int
) -> None:
    """R1, R14: all entries end, whatever happens to the queue in mid-run, and none ends twice."""
    server = new_valkey()
    seed(sqlite_database, count, hosts=25)
    ended: Counter[int] = Counter()

    async def fetch(entry_id: int, token: int) -> None:
        clock = dispatcher_clock()
        task = await sqlite_database.run(entries.start, entry_id, token, "worker", clock, 3600, NO_PACE)
        if task is None:
            return
        await asyncio.sleep(0.05)
        ended[entry_id] += await sqlite_database.run(
            entries.finish, entry_id, token, EntryState.DONE, None, dispatcher_clock()
        )

    def dispatcher_clock() -> datetime:
        # Ten times as fast, so that the sweeper's ten seconds pass in one.
        return NOW + timedelta(seconds=10 * (asyncio.get_running_loop().time() - began))

    began = asyncio.get_running_loop().time()
    with sqlite_database.write() as tx:  # the worker's heart beats through all of it, however slow the machine is
        processes.beat(tx, "worker", "worker", 1, NOW + timedelta(hours=1), {})
    stop = asyncio.Event()
    made = dispatcher(sqlite_database, server.client, dispatcher_clock, sweep_seconds=0.3)
    run = asyncio.create_task(made.run(stop))
    async with working(server.url, {"fetch_page": fetch}, concurrency=32):
        await eventually(lambda: len(ended) > 100)
        if fault == "flush":
            server.client.flushall()
        if fault == "kill":
            server.kill()
            await asyncio.sleep(0.5)
            server.start()
        await eventually(lambda: states(sqlite_database) == {EntryState.DONE: count})
        stop.set()
        await run
    assert set(ended.values()) == {1}


async def test_a_dispatcher_refuses_a_server_that_evicts(
    sqlite_database: Database, valkey: Redis, clock: Clock
) -> None:
    """R17: nor does the dispatcher put anything on it."""
    valkey.config_set("maxmemory-policy", "volatile-ttl")
    try:
        with pytest.raises(Unusable, match="noeviction"):
            await dispatcher(sqlite_database, valkey, clock).run(asyncio.Event())
    finally:
        valkey.config_set("maxmemory-policy", "noeviction")


async def test_a_stale_copy_writes_nothing(database: Database, valkey: Redis, clock: Clock) -> None:
    """R6: of two copies of a job, the one whose row was returned in between changes nothing."""
    seed(database, 1)
    made = dispatcher(database, valkey, clock)
    lane = page_lane(WorkQueue(PAGES, valkey), FAST)
    await made.release(lane)
    [old] = _queued(database)
    with database.write() as tx:
        assert entries.start(tx, old.id, old.token, "slow", clock(), 1, NO_PACE)
    clock.pass_(2)
    await made.sweeper.sweep()
    await made.release(lane)
    [fresh] = _queued(database)
    with database.write() as tx:
        assert entries.start(tx, fresh.id, fresh.token, "quick", clock(), 60, NO_PACE)
        assert not entries.finish(tx, old.id, old.token, EntryState.DROPPED, Reason.NO_TEXT, clock())
        assert not entries.put_back(tx, old.id, old.token, clock(), clock(), Reason.TIMED_OUT, "")
        assert entries.start(tx, old.id, old.token, "slow", clock(), 60, NO_PACE) is None
    assert states(database) == {EntryState.FETCHING: 1}


def test_pages_wait_while_every_poller_finds_no_way_out(sqlite_database: Database, valkey: Redis) -> None:
    """An outage of our own uses up no page's tries; a poller that is gone or gets through holds nothing back."""
    lane = page_lane(WorkQueue(PAGES, valkey), FAST)
    away = {"network_away_since": "2026-03-01T12:00:00+00:00"}
    with sqlite_database.write() as tx:
        show(tx, entry(1))
        processes.beat(tx, "poller-a", "poller", 1, NOW, away)
        assert lane.release(tx, NOW, 9) == []
        processes.beat(tx, "poller-b", "poller", 2, NOW, {"running": 3})
        assert len(lane.release(tx, NOW, 9)) == 1
        show(tx, entry(2), url="https://other.example/rss")
        processes.beat(tx, "poller-b", "poller", 2, NOW, away)
        assert lane.release(tx, after(29), 9) == []
        assert len(lane.release(tx, after(31), 9)) == 1
