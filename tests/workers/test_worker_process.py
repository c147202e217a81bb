"""Workers as processes, stopped and killed in mid-run; the store and the queue are real."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline.model import EntryState
from pipeline.store import feeds
from pipeline.store.database import Database
from tests.store.making import document, entry, lease_of, polled
from tests.workers.support import eventually
from tests.workers.test_dispatcher import FAST, states
from workers.clock import utc_now
from workers.dispatcher import Dispatcher
from workers.lanes import delivery_lane, page_lane
from workers.queue import DELIVERIES, PAGES, WorkQueue
from workers.server import connect

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 120  #: for a process to end; its own grace is a minute


StartWorker = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(sqlite_url: str, valkey_url: str) -> Iterator[StartWorker]:
    """Give a starter of workers on this test's store and queue; those that live at the end are killed."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.workers.worker_process", valkey_url, sqlite_url]
        started.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))  # noqa: S603 - the module beside this one
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


def seed(database: Database, count: int) -> None:
    now = utc_now()
    with database.write() as tx:
        lease = lease_of(tx, now=now)
        shown = document(*(entry(number, host=f"h{number % 20}.example") for number in range(count)))
        feeds.record_poll(tx, lease, polled(shown, attempted_at=now, next_poll_at=now), 24, now)


@asynccontextmanager
async def dispatching(database: Database, queue_url: str) -> AsyncIterator[Dispatcher]:
    stop = asyncio.Event()
    connection = connect(queue_url)
    pages = page_lane(WorkQueue(PAGES, connection), FAST)
    made = Dispatcher(database, pages, delivery_lane(WorkQueue(DELIVERIES, connection), FAST), sweep_seconds=0.5)
    run = asyncio.create_task(made.run(stop))
    try:
        yield made
    finally:
        stop.set()
        await run
        connection.close()


def is_caught_at_work(worker: subprocess.Popen[bytes], database: Database) -> bool:
    """Suspend the worker; it goes on unless it holds rows."""
    worker.send_signal(signal.SIGSTOP)
    held = states(database)[EntryState.FETCHING]
    if not held:
        worker.send_signal(signal.SIGCONT)
    return held > 0


@pytest.mark.slow
async def test_sigterm_under_load_loses_nothing(
    sqlite_database: Database, valkey_url: str, start_worker: StartWorker
) -> None:
    """R13: workers stopped again and again in mid-run exit with 0 within their grace, and every entry is done once."""
    seed(sqlite_database, 150)
    async with dispatching(sqlite_database, valkey_url):
        for goal in (20, 70, 150):
            worker = start_worker()
            await eventually(lambda: states(sqlite_database)[EntryState.DONE] >= goal)  # noqa: B023 - awaited here
            worker.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(worker.wait, WAIT_SECONDS) == 0
            assert not states(sqlite_database)[EntryState.FETCHING]
    assert states(sqlite_database) == {EntryState.DONE: 150}


@pytest.mark.slow
async def test_a_killed_worker_loses_nothing(
    sqlite_database: Database, valkey_url: str, start_worker: StartWorker
) -> None:
    """R6, R8: after kill -9 what the worker held is done by another, by the silence of its heart."""
    seed(sqlite_database, 200)
    async with dispatching(sqlite_database, valkey_url):
        victim = start_worker()
        await eventually(lambda: states(sqlite_database)[EntryState.DONE] > 20)
        await eventually(lambda: is_caught_at_work(victim, sqlite_database))
        victim.kill()
        await asyncio.to_thread(victim.wait, WAIT_SECONDS)
        heir = start_worker()
        await eventually(lambda: states(sqlite_database) == {EntryState.DONE: 200}, 180)
        heir.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(heir.wait, WAIT_SECONDS) == 0
