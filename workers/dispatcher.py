"""Move waiting rows onto the queues, and find again what got lost on the way; close digests; look at pages again.

In: the store's waiting entries and deliveries. Out: RQ jobs, never more than the high-water mark. The sweeping
half stands in workers.sweeper. Trap: between the store's transaction and the queue's there is no other; whatever
falls between is given back at once if we notice, and by the sweeper if we die.
"""

import asyncio
from collections.abc import Sequence

import structlog

from config.settings import RetentionSettings
from pipeline.errors import QueueUnavailable, StoreUnavailable
from pipeline.model import Released
from pipeline.store import digests, page_checks, pauses, samples
from pipeline.store.database import Database
from workers.clock import Clock, utc_now
from workers.coverage import Coverage
from workers.lanes import Lane
from workers.patience import Patience, pause
from workers.pruner import Pruner
from workers.server import wait_until_fit
from workers.sweeper import Sweeper

log = structlog.get_logger(__name__)

BUSY_SECONDS = 0.25  #: between two looks while there is work
IDLE_SECONDS = 0.5  #: and while there is none: an alert should not wait for us, nor a laptop's battery
SWEEP_SECONDS = 5.0
DIGEST_SECONDS = 1.0  #: between two looks for digests whose time has come
SAMPLE_SECONDS = 30.0  #: between two looks at how much waits; one is kept for each minute
PRUNE_SECONDS = 600.0  #: between two looks whether it is time to prune
BATCH = 200  #: most rows released in one transaction


class Dispatcher:
    """Release and sweep both lanes until told to stop. Two of them do no harm to each other."""

    def __init__(
        self,
        database: Database,
        pages: Lane,
        deliveries: Lane,
        *,
        clock: Clock = utc_now,
        sweep_seconds: float = SWEEP_SECONDS,
        operator_channels: Sequence[str] = (),
        retention: RetentionSettings | None = None,
    ) -> None:
        self._database = database
        self._lanes = (pages, deliveries)
        self._clock = clock
        self._sweep_seconds = sweep_seconds
        self._coverage = Coverage(database, operator_channels, clock=clock)
        self._pruner = Pruner(database, retention, clock=clock) if retention else None
        self.sweeper = Sweeper(database, pages, deliveries, clock=clock)
        self._released = {lane.queue.name: 0 for lane in self._lanes}
        self._depths = {lane.queue.name: 0 for lane in self._lanes}
        self._answers = True

    def detail(self) -> dict[str, object]:
        """Say how the dispatcher stands, for its heartbeat."""
        swept = {"returned": self.sweeper.returned_count, "lost": self.sweeper.lost_count}
        return {"queue_answers": self._answers, "released": dict(self._released), "depth": dict(self._depths), **swept}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; an absent store or queue is waited for. Raises Unusable for an unfit server."""
        self._answers = False
        if not await wait_until_fit(self._lanes[0].queue.connection, stop):
            return
        log.info("dispatcher_started")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep_until(stop))
            group.create_task(self._close_digests_until(stop))
            group.create_task(self._sample_until(stop))
            group.create_task(self._prune_until(stop))
            for lane in self._lanes:
                group.create_task(self._release_until(stop, lane))
        log.info("dispatcher_stopped", released=self._released)

    async def _release_until(self, stop: asyncio.Event, lane: Lane) -> None:
        patience = Patience(f"release_waits_{lane.queue.name}")
        while not stop.is_set():
            try:
                count = await self.release(lane)
            except (QueueUnavailable, StoreUnavailable) as error:
                self._answers = not isinstance(error, QueueUnavailable)
                await pause(stop, patience.failed(error))
            else:
                self._answers = True
                patience.succeeded()
                await pause(stop, BUSY_SECONDS if count else IDLE_SECONDS)

    async def _sweep_until(self, stop: asyncio.Event) -> None:
        patience = Patience("sweep_waits")
        while not stop.is_set():
            try:
                await self.sweeper.sweep()
                await self._coverage.look_if_due()
                await self.look_again()
            except (QueueUnavailable, StoreUnavailable) as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(stop, self._sweep_seconds)

    async def _close_digests_until(self, stop: asyncio.Event) -> None:
        patience = Patience("digests_wait")
        while not stop.is_set():
            try:
                await self.close_digests()
            except StoreUnavailable as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(stop, DIGEST_SECONDS)

    async def _sample_until(self, stop: asyncio.Event) -> None:
        patience = Patience("samples_wait")
        while not stop.is_set():
            try:
                await self._database.run(samples.take, self._clock())
            except StoreUnavailable as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(stop, SAMPLE_SECONDS)

    async def _prune_until(self, stop: asyncio.Event) -> None:
        patience = Patience("pruning_waits")
        while self._pruner and not stop.is_set():
            try:
                await self._pruner.prune_if_due(stop)
            except StoreUnavailable as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(stop, PRUNE_SECONDS)

    async def close_digests(self) -> int:
        """Send digests whose time has come on their way; counts them. Raises StoreUnavailable."""
        now = self._clock()
        if not await self._database.look(digests.has_due, now):
            return 0
        count = await self._database.run(digests.close_due, now)
        log.info("digests_closed", count=count)
        return count

    async def look_again(self) -> int:
        """Let articles wait whose pages are due for another look; counts them. Raises StoreUnavailable."""
        now = self._clock()
        if not await self._database.look(page_checks.has_due, now):
            return 0
        count = await self._database.run(page_checks.begin_due, now)
        if count:
            log.info("pages_looked_at_again", count=count)
        return count

    async def release(self, lane: Lane) -> int:
        """Move what there is room for onto the queue; counts the rows.

        Raises QueueUnavailable, with the rows given back, and StoreUnavailable.
        """
        depth = self._depths[lane.queue.name] = await asyncio.to_thread(lane.queue.depth)
        room = min(lane.high_water - depth, BATCH)
        if room <= 0 or await self._database.look(pauses.is_paused, lane.queue.name):
            return 0
        rows = await self._database.run(lane.release, self._clock(), room)
        if rows:
            await self._enqueue(lane, rows)
        self._released[lane.queue.name] += len(rows)
        return len(rows)

    async def _enqueue(self, lane: Lane, rows: Sequence[Released]) -> None:
        try:
            await asyncio.to_thread(lane.queue.enqueue, lane.function, rows, lane.timeout_seconds)
        except QueueUnavailable:
            await self._database.run(lane.give_back, [(row.id, row.token) for row in rows], self._clock())
            raise
