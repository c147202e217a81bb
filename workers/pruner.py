"""Forget what is older than the settings keep it, once a day, without being in anybody's way.

In: the settings and the store. Out: rows gone, counted. Trap: each step is many small transactions with a pause behind
each, so that whoever waits for SQLite's write lock has it in between.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from config.settings import RetentionSettings
from pipeline.pruning import STEPS, Step, forget_words, next_words, shrink_words
from pipeline.store import meta
from pipeline.store.database import Database
from workers.clock import Clock, utc_now

log = structlog.get_logger(__name__)

BATCH = 100  #: rows, or articles of stories, in one transaction
PAUSE_SECONDS = 0.05
MOST_SHRINKS = 500  #: transactions that give room back; the rest goes with the next run
DAILY = timedelta(days=1)
_MARK = "pruned_at"


def due_steps(settings: RetentionSettings, now: datetime) -> Iterator[tuple[Step, datetime]]:
    """Give the steps that have a limit, and the instant before which things are old."""
    for step in STEPS:
        days = getattr(settings, f"{step.name}_days")
        if days:
            yield step, now - timedelta(days=days)


class Pruner:
    """Prunes when it is time to; any number may, since every step is safe to repeat."""

    def __init__(
        self,
        database: Database,
        settings: RetentionSettings,
        *,
        clock: Clock = utc_now,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._pause_seconds = pause_seconds

    async def prune_if_due(self, stop: asyncio.Event) -> dict[str, int]:
        """Prune unless that was done within a day; raises StoreUnavailable."""
        now = self._clock()
        if not await self._database.run(meta.claim_time, _MARK, now, DAILY):
            return {}
        counts = await self.prune(stop)
        if any(counts.values()):
            log.info("pruned", **counts)
        return counts

    async def prune(self, stop: asyncio.Event) -> dict[str, int]:
        """Forget everything that is old, until told to stop; counts it by step."""
        now = self._clock()
        counts = {}
        for step, before in due_steps(self._settings, now):
            counts[step.name] = await self._prune(step, before, stop)
        if any(counts.values()):
            if counts.get("stories") or counts.get("texts"):
                await self._forget_words(stop)
            await self._shrink(stop)
        return counts

    async def count(self) -> dict[str, int]:
        """Count what would go."""
        now = self._clock()
        return {
            step.name: await self._database.look(step.count, before) for step, before in due_steps(self._settings, now)
        }

    async def _prune(self, step: Step, before: datetime, stop: asyncio.Event) -> int:
        total = 0
        while not stop.is_set() and (count := await self._database.run(step.prune, before, BATCH)):
            total += count
            await asyncio.sleep(self._pause_seconds)
        return total

    async def _forget_words(self, stop: asyncio.Event) -> None:
        """Go through all words that are known, without holding any lock until some are to go."""
        last = ""
        while not stop.is_set():
            last, dead = await self._database.look(next_words, last)
            if dead:
                await self._database.run(forget_words, dead)
            if not last:
                return
            await asyncio.sleep(self._pause_seconds)

    async def _shrink(self, stop: asyncio.Event) -> None:
        for _ in range(MOST_SHRINKS):
            if stop.is_set() or not await self._database.run(shrink_words):
                return
            await asyncio.sleep(self._pause_seconds)
