"""Let two pollers in processes of their own share unchanged feeds, and compare with one alone.

In: optionally the URL of an empty store; SQLite in a temporary folder without. Out: a row; ends with 1 if a feed was
polled twice or one of the two had less than a quarter of the work. Trap: on two cores the origin and two pollers are
three, so what two do together says little of a larger machine; that each takes its part and none a part twice says all.
Feeds are made due only when both pollers look, since a poller spreads what is long overdue when it starts.
"""

import argparse
import asyncio
import logging
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import structlog
from sqlalchemy import func, select

from benchmarks.feed_origin import origin
from benchmarks.polled import CONCURRENCY, LOOK_SECONDS, POLICY, add_all, make_due, poll_all
from pipeline.model import Pace
from pipeline.store.database import Database
from pipeline.store.tables import feeds as feed_rows
from pipeline.transport import Policy, Transport
from workers.poller import Poller

LEAST_SHARE = 0.25
COUNT, QUICK_COUNT = 4000, 1000
LIMIT_SECONDS = 600.0
SETTLING_SECONDS = 1.0  # what a poller does at its start is done by then
ROUNDS = 2  # the import, and one of answers without news


async def _poll(done: Connection, url: str, port: int, feed_count: int) -> tuple[int, float]:
    """Poll until all feeds are polled, by whomever; gives how many by this process, and its processor seconds."""
    database, stop = Database.open(url), asyncio.Event()
    policy = Policy(30, frozenset({port}), ("127.0.0.0/8",), "Storywatch/benchmark (+https://contact.example)")
    began_cpu = time.process_time()
    async with Transport(policy) as transport, asyncio.timeout(LIMIT_SECONDS):
        pace = Pace(gap_seconds=0, concurrency=2 * CONCURRENCY)
        poller = Poller(database, transport, POLICY, pace, concurrency=CONCURRENCY, look_seconds=LOOK_SECONDS)
        running = asyncio.create_task(poller.run(stop))
        await asyncio.sleep(SETTLING_SECONDS)
        done.send("ready")
        while _polled(database) < ROUNDS * feed_count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)
        stop.set()
        await running
    database.close()
    return int(str(poller.detail().get("polled_count", 0))), time.process_time() - began_cpu


def _polled(database: Database) -> int:
    with database.read() as tx:
        return int(tx.execute(select(func.coalesce(func.sum(feed_rows.c.poll_count), 0))).scalar_one())


def _run(done: Connection, url: str, port: int, feed_count: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    done.send(asyncio.run(_poll(done, url, port, feed_count)))


def together(database: Database, port: int, feed_count: int) -> tuple[list[tuple[int, float]], float]:
    """Let two processes poll; gives what each did, and the seconds of both."""
    context, url = multiprocessing.get_context("spawn"), database.url
    pipes = [context.Pipe() for _ in range(2)]
    processes = [context.Process(target=_run, args=(theirs, url, port, feed_count)) for _, theirs in pipes]
    for process in processes:
        process.start()
    for ours, _ in pipes:
        ours.recv()
    began = time.perf_counter()
    make_due(database)
    shares = [ours.recv() for ours, _ in pipes]
    for process in processes:
        process.join()
    return shares, time.perf_counter() - began


def measure(url: str, feed_count: int) -> int:
    """Measure and print the row."""
    with origin(entry_count=1) as port:
        database = Database.open(url)
        database.migrate()
        add_all(database, [f"http://127.0.0.1:{port}/feed/{number}" for number in range(feed_count)])
        asyncio.run(poll_all(database, port, feed_count))
        shares, seconds = together(database, port, feed_count)
        with database.read() as tx:
            most = tx.execute(select(func.max(feed_rows.c.poll_count))).scalar_one()
        database.close()
    counts = [count for count, _ in shares]
    share, milliseconds = min(counts) / sum(counts), 1000 * sum(cpu for _, cpu in shares) / feed_count
    print(
        f"| {feed_count} feeds shared by two pollers, {counts[0]} and {counts[1]} ({milliseconds:.2f} ms of processor "
        f"a feed with both starts, {feed_count / seconds:.0f} a second): polls of the feed polled most | {most} "
        f"| each once | {ROUNDS} | the smaller share {share:.2f} | at least {LEAST_SHARE} |"
    )
    return int(most > ROUNDS or sum(counts) != feed_count or share < LEAST_SHARE)


def main() -> int:
    """Measure on the store that is named, or on SQLite."""
    parser = argparse.ArgumentParser(description="Feeds shared by two pollers.")
    parser.add_argument("--quick", action="store_true", help="fewer feeds")
    parser.add_argument("--store", help="URL of an empty database")
    arguments = parser.parse_args()
    count = QUICK_COUNT if arguments.quick else COUNT
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        return measure(arguments.store or f"sqlite:///{Path(folder) / 'storywatch.db'}", count)


if __name__ == "__main__":
    sys.exit(main())
