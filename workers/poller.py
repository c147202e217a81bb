"""Poll the feeds that are due, many at a time, for as long as the process lives.

In: the store, the transport, what the owner allows. Out: polls recorded in the store, each in one transaction.
Hides asyncio's tasks. Several pollers share the feeds by leases. Trap: a process that was suspended wakes up with
leases that have passed to another poller; each is looked at again before its request starts (R28). A lease is short
and renewed while its poll goes on (`workers.hands`); how long a poll may take has nothing to do with it.
"""

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import partial
from random import Random, SystemRandom

import structlog

from pipeline.errors import StoreUnavailable
from pipeline.feeds.agent import feed_agent
from pipeline.feeds.poll import ACCEPT, Means, poll
from pipeline.feeds.schedule import PollPolicy
from pipeline.feeds.wish import wished_seconds
from pipeline.masking import masked_url
from pipeline.model import FeedLease, Pace, PollCounts, PollResult, Response, Validators
from pipeline.model.changed import changed
from pipeline.store import feeds, shown, subscriptions
from pipeline.store.database import Database
from pipeline.store.durations import Timed
from pipeline.transport import Transport, failure_of_status
from pipeline.urls import registrable_host
from workers.clock import Clock, utc_now
from workers.hands import Hands
from workers.patience import Patience, pause
from workers.recorder import Recorder
from workers.settling import Settling
from workers.timing import TIMING
from workers.turn import wait_for_turn
from workers.way_out import WayOut

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0  #: between two looks for due feeds while none ends
GATHER_SECONDS = 0.2  #: after a look that left nothing due: a claim costs as much for one feed as for twenty
LEASE_SECONDS = 30.0  #: from the host's slot on: how long a feed waits for another poller when this one dies
POLL_SECONDS = 90.0  #: two requests with the usual limit, and reading
RECORD_SECONDS = 120.0  #: for which an absent store is asked again; then the next poll brings the same
GRACE_SECONDS = 20.0  #: for the polls under way when the process is told to stop
NOT_MODIFIED = 304
_TOLD = tuple(field.name for field in fields(PollCounts) if field.name != "arrived")
PARSER_COUNT = 2  #: threads that read documents; Python runs one at a time, the second hides a slow one


class Poller:
    """Claim, poll and record until told to stop; any number of pollers may work on one store."""

    def __init__(
        self,
        database: Database,
        transport: Transport,
        policy: PollPolicy,
        pace: Pace,
        *,
        concurrency: int = 32,
        import_hours: int = 24,
        lease_seconds: float = LEASE_SECONDS,
        poll_seconds: float = POLL_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        random: Random | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._transport = transport
        self._policy = policy
        self._pace = pace
        self._concurrency = concurrency
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._hands = Hands(database, clock, lease_seconds)
        self._grace_seconds = grace_seconds
        self._look_seconds = look_seconds
        self._clock = clock
        self._parsers = ThreadPoolExecutor(PARSER_COUNT, "parse")
        chance, ask, follow = random or SystemRandom(), partial(self._ask, 0), partial(self._follow, 0)
        self._means = Means(ask, policy, chance, clock, self._parsers, wished_seconds, follow=follow, known=self._known)
        self._settling = Settling(database, policy, clock, lease_seconds)
        self._way_out = WayOut(database, transport.reaches, transport.is_near, clock)
        self._subscriber_count = 0
        self._recorder = Recorder(database, import_hours, clock)
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._counts: Counter[str] = Counter()
        self._repeating: set[int] = set()  #: feeds whose last document named entries alike

    def detail(self) -> dict[str, object]:
        """Say how the poller stands, for its heartbeat."""
        return {"running": len(self._running), **self._counts, **self._way_out.detail()}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then let the polls under way end; an absent store is waited for."""
        log.info("poller_started", concurrency=self._concurrency)
        beside = [asyncio.create_task(self._wake_at(stop)), asyncio.create_task(self._hands.keep())]
        try:
            await self._claim_until(stop)
            if self._running:
                await asyncio.wait(self._running, timeout=self._grace_seconds)
        finally:
            await self._cancel_rest()
            for task in beside:
                task.cancel()
            self._parsers.shutdown(wait=False, cancel_futures=True)
        log.info("poller_stopped", **self._counts)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _claim_until(self, stop: asyncio.Event) -> None:
        patience = Patience("claim_waits")
        while not stop.is_set():
            self._wake.clear()
            try:
                await self._way_out.wait(stop)
                await self._settling.settle(stop)
                if not stop.is_set() and not await self._claim():
                    await pause(stop, min(GATHER_SECONDS, self._look_seconds))
            except StoreUnavailable as error:
                await pause(stop, patience.failed(error))
            else:
                patience.succeeded()
                await pause(self._wake, self._look_seconds)

    async def _claim(self) -> bool:
        """Begin as many polls as there is room for; tells whether more may be due now.

        A quarter of the room at least, so that claims come in batches.
        """
        room = self._concurrency - len(self._running)
        if room < max(1, self._concurrency // 4):
            return True
        leases = await self._database.run(
            feeds.claim_due,
            self._clock(),
            room,
            self._lease_seconds,
            self._pace,
            floor_seconds=self._policy.floor_seconds,
        )
        if leases:
            self._subscriber_count = await self._database.look(subscriptions.count_enabled)
        self._hands.take(leases)
        for lease in leases:
            task = asyncio.create_task(self._poll(lease))
            self._running.add(task)
            task.add_done_callback(partial(self._ended, lease))
        return len(leases) == room

    def _ended(self, lease: FeedLease, task: asyncio.Task[None]) -> None:
        """Note the end of a poll; after a mistake of ours its lease runs out, and the others go on."""
        self._running.discard(task)
        self._hands.drop(lease)
        self._wake.set()
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._counts["crashed_count"] += 1
            log.error("poll_crashed", feed_id=lease.feed.id, url=masked_url(lease.feed.url), exc_info=error)

    async def _cancel_rest(self) -> None:
        """Give up what did not end in time; the leases run out by themselves."""
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            log.warning("polls_given_up", count=len(late))

    async def _poll(self, lease: FeedLease) -> None:
        """Wait for the host's slot, poll, record."""
        wait_seconds = (lease.start_at - self._clock()).total_seconds()
        if wait_seconds > 0:
            await asyncio.sleep(wait_seconds)
            if await self._database.run(feeds.give_way, lease, self._clock()):
                return
        if not self._hands.is_held(lease):
            log.warning("poll_too_late", feed_id=lease.feed.id, start_at=lease.start_at.isoformat())
            return
        feed_id = lease.feed.id
        means = changed(self._means, ask=partial(self._ask, feed_id), follow=partial(self._follow, feed_id))
        with TIMING.measured(Timed.POLL):
            result = await poll(lease.feed, means, seconds=self._poll_seconds)
        counts = await self._record(lease, result)
        if counts is not None:
            await self._way_out.note(lease.feed, result)
            self._report(lease, result, counts)

    async def _ask(self, feed_id: int, url: str, validators: Validators) -> Response:
        agent = feed_agent(self._transport.user_agent, feed_id, self._subscriber_count)
        response = await self._transport.get(
            url, max_bytes=self._policy.feed_bytes, accept=ACCEPT, validators=validators, agent=agent
        )
        failure = failure_of_status(response, self._clock())
        if failure is not None:
            raise failure
        return response

    async def _follow(self, feed_id: int, url: str) -> Response:
        """Ask for a further page of a feed in the next slot of its host."""
        await wait_for_turn(self._database.run, registrable_host(url), self._pace, self._clock())
        return await self._ask(feed_id, url, Validators())

    async def _known(self, feed_id: int, identities: list[str]) -> bool:
        return await self._database.look(shown.any_known, feed_id, identities)

    async def _record(self, lease: FeedLease, result: PollResult) -> PollCounts | None:
        """Store the result, if the lease is still ours; None if it could not be stored.

        Nothing is lost then: the validators are the old ones, so the next poll brings the same again (F4).
        """
        patience, began = Patience("record_waits"), time.monotonic()
        while True:
            try:
                counts = await self._recorder.record(lease, result)
            except StoreUnavailable as error:
                if time.monotonic() - began >= RECORD_SECONDS:
                    break
                await asyncio.sleep(patience.failed(error))
            else:
                patience.succeeded()
                if counts is not None:
                    return counts
                break
        self._counts["lost_count"] += 1
        log.warning("poll_not_recorded", feed_id=lease.feed.id, url=masked_url(lease.feed.url))
        return None

    def _report(self, lease: FeedLease, result: PollResult, counts: PollCounts) -> None:
        """Count the poll and log what came of it; an unchanged feed is worth no line."""
        self._counts["polled_count"] += 1
        if result.status == NOT_MODIFIED and not counts.events:
            self._counts["unchanged_count"] += 1
            return
        feed = log.bind(feed_id=lease.feed.id, url=masked_url(lease.feed.url), status=result.status)
        for event in counts.events:
            feed.warning(f"feed_{event}")
        if result.reason is not None:
            self._counts["failed_count"] += 1
            next_at = result.next_poll_at.isoformat(timespec="seconds")
            feed.warning(
                "feed_failed",
                reason=result.reason,
                error=result.error,
                gone=result.gone,
                next_poll_at=next_at,
                bound=result.bound,
            )
        elif result.parsed is None:
            self._counts["unchanged_count"] += 1
        else:
            self._counts["new_entry_count"] += counts.new_count
            if counts.renamed_count * 2 > counts.known_count + counts.new_count:
                feed.warning("feed_renamed_its_entries", count=counts.renamed_count)  # F21: once, and no news
            self._tell_repeats(lease.feed.id, result.parsed.repeated_count, feed)
            log_line = feed.info if counts.new_count or counts.dropped_count else feed.debug
            log_line(
                "feed_polled",
                **{name: getattr(counts, name) for name in _TOLD},
                skipped_count=result.parsed.skipped_count,
                complete=result.parsed.complete,
            )

    def _tell_repeats(self, feed_id: int, count: int, feed: structlog.stdlib.BoundLogger) -> None:
        """Log once that a document names entries alike, until one comes that does not (F33)."""
        if count and feed_id not in self._repeating:
            feed.warning("feed_repeats_its_ids", count=count)
        (self._repeating.add if count else self._repeating.discard)(feed_id)
