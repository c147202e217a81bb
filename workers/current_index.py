"""The subscriptions as they stand now, ready to match.

In: the store's subscriptions. Out: a `SubscriptionIndex` that follows every change by itself, one subscription at a
time. Trap: what the index left out because it is slow must be told to the store, or the next start takes it in again.
"""

import asyncio
import time
from collections.abc import Mapping

import structlog
from sqlalchemy import Connection

from pipeline.alerts.index import SubscriptionIndex
from pipeline.errors import NotFound
from pipeline.model import Subscription
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
        if version < (self._version or 0):
            self._forget()  # the database has lost changes that we know of, as a promoted replica has
        if version != self._version:
            # The version was read first: a change between the two reads is seen again at the next check.
            changed = await self._database.look(subscriptions.changed_since, self._version or 0)
            await asyncio.to_thread(_apply, self._index, changed)
            self._version = version
            log.info("subscriptions_read", changed_count=len(changed), count=len(self._index))
        await self._tell_slow()
        self._checked_at = began

    def _forget(self) -> None:
        self._index, self._version = SubscriptionIndex(), None

    async def _tell_slow(self) -> None:
        for subscription_id, why in self._index.take_slow().items():
            log.warning("subscription_stopped", subscription_id=subscription_id, why=why)
            await self._database.run(_stop, subscription_id, why)


def _apply(index: SubscriptionIndex, changed: Mapping[int, Subscription | None]) -> None:
    for subscription_id, subscription in changed.items():
        if subscription is None:
            index.remove(subscription_id)
        else:
            index.add(subscription)
            if problem := index.broken.get(subscription_id):
                log.warning("subscription_broken", subscription_id=subscription_id, problem=str(problem))


def _stop(tx: Connection, subscription_id: int, why: str) -> None:
    """Switch a subscription off; it may have been removed meanwhile."""
    try:
        subscriptions.stop(tx, subscription_id, why)
    except NotFound:
        return
