"""What the tests of the poller share: a poller inside a block, feeds in the store, a look at what is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select

from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Feed, Pace
from pipeline.store import feeds
from pipeline.store.database import Database
from pipeline.store.tables import entries
from pipeline.transport import Policy, Transport
from pipeline.transport.resolver import Lookup, ask_system
from tests.origin import Answer
from workers.clock import utc_now
from workers.poller import Poller

WEB = Policy(10, frozenset({80, 443}), ("127.0.0.0/8",), "Storywatch/0.1.0 (+https://contact.example)")
QUICK = PollPolicy(
    interval_seconds=0.1, floor_seconds=0.05, ceiling_seconds=60, gone_seconds=0.1, unconditional_seconds=0.1
)
NO_PACE = Pace(gap_seconds=0, concurrency=8)


@asynccontextmanager
async def polling(
    database: Database,
    *,
    policy: PollPolicy = QUICK,
    pace: Pace = NO_PACE,
    lookup: Lookup = ask_system,
    **kwargs: Any,
) -> AsyncIterator[Poller]:
    """Run a poller inside the block and stop it after."""
    kwargs.setdefault("look_seconds", 0.05)
    stop = asyncio.Event()
    async with Transport(WEB, lookup=lookup) as transport:
        poller = Poller(database, transport, policy, pace, **kwargs)
        running = asyncio.create_task(poller.run(stop))
        try:
            yield poller
        finally:
            stop.set()
            await running


def add(database: Database, url: str, **kwargs: Any) -> Feed:
    with database.write() as tx:
        return feeds.add(tx, url, now=utc_now(), **kwargs)


def stored(database: Database, feed: Feed) -> Feed:
    with database.read() as tx:
        return feeds.get(tx, feed.id)


def stored_entries(database: Database) -> list[tuple[str, str]]:
    """Give (identity, state) of all entries, in order of identity."""
    with database.read() as tx:
        rows = tx.execute(select(entries.c.identity, entries.c.state).order_by(entries.c.identity))
        return [(row.identity, row.state.value) for row in rows]


def feed_answer(body: str, *headers: tuple[str, str], **kwargs: Any) -> Answer:
    return Answer(body=body, headers=[("Content-Type", "application/rss+xml"), *headers], **kwargs)
