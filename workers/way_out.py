"""Stop asking while this machine has no way out, and take it up where it was when there is one again.

In: what became of each poll. Out: a poller that waits, and feeds that lose nothing by our own outage. Hides nothing.
Trap: without this every feed would be backed off for a night in which only our own line was down, and each could be
asked again hours after it is back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from pipeline.feeds.outage import UNANSWERED, Silence
from pipeline.model import Feed, PollResult
from pipeline.store import outages
from pipeline.store.database import Database
from workers.clock import Clock
from workers.patience import pause

log = structlog.get_logger(__name__)

LOOK_SECONDS = 15.0  #: between two looks for a way out

Reaches = Callable[[str], Awaitable[bool]]  #: whether the host of an address takes a connection


class WayOut:
    """One poller's knowledge of whether anybody can be reached."""

    def __init__(self, database: Database, reaches: Reaches, clock: Clock) -> None:
        self._database = database
        self._reaches = reaches
        self._clock = clock
        self._silence = Silence()
        self._away_since: datetime | None = None

    def detail(self) -> dict[str, object]:
        """Say since when there is no way out, for the heartbeat; empty while there is one."""
        return {"network_away_since": self._away_since.isoformat(timespec="seconds")} if self._away_since else {}

    def note(self, feed: Feed, result: PollResult) -> None:
        """Take notice of a poll that has been stored.

        While there is no way out an answer that was still under way ends nothing: the next look does, and what was
        asked in vain before is not forgotten.
        """
        if self._away_since is None or result.reason in UNANSWERED:
            self._silence.note(feed, result)

    async def wait(self, stop: asyncio.Event) -> None:
        """Return at once while somebody answers; otherwise when there is a way out again. Raises StoreUnavailable."""
        while self._silence.is_suspicious and not stop.is_set():
            if await self._is_open():
                await self._resume()
                return
            self._give_up()
            await pause(stop, LOOK_SECONDS)

    def _give_up(self) -> None:
        if self._away_since is None:
            self._away_since = self._clock()
            log.warning("network_away", silent_count=len(self._silence.struck))

    async def _is_open(self) -> bool:
        """Tell whether one of several hosts takes a connection."""
        urls = await self._database.look(outages.addresses_to_try)
        return any(await asyncio.gather(*(self._reaches(url) for url in urls)))

    async def _resume(self) -> None:
        """Begin anew; what was asked in vain during an outage is due at once, and nobody's failure."""
        now, since = self._clock(), self._away_since
        if since is not None:
            struck = [(one.feed, one.attempted_at, one.last_attempt_at) for one in self._silence.struck]
            count = await self._database.run(outages.forget_attempts, struck, now)
            log.info("network_back", away_seconds=round((now - since).total_seconds()), due_count=count)
        self._away_since = None
        self._silence.end()
