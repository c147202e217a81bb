"""The subscriptions as they stand now, ready to match.

In: the store's subscriptions. Out: a `SubscriptionIndex`, made anew when one changed. Trap: an index in use by a
transaction in another thread must not change under it, so a change makes a new one and never mends the old.
"""

import asyncio
import time

import structlog

from pipeline.alerts.index import SubscriptionIndex
from pipeline.store import subscriptions
from pipeline.store.database import Database

log = structlog.get_logger(__name__)

FRESH_SECONDS = 1.0  #: an article may miss a subscription that is younger than this


class CurrentIndex:
    """The index of one worker process; use it in one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = SubscriptionIndex()
        self._version: int | None = None
        self._checked_at = float("-inf")
        self._loading = asyncio.Lock()

    async def get(self) -> SubscriptionIndex:
        """Give the index, at most a second behind the store; raises StoreUnavailable."""
        if time.monotonic() - self._checked_at > FRESH_SECONDS:
            async with self._loading:
                if time.monotonic() - self._checked_at > FRESH_SECONDS:
                    await self._check()
        return self._index

    async def _check(self) -> None:
        began = time.monotonic()
        version = await self._database.look(subscriptions.version)
        if version != self._version:
            # The version was read first: a change between the two reads is seen again at the next check.
            held = await self._database.look(subscriptions.list_all)
            self._index = await asyncio.to_thread(SubscriptionIndex, held)
            self._version = version
            log.info("subscriptions_read", count=len(self._index), broken=sorted(self._index.broken))
        self._checked_at = began
