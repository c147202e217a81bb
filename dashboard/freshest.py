"""What the overview shows, read seldom however many look.

In: where to read. Out: the newest facts, the queue's depths, the pace of the last hour and day. Hides what is kept from
one look to the next. Trap: the overview costs milliseconds for each hundred thousand entries and every open browser
asks for it every three seconds, so what was read within the last second is given again.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from dashboard.looking import OverviewFacts, look_at_overview
from dashboard.pace import SPANS
from dashboard.queue_view import depths
from dashboard.sources import Sources
from pipeline.store import pace
from pipeline.store.pace import Pace

SHOWN_AGAIN = timedelta(seconds=1)
DRAWN_AGAIN = timedelta(seconds=15)


class Freshest:
    """Reads the overview's facts and the queue's depths at most once a second, however many look."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._seen: tuple[OverviewFacts, dict[str, int | None]] | None = None
        self._paces: tuple[datetime, Mapping[str, Pace]] | None = None
        self._reading = asyncio.Lock()

    async def get(self) -> tuple[OverviewFacts, dict[str, int | None]]:
        """Give the facts and the depth of each queue."""
        async with self._reading:
            now = self._sources.clock()
            if self._seen is None or not timedelta(0) <= now - self._seen[0].at < SHOWN_AGAIN:
                reading = self._sources.database.look(look_at_overview, now)
                self._seen = await asyncio.gather(reading, depths(self._sources.queue))
            return self._seen

    async def paces(self) -> Mapping[str, Pace]:
        """Give the pace of each span, read at most every `DRAWN_AGAIN`: it takes the articles of a day."""
        async with self._reading:
            now = self._sources.clock()
            if self._paces is None or not timedelta(0) <= now - self._paces[0] < DRAWN_AGAIN:
                self._paces = now, await self._sources.database.look(_read_paces, now)
            return self._paces[1]


def _read_paces(tx: Connection, now: datetime) -> dict[str, Pace]:
    return {key: pace.over(tx, span, now, slices) for key, span, slices, _ in SPANS}
