"""Measure how many unchanged feeds a second the poller polls, against a bare aiohttp loop on the same origin.

In: nothing. Out: a row; ends with 1 below `GOAL`. Both ask conditionally, with as many requests at once, and get 304.
Trap: the bare loop keeps nothing: no leases, no schedule, no transactions; the ratio says what those cost.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import structlog

from benchmarks.feed_origin import ETAG, origin
from benchmarks.polled import CONCURRENCY, Timed, add_all, make_due, poll_all
from pipeline.store.database import Database

GOAL = 0.25
COUNT, QUICK_COUNT = 2000, 500
ROUNDS = 3  # the best of each counts: a neighbour can only make it slower


async def bare(urls: list[str]) -> Timed:
    """Ask all feeds with nothing but aiohttp."""
    waiting = iter(urls)

    async def ask(session: aiohttp.ClientSession) -> None:
        for url in waiting:
            async with session.get(url, headers={"If-None-Match": ETAG}) as response:
                await response.read()
                assert response.status == 304

    connector = aiohttp.TCPConnector(limit=CONCURRENCY)
    async with aiohttp.ClientSession(connector=connector) as session:
        began, began_cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(ask(session) for _ in range(CONCURRENCY)))
        return Timed(len(urls), time.perf_counter() - began, time.process_time() - began_cpu)


def main() -> int:
    """Measure both and print the row."""
    parser = argparse.ArgumentParser(description="Polls of unchanged feeds.")
    parser.add_argument("--quick", action="store_true", help="fewer feeds")
    count = QUICK_COUNT if parser.parse_args().quick else COUNT
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder, origin(entry_count=1) as port:
        urls = [f"http://127.0.0.1:{port}/feed/{number}" for number in range(count)]
        database = Database.open(f"sqlite:///{Path(folder) / 'storywatch.db'}")
        database.migrate()
        add_all(database, urls)
        asyncio.run(poll_all(database, port, count))
        ours, floor = [], []
        for _ in range(ROUNDS):
            make_due(database)
            ours.append(asyncio.run(poll_all(database, port, count)))
            floor.append(asyncio.run(bare(urls)))
        database.close()
    best, least = max(ours, key=lambda one: one.rate), max(floor, key=lambda one: one.rate)
    ratio = best.rate / least.rate
    by_processor = min(one.milliseconds for one in floor) / min(one.milliseconds for one in ours)
    print(
        f"| unchanged feeds polled a second ({best.milliseconds:.2f} ms of processor a feed) | {best.rate:.0f} "
        f"| a bare aiohttp loop ({least.milliseconds:.2f} ms) | {least.rate:.0f} "
        f"| {ratio:.2f} x ({by_processor:.2f} x by processor time) | at least {GOAL} x |"
    )
    return int(ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
