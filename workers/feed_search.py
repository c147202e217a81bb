"""Find the feeds of an address that a person typed, and store the one that is wanted with what it answered.

In: rules, store, an address. Out: a `Discovery`; the stored feed. Trap: the answer that showed that this is a feed is
recorded as its first poll, under a lease; otherwise adding would ask twice within seconds (checklist F6).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from random import SystemRandom

from sqlalchemy import Connection

from pipeline.errors import Transient
from pipeline.feeds.agent import feed_agent
from pipeline.feeds.discover import Discovery, FoundFeed, discover
from pipeline.feeds.parse import parse
from pipeline.feeds.poll import ACCEPT, Means, poll
from pipeline.model import Feed, FeedLease, ParsedFeed, Reason, Response, Validators
from pipeline.store import feeds, subscriptions
from pipeline.store.adding import Quota, add_one
from pipeline.store.database import Database
from pipeline.transport import Transport, failure_of_status
from pipeline.urls import registrable_host
from workers.feed_rules import FeedRules
from workers.turn import wait_for_turn

SEARCH_ACCEPT = f"{ACCEPT}, text/html;q=0.7"
SEARCH_SECONDS = 90.0  #: five requests, each in its host's next slot
RECORD_SECONDS = 120.0  #: a lease for reading one document and its older pages


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feed as its owner wants it."""

    title: str = ""
    folder: str = ""
    interval_seconds: int | None = None


class Searcher:
    """Asks politely: each request in the next slot of its host, shared with the pollers and workers."""

    def __init__(self, rules: FeedRules, database: Database, transport: Transport, subscriber_count: int) -> None:
        self._rules = rules
        self._database = database
        self._transport = transport
        self._subscriber_count = subscriber_count

    async def ask(self, url: str, feed_id: int | None = None) -> Response:
        """Ask for an address in its host's next slot; raises the failure of any bad status."""
        await wait_for_turn(self._database.run, registrable_host(url), self._rules.pace, datetime.now(UTC))
        agent = feed_agent(self._transport.user_agent, feed_id, self._subscriber_count)
        limit = self._rules.policy.feed_bytes
        response = await self._transport.get(url, max_bytes=limit, accept=SEARCH_ACCEPT, agent=agent)
        failure = failure_of_status(response, datetime.now(UTC))
        if failure is not None:
            raise failure
        return response

    async def read(self, response: Response) -> ParsedFeed:
        """Read an answer as a feed."""
        content_type = response.headers.get("content-type", "")
        return await asyncio.to_thread(
            parse, response.body, url=response.url, now=datetime.now(UTC), content_type=content_type
        )

    async def record(self, lease: FeedLease, response: Response) -> None:
        """Store an answer as the feed's first poll."""

        async def answer(_url: str, _validators: Validators) -> Response:
            return response

        follow = partial(self.ask, feed_id=lease.feed.id)
        means = Means(answer, self._rules.policy, SystemRandom(), partial(datetime.now, UTC), follow=follow)
        result = await poll(lease.feed, means, seconds=RECORD_SECONDS / 2)
        await self._database.run(feeds.record_poll, lease, result, self._rules.import_hours, datetime.now(UTC))


@asynccontextmanager
async def searching(rules: FeedRules, database: Database) -> AsyncIterator[Searcher]:
    """Open the guarded transport for a search."""
    subscriber_count = await database.look(subscriptions.count_enabled)
    async with Transport(rules.transport) as transport:
        yield Searcher(rules, database, transport, subscriber_count)


async def search(rules: FeedRules, database: Database, url: str) -> Discovery:
    """Look for the feeds of an address; raises the `Failure` of the first request, Transient if all takes too long."""
    try:
        async with asyncio.timeout(SEARCH_SECONDS), searching(rules, database) as searcher:
            return await discover(url, searcher.ask, searcher.read)
    except TimeoutError as error:
        raise Transient(Reason.TIMED_OUT, f"the search was not done after {SEARCH_SECONDS:g} seconds") from error


async def add_found(
    rules: FeedRules, database: Database, found: FoundFeed, wanted: Wanted, asked_at: datetime | None = None
) -> Feed:
    """Store a feed that was found, with its answer as the first poll; raises Unusable beyond a quota.

    `asked_at` is when it was asked in vain: then its first poll keeps its distance from that.
    """
    feed, lease = await database.run(_add, found, wanted, rules.quota, datetime.now(UTC))
    if asked_at is not None:
        await database.run(feeds.note_attempt, feed.id, asked_at)
    if lease is not None and found.response is not None:
        async with searching(rules, database) as searcher:
            await searcher.record(lease, found.response)
    return await database.look(feeds.get, feed.id)


def _add(
    tx: Connection, found: FoundFeed, wanted: Wanted, allowed: Quota, now: datetime
) -> tuple[Feed, FeedLease | None]:
    """Store the feed and, if its answer is here, take it in hand before a poller does."""
    feed = add_one(tx, found.url, allowed, now, **asdict(wanted))
    return feed, feeds.claim_new(tx, feed, now, RECORD_SECONDS) if found.response else None
