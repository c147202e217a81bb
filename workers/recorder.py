"""Gather polls that brought nothing new and store them together.

In: leases and results, one at a time. Out: what storing each came to. Hides asyncio's futures. Trap: a poll waits for
the others at most `GATHER_SECONDS`, and what happens to the transaction happens to all of a batch, as it would to each.
"""

import asyncio
from datetime import datetime

from pipeline.model import FeedLease, PollCounts, PollResult
from pipeline.store import feeds, unchanged
from pipeline.store.database import Database
from workers.clock import Clock

GATHER_SECONDS = 0.02
BATCH = 100

_Waiting = tuple[FeedLease, PollResult, "asyncio.Future[PollCounts | None]"]


class Recorder:
    """Stores results of polls."""

    def __init__(self, database: Database, import_hours: int, clock: Clock) -> None:
        self._database = database
        self._import_hours = import_hours
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._flushing: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def record(self, lease: FeedLease, result: PollResult) -> PollCounts | None:
        """Store one result; None if the lease had passed to somebody else. Raises StoreUnavailable."""
        if not unchanged.is_plain(result):
            return await self._database.run(feeds.record_poll, lease, result, self._import_hours, self._clock())
        loop = asyncio.get_running_loop()
        future: asyncio.Future[PollCounts | None] = loop.create_future()
        self._waiting.append((lease, result, future))
        if len(self._waiting) >= BATCH:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(GATHER_SECONDS, self._flush)
        return await future

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, batch, self._waiting = None, self._waiting, []
        task = asyncio.create_task(self._store(batch, self._clock()))
        self._flushing.add(task)
        task.add_done_callback(self._flushing.discard)

    async def _store(self, batch: list[_Waiting], now: datetime) -> None:
        done = [(lease, result) for lease, result, _ in batch]
        try:
            stored = await self._database.run(unchanged.record, done, self._import_hours, now)
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait, and is raised there
            for _, _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, _, future), counts in zip(batch, stored, strict=True):
            if not future.done():
                future.set_result(counts)
