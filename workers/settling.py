"""What a poller does before it claims again after a start, or after somebody set the clock.

In: the store, two clocks. Out: due times that make sense and no burst. Hides nothing. Trap: after a jump forward every
lease looks over and every feed due, also those that another process is asking at this very moment; so nothing is
claimed until a lease that was given before the jump must have ended (checklist R28, R29).
"""

import asyncio
from random import Random, SystemRandom

import structlog

from pipeline.feeds.schedule import PollPolicy, spread_seconds
from pipeline.store import times
from pipeline.store.database import Database
from workers.clock import Clock, JumpWatch
from workers.patience import pause

log = structlog.get_logger(__name__)

JUMP_SECONDS = 10.0  #: a busy machine is late by a second or two, a time server corrects by less


class Settling:
    """Puts the store's due times in order when they may be out of it."""

    def __init__(
        self, database: Database, policy: PollPolicy, clock: Clock, lease_seconds: float, watch: JumpWatch | None = None
    ) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._watch = watch or JumpWatch(clock)
        self._random: Random = SystemRandom()
        self._is_settled = False

    async def settle(self, stop: asyncio.Event) -> None:
        """Do what is needed before the next claim; mostly nothing. Raises StoreUnavailable."""
        jumped = self._watch.jumped_seconds()
        if abs(jumped) >= JUMP_SECONDS:
            log.warning("clock_jumped", seconds=round(jumped))
            self._is_settled = False
            if jumped > 0:
                await pause(stop, self._lease_seconds)
        if not self._is_settled and not stop.is_set():
            await self._settle_now()
            self._is_settled = True

    async def _settle_now(self) -> None:
        mended_count = await self._database.run(times.mend, self._clock())
        overdue = await self._database.look(times.overdue, self._clock())
        if overdue:
            usual = self._policy.interval_seconds
            waits = spread_seconds([late.planned_seconds or usual for late in overdue], self._random)
            await self._database.run(times.put_off, overdue, waits, self._clock())
        if mended_count or overdue:
            log.info("due_times_settled", mended_count=mended_count, overdue_count=len(overdue))
