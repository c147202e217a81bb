"""How long the queue's page takes with 200,000 failures, against rq-dashboard's list of as many failed jobs.

In: nothing. Out: a table on standard output; ends with 1 if the page is slower than `LIMIT_SECONDS` or than half of
rq-dashboard's. Hides nothing. Trap: rq-dashboard's page is empty until a script has asked for its data, so what is
timed there is the data it shows first: the failed jobs of one queue, a page of them.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis import Redis
from starlette.types import ASGIApp

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.serving import bind, serve_on
from pipeline.model import EntryState, Reason
from pipeline.store import feeds, hosts
from pipeline.store.database import Database
from pipeline.store.tables import entries
from pipeline.store.types import key_of
from workers.embedded import prepare, wait_until_ready

FAILURES, HOSTS, ROUNDS, BATCH = 200_000, 400, 7, 5_000
LIMIT_SECONDS = 0.3
REASONS = (Reason.TIMED_OUT, Reason.HTTP_TEMPORARY, Reason.TLS_FAILED, Reason.HTTP_NOT_FOUND, Reason.NAME_UNKNOWN)
NOW = datetime.now(UTC)
Written = bytes | bytearray | memoryview | str | int | float  # what redis-py takes as a field or value


def fill_store(database: Database, count: int) -> None:
    """Store entries that failed: at many hosts, for some reasons, waiting or ended with the feed's text."""
    with database.write() as tx:
        feed_id = feeds.add(tx, "https://feeds.example/rss", now=NOW).id
        hosts.know(tx, {f"host{number}.example" for number in range(HOSTS)})
    for start in range(0, count, BATCH):
        with database.write() as tx:
            tx.execute(
                entries.insert(), [_entry(feed_id, number) for number in range(start, min(start + BATCH, count))]
            )


def _entry(feed_id: int, number: int) -> dict[str, object]:
    host, waits = f"host{number * 7 % HOSTS}.example", number % 3 > 0
    at = NOW - timedelta(seconds=number)
    plain = dict.fromkeys(("summary", "content", "author", "language", "guid", "published_raw"), "")
    return plain | {
        "feed_id": feed_id,
        "identity": f"id-{number}",
        "identity_key": key_of(f"id-{number}"),
        "url": f"https://{host}/{number}",
        "page_key": key_of(f"https://{host}/{number}"),
        "host": host,
        "title": f"The council of town {number} votes on the harbour",
        "first_seen_at": at,
        "state": EntryState.WAITING if waits else EntryState.DONE,
        "reason": REASONS[number % len(REASONS)],
        "error": "ConnectionTimeoutError: no answer within 30 s",
        "attempts": 2,
        "crashes": 0,
        "next_attempt_at": NOW + timedelta(hours=1),
        "token": 2,
        "finished_at": None if waits else at,
    }


def fill_queue(connection: Redis, count: int) -> None:
    """Write failed jobs as RQ does."""
    connection.sadd("rq:queues", "rq:queue:pages")
    when = NOW.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    job: dict[
        bytes | bytearray | memoryview | str | int | float, bytes | bytearray | memoryview | str | int | float
    ] = {
        "created_at": when,
        "enqueued_at": when,
        "ended_at": when,
        "origin": "pages",
        "status": "failed",
        "timeout": 80,
    }
    job |= {
        "data": json.dumps(["fetch_page", None, [1, 1], {}]),
        "description": "fetch_page(1, 1)",
        "exc_info": "Traceback",
    }
    for start in range(0, count, BATCH):
        with connection.pipeline(transaction=False) as many:
            for number in range(start, min(start + BATCH, count)):
                many.hset(f"rq:job:job-{number}", mapping=job)
                many.zadd("rq:failed:pages", {f"job-{number}": time.time() + 86_400 + number})
            many.execute()


@contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """Run a server of our own."""
    plan = prepare(folder)
    process = subprocess.Popen(plan.command)  # noqa: S603 - our own command
    try:
        wait_until_ready(plan.url)
        yield plan.url
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve the dashboard on a free port of this machine."""
    listener = bind("127.0.0.1", 0)
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve_on(app, listener, stop)))
    thread.start()
    try:
        yield origin
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)


def seconds_of(ask: Callable[[], object], rounds: int) -> float:
    """Give the median of some rounds, the first one left out."""
    taken = []
    for _ in range(rounds + 1):
        began = time.process_time()
        ask()
        taken.append(time.process_time() - began)
    return statistics.median(taken[1:])


def fetched(url: str) -> bytes:
    """Get an address of our own server."""
    with urllib.request.urlopen(url, timeout=300) as answer:  # noqa: S310 - loopback
        return bytes(answer.read())


def main() -> int:
    """Measure; see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the failures")
    count = FAILURES // 10 if parser.parse_args().quick else FAILURES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database.open(f"sqlite:///{folder / 'storywatch.db'}")
        database.migrate()
        fill_store(database, count)
        with valkey(folder / "data") as url:
            fill_queue(Redis.from_url(url), count)
            with serving(create_app(database, WebSettings(), queue_url=url)) as origin:
                page = fetched(f"{origin}/queue")
                ours = seconds_of(lambda: fetched(f"{origin}/queue"), ROUNDS)
                listed = f"{origin}/rq/0/data/jobs/pages/failed/8/dsc/1.json"
                theirs = seconds_of(lambda: fetched(listed), 3)
        database.close()
    assert b"What failed, by host and cause" in page
    print("| what | ours | against | theirs | ratio | target |")
    print("|---|---|---|---|---|---|")
    limit = f"{LIMIT_SECONDS * 1000:.0f} ms"
    share = f"{ours / LIMIT_SECONDS:.2f}"
    beside = f"a limit (rq-dashboard, eight jobs of as many: {theirs * 1000:.0f} ms)"
    print(f"| queue page, {count:,} failures | {ours * 1000:.0f} ms | {beside} | {limit} | {share} | at most 1 |")
    return int(ours > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
