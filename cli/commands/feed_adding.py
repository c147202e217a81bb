"""What `storywatch feeds add` does with an address: find the feed, store it with what it answered.

In: settings, store, an address. Out: the stored feed, or a choice that somebody must make. Trap: the answer that
showed that this is a feed is recorded as its first poll, under a lease; otherwise adding would ask twice within seconds
(checklist F6).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from random import SystemRandom

from sqlalchemy import Connection

from cli.output import print_json
from cli.wiring import poll_policy, quota, transport_policy
from config.settings import Settings
from pipeline.errors import Permanent, Transient, Unusable
from pipeline.feeds.discover import Discovery, FoundFeed, discover
from pipeline.feeds.parse import parse
from pipeline.feeds.poll import ACCEPT, Means, poll
from pipeline.model import Feed, FeedLease, Pace, ParsedFeed, Reason, Response, Validators
from pipeline.store import feeds, hosts
from pipeline.store.adding import Quota, add_one
from pipeline.store.database import Database
from pipeline.transport import Transport, failure_of_status
from pipeline.urls import registrable_host
from workers.lanes import pace_of

SEARCH_ACCEPT = f"{ACCEPT}, text/html;q=0.7"
_ALL_THE_SAME = "With --as-is the address is watched all the same."
RECORD_SECONDS = 120.0  #: a lease for reading one document and its older pages


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feed as its owner wants it."""

    title: str = ""
    folder: str = ""
    interval_seconds: int | None = None


class Searcher:
    """Asks politely: each request in the next slot of its host, shared with the pollers and workers."""

    def __init__(self, settings: Settings, database: Database, transport: Transport) -> None:
        self._settings = settings
        self._database = database
        self._transport = transport

    async def ask(self, url: str) -> Response:
        """Ask for an address in its host's next slot; raises the failure of any bad status."""
        now = datetime.now(UTC)
        start_at, rest_until = await self._database.run(_reserve, registrable_host(url), pace_of(self._settings), now)
        if rest_until > now:
            raise Transient(
                Reason.HTTP_THROTTLED, f"the host asked to be left alone until {rest_until:%Y-%m-%d %H:%M}Z"
            )
        await asyncio.sleep((start_at - now).total_seconds())
        response = await self._transport.get(url, max_bytes=self._settings.fetch.feed_bytes, accept=SEARCH_ACCEPT)
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

        means = Means(answer, poll_policy(self._settings), SystemRandom(), partial(datetime.now, UTC), follow=self.ask)
        result = await poll(lease.feed, means, seconds=RECORD_SECONDS / 2)
        await self._database.run(feeds.record_poll, lease, result, self._settings.feeds.import_hours, datetime.now(UTC))


@asynccontextmanager
async def searching(settings: Settings, database: Database) -> AsyncIterator[Searcher]:
    """Open the guarded transport for a search."""
    async with Transport(transport_policy(settings)) as transport:
        yield Searcher(settings, database, transport)


async def find_and_add(
    settings: Settings, database: Database, url: str, wanted: Wanted, choose: Callable[[Discovery], FoundFeed]
) -> Feed:
    """Find the feed at an address and store it; `choose` picks one of several, or raises.

    A feed that cannot be reached now is stored as it was typed. Raises Unusable for an address that will never answer.
    """
    known = await database.look(feeds.find_by_url, url)
    if known is not None:
        return known
    async with searching(settings, database) as searcher:
        try:
            found = choose(await discover(url, searcher.ask, searcher.read))
        except Transient:
            found = FoundFeed(url)
        except Permanent as failure:
            raise Unusable(f"{url} gives no feed: {failure} ({failure.reason}). {_ALL_THE_SAME}") from failure
        feed, lease = await database.run(_add, found, wanted, quota(settings), datetime.now(UTC))
        if lease is not None and found.response is not None:
            await searcher.record(lease, found.response)
    return await database.look(feeds.get, feed.id)


def chosen(discovery: Discovery, *, url: str, pick: int | None, as_json: bool) -> FoundFeed:
    """Give the one feed that was found or picked; raises Unusable, with the list, if there is none or a choice."""
    choices = discovery.choices()
    if not choices:
        asked = ", ".join(discovery.asked)
        raise Unusable(f"no feed was found at {url}. Asked: {asked}. Give the feed's own address. {_ALL_THE_SAME}")
    if pick is not None and pick <= len(choices):
        return choices[pick - 1]
    if pick is None and len(choices) == 1:
        return choices[0]
    if as_json:
        print_json({"choices": [_row(number, one) for number, one in enumerate(choices, 1)]})
    lines = [f"  --pick {number}  {one.title or '(no title)'}  {one.url}" for number, one in enumerate(choices, 1)]
    raise Unusable("\n".join([f"{url} has {len(choices)} feeds; add one of them by its address, or with", *lines]))


def _row(number: int, one: FoundFeed) -> dict[str, object]:
    count = len(one.parsed.entries) if one.parsed else None
    return {"pick": number, "title": one.title, "url": one.url, "entries": count}


def _add(
    tx: Connection, found: FoundFeed, wanted: Wanted, allowed: Quota, now: datetime
) -> tuple[Feed, FeedLease | None]:
    """Store the feed and, if its answer is here, take it in hand before a poller does."""
    feed = add_one(tx, found.url, allowed, now, **asdict(wanted))
    return feed, feeds.claim_new(tx, feed, now, RECORD_SECONDS) if found.response else None


def _reserve(tx: Connection, host: str, pace: Pace, now: datetime) -> tuple[datetime, datetime]:
    hosts.know(tx, [host])
    return hosts.reserve(tx, host, pace, now)
