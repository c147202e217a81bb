"""Find rows that no living job will finish, and let them wait again.

In: queued rows and where the queue's jobs stand; held rows, their leases and the heartbeats of their holders.
Out: rows given back; entries that keep crashing their workers handed over to be quarantined. Pure part: `lost`.
Trap: a row may be called lost that is not; its token changes with that, so the job that still comes writes nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from pipeline.model import EntryState, Reason, Released
from pipeline.store import entries, processes
from pipeline.store.database import Database
from workers.clock import Clock
from workers.lanes import QUARANTINE_PAGE, Lane, Row
from workers.queue import Places

log = structlog.get_logger(__name__)

QUEUED_SECONDS = 10  #: a row queued this long should have its job on the queue
DEAD_SECONDS = 30  #: a process silent this long is dead; it beats every five
FORGET_SECONDS = 600  #: and this long, nobody asks for it any more
CRASH_LIMIT = 3  #: workers that one row may cost (checklist R11)
HANDED_LIMIT = 3  #: tries to quarantine an entry with its feed's text, before it is done without
CHECK_LIMIT = 1000  #: rows checked in one sweep, the longest queued first


def lost(rows: Sequence[tuple[int, int, str]], places: Places, taken_before: Collection[str]) -> list[Row]:
    """Choose the rows (id, token, job id) whose job nobody will run.

    It stands nowhere; or it was taken a sweep ago and never started; or its worker is silent, while the row
    says that it never began.
    """
    started = places.started - places.silent
    living = places.queued | started | places.scheduled | (places.taken - frozenset(taken_before))
    return [(row_id, token) for row_id, token, job_id in rows if job_id not in living]


class Sweeper:
    """Sweep both lanes, every few seconds."""

    def __init__(self, database: Database, pages: Lane, deliveries: Lane, *, clock: Clock) -> None:
        self._database = database
        self._pages = pages
        self._lanes = (pages, deliveries)
        self._clock = clock
        self._taken: dict[str, frozenset[str]] = {}
        self._handed: Counter[int] = Counter()
        self.lost_count = 0
        self.returned_count = 0

    async def sweep(self) -> None:
        """Sweep once; raises StoreUnavailable and QueueUnavailable, and is then simply done again."""
        now = self._clock()
        await self._sweep_held(now)
        for lane in self._lanes:
            await self._sweep_queued(lane, now)

    async def _sweep_queued(self, lane: Lane, now: datetime) -> None:
        before = now - timedelta(seconds=QUEUED_SECONDS)
        rows = await self._database.look(lane.queued_jobs, before, CHECK_LIMIT)
        if not rows:
            return
        places = await asyncio.to_thread(lane.queue.places)
        gone = lost(rows, places, self._taken.get(lane.queue.name, frozenset()))
        self._taken[lane.queue.name] = places.taken
        if gone:
            count = await self._database.run(lane.give_back, gone, now)
            self.lost_count += count
            log.warning("jobs_lost", queue=lane.queue.name, count=count)

    async def _sweep_held(self, now: datetime) -> None:
        dead = await self._database.look(processes.stale, now - timedelta(seconds=DEAD_SECONDS))
        for lane in self._lanes:
            swept = await self._database.run(lane.sweep, now, dead, CRASH_LIMIT)
            self.returned_count += swept.returned_count
            if swept.returned_count:
                log.warning("rows_returned", queue=lane.queue.name, count=swept.returned_count)
            if lane is self._pages and swept.quarantine:
                await self._quarantine(swept.quarantine, now)
        for name in await self._database.look(processes.stale, now - timedelta(seconds=FORGET_SECONDS)):
            await self._database.run(processes.leave, name)

    async def _quarantine(self, rows: Sequence[Row], now: datetime) -> None:
        """Have entries end with their feed's text, by a worker; without it if even that crashes workers."""
        self._handed.update(entry_id for entry_id, _ in rows)
        last = [row for row in rows if self._handed[row[0]] > HANDED_LIMIT]
        for entry_id, token in last:
            await self._database.run(entries.finish, entry_id, token, EntryState.QUARANTINED, Reason.WORKER_LOST, now)
            del self._handed[entry_id]
            log.error("entry_quarantined", entry_id=entry_id, reason=Reason.WORKER_LOST, text="none")
        jobs = [Released(*row, uuid4().hex) for row in rows if row not in last]
        await asyncio.to_thread(self._pages.queue.enqueue, QUARANTINE_PAGE, jobs, self._pages.timeout_seconds)
