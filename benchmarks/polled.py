"""Poll feeds once with the real poller and a real store, and time it: shared by the benchmarks of the poller.

In: addresses, a store. Out: seconds, and milliseconds of processor a feed. Trap: politeness towards the one local
origin is switched off, everything else is as in an installation: leases, transport, parser, transactions on disk.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Pace
from pipeline.store import feeds
from pipeline.store.database import Database
from pipeline.store.tables import feeds as feed_rows
from pipeline.transport import Policy, Transport
from workers.garbage import spare_the_old
from workers.poller import Poller

CONCURRENCY = 64
EVER_HOURS = 1_000_000  # nothing is too old to be taken
POLICY = PollPolicy(interval_seconds=86_400, floor_seconds=1, ceiling_seconds=86_400, adaptive=True)
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Timed:
    """What a round of polls took."""

    feed_count: int
    seconds: float
    cpu_seconds: float  #: of the poller's process, all threads

    @property
    def rate(self) -> float:
        """Feeds a second."""
        return self.feed_count / self.seconds

    @property
    def milliseconds(self) -> float:
        """Processor time a feed."""
        return 1000 * self.cpu_seconds / self.feed_count


def add_all(database: Database, urls: Sequence[str], within_seconds: float = 0) -> None:
    """Store feeds that are due at once, or one after the other within so many seconds."""
    now, step = datetime.now(UTC), timedelta(seconds=within_seconds / max(1, len(urls)))
    with database.write() as tx:
        for place, url in enumerate(urls):
            feeds.add(tx, url, now=now, first_poll_at=now + place * step)


def make_due(database: Database) -> None:
    """Let every feed be due again; a moment ago only, since a poller spreads what is long overdue when it starts."""
    now = datetime.now(UTC)
    rested = {"next_poll_at": now - timedelta(seconds=1), "last_attempt_at": now - timedelta(hours=1)}
    with database.write() as tx:
        tx.execute(update(feed_rows).values(rested))


async def poll_all(database: Database, port: int, feed_count: int) -> Timed:
    """Poll until every due feed was polled once."""
    stop = asyncio.Event()
    policy = Policy(30, frozenset({port}), ("127.0.0.0/8",), "Storywatch/benchmark (+https://contact.example)")
    async with Transport(policy) as transport:
        poller = Poller(
            database,
            transport,
            POLICY,
            Pace(gap_seconds=0, concurrency=CONCURRENCY),
            concurrency=CONCURRENCY,
            import_hours=EVER_HOURS,
            look_seconds=LOOK_SECONDS,
        )
        spare_the_old()  # as every service does before its work
        began, began_cpu = time.perf_counter(), time.process_time()
        running = asyncio.create_task(poller.run(stop))
        while int(str(poller.detail().get("polled_count", 0))) < feed_count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(LOOK_SECONDS)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
        stop.set()
        await running
    return Timed(feed_count, seconds, cpu_seconds)
