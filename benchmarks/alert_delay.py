"""Seconds from an entry first seen to its alert handed to a webhook, at half of the load that this machine carries.

First a crowd of entries at once shows how many a second are fetched, extracted, grouped, matched, stored and sent; then
entries come at half that pace. Dispatcher, page worker and delivery worker are the product's, in one process, with an
embedded Valkey and SQLite; the origin and the receiver are one local server. Ends with 1 beyond the goal.
Run: `python -m benchmarks.alert_delay [--quick]`.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog

from benchmarks.faults.words import SYLLABLES
from config.settings import FetchSettings, Settings, WorkerSettings
from pipeline.alerts.channels import WebhookTarget
from pipeline.articles import Extractor
from pipeline.model import DeliveryState, Entry, Pace, ParsedFeed, PollResult, Validators
from pipeline.store import delays, deliveries, feeds, polls, subscriptions
from pipeline.store.database import Database
from pipeline.transport import Policy, Transport
from workers.clock import utc_now
from workers.concurrent import ConcurrentWorker
from workers.current_index import CurrentIndex
from workers.delivery_job import DeliveryJobs
from workers.dispatcher import Dispatcher
from workers.embedded import prepare
from workers.lanes import delivery_lane, page_lane
from workers.limits import delivery_timeout_seconds
from workers.page_job import PageJobs
from workers.queue import DELIVERIES, PAGES, WorkQueue
from workers.server import connect, wait_until_ready
from workers.supervisor import ProcessSpec, Supervisor

CROWD, QUICK_CROWD = 400, 60
SECONDS, QUICK_SECONDS = 40.0, 6.0
GOAL_SECONDS = 2.0
WORDS_OF_A_PAGE = 400
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of a receiver that lives for a minute
LOCAL = ("127.0.0.0/8",)
FREE = Pace(gap_seconds=0.0, concurrency=1_000)
SETTINGS = Settings(
    fetch=FetchSettings(host_gap_seconds=0, host_concurrency=32, allow_private=LOCAL),
    worker=WorkerSettings(extractors=2),
)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b"


def title(number: int) -> str:
    """Give a headline that shares one word with the others."""
    return " ".join(["Lock", *_words(number)[:4]])


def page(number: int) -> bytes:
    """Write a page of a story of its own; digits are no words to the product, so its words are made of syllables."""
    words = _words(number)
    paragraphs = "".join(f"<p>The lock {' '.join(words[at : at + 40])}.</p>" for at in range(0, len(words), 40))
    said = title(number)
    text = f"<!doctype html><html lang=en><title>{said}</title><article><h1>{said}</h1>{paragraphs}"
    return text.encode()


def _words(number: int) -> list[str]:
    chance = random.Random(number)
    return ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(WORDS_OF_A_PAGE)]


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Give pages, and take what is posted."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode()
            length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            body = page(int(path.rpartition("/")[2])) if path.startswith("/page/") else b""
            writer.write(OK % (len(body), body))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def show(database: Database, base: str, numbers: Iterable[int]) -> None:
    """Let a feed of its own show these pages now."""
    now = utc_now()
    shown = tuple(Entry(f"id-{n}", f"{base}/page/{n}", title(n), published_at=now) for n in numbers)
    with database.write() as tx:
        feed = feeds.add(tx, f"{base}/feed/{shown[0].identity}", now=now)
        lease = feeds.claim_new(tx, feed, now, 60)
        assert lease is not None
        parsed = ParsedFeed("Outlet", "", "en", shown, "rss20")
        polls.record_poll(tx, lease, PollResult(now, now + timedelta(days=1), Validators(), 200, parsed), 24, now)


@asynccontextmanager
async def working(database: Database, base: str, queue_url: str, folder: Path) -> AsyncIterator[None]:
    """Run the three processes' loops inside the block."""
    queues = WorkQueue(PAGES, connect(queue_url)), WorkQueue(DELIVERIES, connect(queue_url))
    extractor, stop = Extractor(SETTINGS.worker.extractors, 20, 1024), asyncio.Event()
    async with Transport(Policy(20, frozenset(), LOCAL, "Storywatch/benchmark")) as transport:
        pages = PageJobs(database, transport, extractor, CurrentIndex(database), SETTINGS, holder="pages")
        target = {"hook": WebhookTarget(f"{base}/hook", SECRET)}
        seconds = delivery_timeout_seconds(SETTINGS)
        sending = DeliveryJobs(
            database, transport, target, SETTINGS.delivery, folder, holder="sending", timeout_seconds=seconds
        )
        lanes = page_lane(queues[0], SETTINGS), delivery_lane(queues[1], SETTINGS)
        loops = [
            Dispatcher(database, *lanes).run(stop),
            ConcurrentWorker(queues[0], pages.functions, SETTINGS.worker.concurrency, name="pages").run(stop),
            ConcurrentWorker(queues[1], sending.functions, SETTINGS.delivery.concurrency, name="sending").run(stop),
        ]
        running = [asyncio.create_task(loop) for loop in loops]
        yield
        stop.set()
        await asyncio.gather(*running)
    await extractor.close()


async def sent(database: Database, count: int) -> None:
    """Wait until so many alerts were handed over."""
    found = 0
    while found < count:
        found = (await database.look(deliveries.count_by_state))[DeliveryState.SENT]
        await asyncio.sleep(0.1)


async def measure(folder: Path, crowd: int, seconds: float) -> tuple[float, list[delays.Delay]]:
    """Give how many alerts a second a crowd made, and the delays at half of it."""
    database = Database.open(f"sqlite:///{folder / 'storywatch.db'}")
    database.migrate()
    with database.write() as tx:
        subscriptions.add(tx, "locks", "lock", ["hook"], utc_now())
    plan = prepare(folder)
    supervisor, stop = Supervisor([ProcessSpec("valkey", plan.command)]), asyncio.Event()
    valkey = asyncio.create_task(supervisor.run(stop))
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.to_thread(wait_until_ready, plan.url)
    async with working(database, base, plan.url, folder):
        show(database, base, [1])
        await sent(database, 1)  # the extractors have started
        began = time.monotonic()
        show(database, base, range(2, crowd + 2))
        await sent(database, crowd + 1)
        pace = crowd / (time.monotonic() - began)
        count = await _steadily(database, base, crowd + 2, pace / 2, seconds)
        await sent(database, crowd + 1 + count)
    found = await database.look(delays.ways, count)
    server.close()
    stop.set()
    await valkey
    database.close()
    return pace, delays.by_stage(found)


async def _steadily(database: Database, base: str, first: int, pace: float, seconds: float) -> int:
    """Show entries at a pace, a handful every quarter of a second; gives how many."""
    began, shown = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        due = int(passed * pace) - shown
        if due > 0:
            await asyncio.to_thread(show, database, base, range(first + shown, first + shown + due))
            shown += due
        await asyncio.sleep(0.25)
    return shown


def main() -> int:
    """Measure and print; give the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.alert_delay")
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        sizes = (QUICK_CROWD, QUICK_SECONDS) if quick else (CROWD, SECONDS)
        pace, found = asyncio.run(measure(Path(folder), *sizes))
    for delay in found:
        sys.stderr.write(f"{delay.name}: {delay.count} alerts, p50 {delay.p50:.2f} s, p95 {delay.p95:.2f} s\n")
    p95 = next(delay.p95 for delay in found if delay.name == delays.TOTAL)
    what = f"seconds from entry seen to alert handed over, p95, at {pace / 2:.0f} of {pace:.0f} a second"
    print(f"| {what} | {p95:.2f} | the goal | {GOAL_SECONDS:g} | {p95:.2f} | at most {GOAL_SECONDS:g} |")
    return 0 if p95 <= GOAL_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
