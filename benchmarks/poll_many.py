"""Keep 10,000 feeds polled in their interval with one poller, and show its lag and its memory.

In: nothing. Out: a row; ends with 1 if a feed waits longer than a twentieth of the interval for its turn. The interval
is shortened, so that a day fits into minutes: 10,000 feeds every 120 s are 83 polls a second, as many as 300,000 feeds
once an hour. They begin spread over the interval, as jitter has spread them after some days. Trap: the first round
imports, which is dearer than what follows; it is not measured.
"""

import argparse
import asyncio
import logging
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection, func, select

from benchmarks.feed_origin import origin
from benchmarks.polled import CONCURRENCY, add_all
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Pace
from pipeline.store.database import Database
from pipeline.store.tables import feeds as feed_rows
from pipeline.transport import Policy, Transport
from workers.poller import Poller

COUNT, QUICK_COUNT = 10_000, 1000
INTERVAL_SECONDS = 120.0
SHARE = 1 / 20
ROUNDS = 1.5


def longest_wait(tx: Connection) -> float:
    """Give how long the longest due feed has waited, in seconds."""
    oldest = select(func.min(feed_rows.c.next_poll_at)).where(feed_rows.c.lease_until.is_(None))
    due_at: datetime = tx.execute(oldest).scalar_one()
    return max(0.0, (datetime.now(UTC) - due_at).total_seconds())


async def measure(database: Database, port: int, count: int) -> tuple[list[float], float, float]:
    """Poll for a round and a half after the import; gives the lags of each second, polls a second and CPU ms a poll."""
    stop = asyncio.Event()
    policy = PollPolicy(interval_seconds=INTERVAL_SECONDS, floor_seconds=INTERVAL_SECONDS / 2)
    allowed = Policy(30, frozenset({port}), ("127.0.0.0/8",), "Storywatch/benchmark (+https://contact.example)")
    async with Transport(allowed) as transport:
        pace = Pace(gap_seconds=0, concurrency=CONCURRENCY)
        poller = Poller(database, transport, policy, pace, concurrency=CONCURRENCY, look_seconds=0.2)
        running = asyncio.create_task(poller.run(stop))

        def polled() -> int:
            return int(str(poller.detail().get("polled_count", 0)))

        while polled() < count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.5)
        await asyncio.sleep(INTERVAL_SECONDS)  # what was late in the import comes to its place
        began, began_cpu, before = time.perf_counter(), time.process_time(), polled()
        lags = []
        while time.perf_counter() - began < ROUNDS * INTERVAL_SECONDS:
            await asyncio.sleep(1)
            lags.append(await database.look(longest_wait))
        done = polled() - before
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        stop.set()
        await running
    return lags, done / seconds, 1000 * cpu_seconds / done


def main() -> int:
    """Measure and print the row."""
    parser = argparse.ArgumentParser(description="Many feeds, polled in their interval.")
    parser.add_argument("--quick", action="store_true", help="fewer feeds")
    count = QUICK_COUNT if parser.parse_args().quick else COUNT
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder, origin(entry_count=1) as port:
        database = Database.open(f"sqlite:///{Path(folder) / 'storywatch.db'}")
        database.migrate()
        add_all(database, [f"http://127.0.0.1:{port}/feed/{number}" for number in range(count)], INTERVAL_SECONDS)
        lags, rate, milliseconds = asyncio.run(measure(database, port, count))
        database.close()
    lag, megabytes = max(lags), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    allowed = SHARE * INTERVAL_SECONDS
    print(
        f"| {count} feeds every {INTERVAL_SECONDS:.0f} s, {rate:.0f} polls/s ({milliseconds:.2f} ms of processor "
        f"a poll, {megabytes:.0f} MB): longest wait for a turn, s | {lag:.1f} | a twentieth of the interval "
        f"| {allowed:.0f} | {lag / allowed:.2f} x | at most 1 x |"
    )
    return int(lag > allowed)


if __name__ == "__main__":
    sys.exit(main())
