"""The leases that a poller has in hand, renewed for as long as their polls go on.

In: leases as they are claimed. Out: whether one may still be used. Hides when the store is asked: a lease is short, so
that another poller takes over soon when this one dies (R28), and most polls end before theirs needs renewing. Trap: a
process that was suspended wakes up with leases that have passed to others; the store renews only those whose token is
still ours.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from pipeline.errors import StoreUnavailable
from pipeline.model import FeedLease
from pipeline.store import feeds
from pipeline.store.database import Database
from workers.clock import Clock

log = structlog.get_logger(__name__)

RENEWALS = 3  #: in the time of a lease: two may fail


@dataclass(slots=True)
class _Held:
    lease: FeedLease
    until: datetime


def _key(lease: FeedLease) -> tuple[int, int]:
    return lease.feed.id, lease.token


class Hands:
    """What one poller holds."""

    def __init__(self, database: Database, clock: Clock, lease_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._held: dict[tuple[int, int], _Held] = {}

    def take(self, leases: Sequence[FeedLease]) -> None:
        """Hold leases that were just claimed."""
        self._held.update((_key(lease), _Held(lease, lease.until)) for lease in leases)

    def drop(self, lease: FeedLease) -> None:
        """Renew a lease no more: its poll has ended, or will not begin."""
        self._held.pop(_key(lease), None)

    def is_held(self, lease: FeedLease) -> bool:
        """Tell whether a poll may begin: if enough of the lease is left for the next renewal to be in time."""
        held = self._held.get(_key(lease))
        left = (held.until if held else lease.until) - self._clock()
        return left >= timedelta(seconds=self._lease_seconds / RENEWALS)

    async def keep(self) -> None:
        """Renew until cancelled; an absent store is asked again the next time."""
        while True:
            await asyncio.sleep(self._lease_seconds / RENEWALS)
            try:
                await self._renew()
            except StoreUnavailable as error:
                log.warning("leases_not_renewed", error=str(error))

    async def _renew(self) -> None:
        """Renew the leases that may be over before the next time but one."""
        now = self._clock()
        soon = now + timedelta(seconds=self._lease_seconds * (1 - 1 / RENEWALS))
        ending = [held for held in self._held.values() if held.until < soon]
        if not ending:
            return
        until = now + timedelta(seconds=self._lease_seconds)
        ours = await self._database.run(feeds.renew, [held.lease for held in ending], until)
        for held in ending:
            if held.lease.feed.id in ours:
                held.until = until
