"""Gather polls that have ended and store them together.

In: leases and results, one at a time. Out: what storing each came to, once it is committed. Hides asyncio's futures.
While one group is being stored the next gathers, so that groups grow with the load. Trap: what ails the database
happens to all of a group, as it would to each; what ails one poll happens to that one alone.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from pipeline.model import FeedLease, PollCounts, PollResult
from pipeline.store import feeds
from pipeline.store.database import Database
from workers.clock import Clock

GATHER_SECONDS = 0.02
MOST_POLLS = 100
MOST_ENTRIES = 400  #: shown by a group's documents: 40 ms on SQLite, whose other writers wait as long


@dataclass(frozen=True, slots=True)
class _Ended:
    lease: FeedLease
    result: PollResult
    future: "asyncio.Future[PollCounts | None]"

    @property
    def entry_count(self) -> int:
        shown = len(self.result.parsed.entries) if self.result.parsed else 0
        return shown + len(self.result.archived)


class Recorder:
    """Stores results of polls."""

    def __init__(self, database: Database, import_hours: int, clock: Clock) -> None:
        self._database = database
        self._import_hours = import_hours
        self._clock = clock
        self._waiting: list[_Ended] = []
        self._entry_count = 0  #: of those that wait
        self._full = asyncio.Event()
        self._storing: asyncio.Task[None] | None = None

    async def record(self, lease: FeedLease, result: PollResult) -> PollCounts | None:
        """Store one result; None if the lease had passed to somebody else. Raises StoreUnavailable."""
        ended = _Ended(lease, result, asyncio.get_running_loop().create_future())
        self._waiting.append(ended)
        self._entry_count += ended.entry_count
        if self._is_full():
            self._full.set()
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        return await ended.future

    def _is_full(self) -> bool:
        return len(self._waiting) >= MOST_POLLS or self._entry_count >= MOST_ENTRIES

    async def _store_all(self) -> None:
        """Store group after group until nothing waits."""
        try:
            while self._waiting:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._full.wait(), GATHER_SECONDS)
                group = self._take()
                await self._store(group)
        finally:
            self._storing = None

    def _take(self) -> list[_Ended]:
        """Take the first of those that wait, as many as a group may hold, at least one."""
        place = entry_count = 0
        for one in self._waiting[:MOST_POLLS]:
            if place and entry_count + one.entry_count > MOST_ENTRIES:
                break
            place, entry_count = place + 1, entry_count + one.entry_count
        group, self._waiting = self._waiting[:place], self._waiting[place:]
        self._entry_count -= entry_count
        if not self._is_full():
            self._full.clear()
        return group

    async def _store(self, group: list[_Ended]) -> None:
        done = [(one.lease, one.result) for one in group]
        outcomes: list[PollCounts | BaseException | None]
        try:
            outcomes = await self._database.run(feeds.record_polls, done, self._import_hours, self._clock())
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait, and is raised there
            outcomes = [error] * len(group)
        for one, outcome in zip(group, outcomes, strict=True):
            if one.future.done():
                continue
            if isinstance(outcome, BaseException):
                one.future.set_exception(outcome)
            else:
                one.future.set_result(outcome)
