"""Stop asking while this machine has no way out, and take it up where it was when there is one again.

In: what became of each poll. Out: a poller that waits, and feeds that lose nothing by our own outage. Hides nothing.
Trap: without this every feed would be backed off for a night in which only our own line was down, and each could be
asked again hours after it is back. A host on this machine or a private network answers also while our line is down.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from pipeline.errors import StoreUnavailable
from pipeline.feeds.outage import UNANSWERED, Silence
from pipeline.model import Feed, PollResult
from pipeline.store import outages
from pipeline.store.database import Database
from workers.clock import Clock
from workers.patience import pause

log = structlog.get_logger(__name__)

LOOK_SECONDS = 15.0  #: between two looks for a way out
DOUBT_SECONDS = 3600.0  #: of an outage after which feeds are asked all the same: those that are silent may all be dead
MOST_ASKED = 5  #: feeds whose names are looked up to tell whether our own line is what they need

Tells = Callable[[str], Awaitable[bool]]


class WayOut:
    """One poller's knowledge of whether anybody can be reached.

    `reaches` tells whether the host of an address takes a connection, `is_near` whether it is on a private network.
    """

    def __init__(self, database: Database, reaches: Tells, is_near: Tells, clock: Clock) -> None:
        self._database = database
        self._reaches = reaches
        self._is_near = is_near
        self._clock = clock
        self._silence = Silence()
        self._away_since: datetime | None = None
        self._believed_at: datetime | None = None  #: None in doubt, and while there is a way out

    def detail(self) -> dict[str, object]:
        """Say since when there is no way out, for the heartbeat; empty while there is one."""
        return {outages.AWAY_SINCE: self._away_since.isoformat(timespec="seconds")} if self._away_since else {}

    async def note(self, feed: Feed, result: PollResult) -> None:
        """Take notice of a poll that has been stored.

        While an outage is believed in, an answer that was still under way ends nothing: the next look does, and what
        was asked in vain before is not forgotten.
        """
        if result.reason in UNANSWERED:
            self._silence.note(feed, result)
        elif self._believed_at is None and (not self._silence.silent or await self._shows_a_way_out(feed.url)):
            with suppress(StoreUnavailable):  # then the next answer does it
                await self._resume()

    async def wait(self, stop: asyncio.Event) -> None:
        """Return at once while somebody answers; otherwise when there is a way out again. Raises StoreUnavailable.

        Each hour it returns all the same, for as long as the next hosts take to show whether they answer.
        """
        while self._silence.is_suspicious and not stop.is_set():
            if await self._is_open():
                await self._resume()
                return
            self._believe()
            if self._clock() - (self._believed_at or self._clock()) >= timedelta(seconds=DOUBT_SECONDS):
                self._doubt()
                return
            await pause(stop, LOOK_SECONDS)

    def _believe(self) -> None:
        now = self._clock()
        if self._away_since is None:
            self._away_since = now
            log.warning("network_away", silent_count=len(self._silence.silent))
        self._believed_at = self._believed_at or now

    def _doubt(self) -> None:
        log.info("network_away_doubted", silent_count=len(self._silence.silent))
        self._silence.set_aside()
        self._believed_at = None

    async def _is_open(self) -> bool:
        """Tell whether one of several hosts that need our line takes a connection."""
        silent = [one.feed.url for one in self._silence.silent][:MOST_ASKED]
        urls = list(dict.fromkeys([*await self._database.look(outages.addresses_to_try), *silent]))
        if await self._needs_our_line():
            near = await asyncio.gather(*map(self._is_near, urls))
            urls = [url for url, is_near in zip(urls, near, strict=True) if not is_near]
        return any(await asyncio.gather(*map(self._reaches, urls)))

    async def _shows_a_way_out(self, url: str) -> bool:
        """Tell whether an answer from there ends the silence of the others: one of our own network may not."""
        return not await self._is_near(url) or not await self._needs_our_line()

    async def _needs_our_line(self) -> bool:
        """Tell whether one of the silent feeds has answered before and is not known to be on our own network."""
        urls = [one.feed.url for one in self._silence.silent if one.feed.last_success_at][:MOST_ASKED]
        return not all(await asyncio.gather(*map(self._is_near, urls)))

    async def _resume(self) -> None:
        """Begin anew; what was asked in vain during an outage is due at once, and nobody's failure."""
        now, since = self._clock(), self._away_since
        if since is not None:
            struck = [(one.feed, one.attempted_at, one.last_attempt_at) for one in self._silence.struck]
            count = await self._database.run(outages.forget_attempts, struck, now)
            log.info("network_back", away_seconds=round((now - since).total_seconds()), due_count=count)
        self._away_since = self._believed_at = None
        self._silence.end()
