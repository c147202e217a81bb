"""Two pollers on a fake clock that share a store: they are killed, stopped for longer than a lease, and started again.

In: the store, an origin, what the owner allows. Out: nothing; the origin remembers. Hides the queue of what happens
next. Trap: no time passes while something happens, so a poll that takes seconds is two events, asking and recording,
and a poller that is killed or stopped between them is where the interesting faults lie.
"""

import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection, select

from pipeline.feeds.poll import Means, poll
from pipeline.feeds.schedule import PollPolicy, spread_seconds
from pipeline.feeds.wish import wished_seconds
from pipeline.model import FeedLease, FeedState, Pace, PollResult, Response, Validators
from pipeline.store import feeds, times
from pipeline.store.database import Database
from pipeline.store.tables import feeds as feed_rows
from pipeline.store.tables import hosts
from pipeline.store.types import EPOCH
from workers.etiquette.scene import Origin
from workers.hands import RENEWALS
from workers.poller import POLL_SECONDS

LOOK = timedelta(minutes=3)  # a real poller looks every second; nothing but the run's speed depends on it
LEASE_SECONDS = POLL_SECONDS + 30  # one that is never renewed, for a poll has no middle here in which to do it
CONCURRENCY = 8
IMPORT_HOURS = 24
KILLED_EVERY = timedelta(minutes=7)
STOPPED = timedelta(minutes=40)  # longer than a lease, and than the floor, so that others take over

Happen = Callable[[], Awaitable[None]]


class Timeline:
    """The fake clock, and what happens when."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._queue: list[tuple[datetime, int, Happen]] = []
        self._order = 0

    def at(self, when: datetime, happen: Happen) -> None:
        """Let something happen, not before now."""
        self._order += 1
        heapq.heappush(self._queue, (max(when, self.now), self._order, happen))

    async def run_until(self, end: datetime) -> None:
        """Let everything happen in its order."""
        while self._queue and self._queue[0][0] <= end:
            self.now, _order, happen = heapq.heappop(self._queue)
            await happen()
        self.now = end


@dataclass(frozen=True, slots=True)
class World:
    """What the pollers share."""

    timeline: Timeline
    database: Database
    origin: Origin
    policy: PollPolicy
    pace: Pace
    random: Random


@dataclass(frozen=True, slots=True)
class StoredPoll:
    """A poll that was stored."""

    feed_id: int
    attempted_at: datetime
    stored_at: datetime
    succeeded: bool
    shown: frozenset[str]  #: identities of the document's entries


@dataclass(slots=True)
class PlayedPoller:
    """One poller process."""

    world: World
    life: int = 0  #: raised by each kill: what an earlier life had planned does not happen
    stopped_until: datetime | None = None
    running: int = 0
    in_hand: int = 0  #: asked and not stored yet
    lost_count: int = 0
    stored: list[StoredPoll] = field(default_factory=list)

    async def start(self) -> None:
        """Begin a life as a real poller does: due times are put in order, then it looks."""
        now, database = self.world.timeline.now, self.world.database
        self.life += 1
        self.running = self.in_hand = 0
        with database.write() as tx:
            times.mend(tx, now)
            late = times.overdue(tx, now)
            usual = self.world.policy.interval_seconds
            waits = spread_seconds([one.planned_seconds or usual for one in late], self.world.random)
            times.put_off(tx, late, waits, now)
        self._plan(now, self._look)

    def _plan(self, when: datetime, happen: Happen) -> None:
        """Let something happen in this life; what falls into a stop happens at its end."""
        life = self.life

        async def if_alive() -> None:
            if self.life != life:
                return
            if self.stopped_until is not None and self.world.timeline.now < self.stopped_until:
                self.world.timeline.at(self.stopped_until, if_alive)
                return
            await happen()

        self.world.timeline.at(when, if_alive)

    async def _look(self) -> None:
        now, world = self.world.timeline.now, self.world
        room = CONCURRENCY - self.running
        with world.database.write() as tx:
            leases = feeds.claim_due(tx, now, room, LEASE_SECONDS, world.pace, floor_seconds=world.policy.floor_seconds)
            due_at = _next_claim_at(tx, world.policy)
        for lease in leases:
            self.running += 1
            self._begin(lease)
        self._plan(max(now + LOOK, due_at), self._look)

    def _begin(self, lease: FeedLease) -> None:
        async def ask() -> None:
            await self._ask(lease)

        self._plan(lease.start_at, ask)

    async def _ask(self, lease: FeedLease) -> None:
        world, seconds = self.world, 0.0
        too_late = lease.until - world.timeline.now < timedelta(seconds=LEASE_SECONDS / RENEWALS)
        if too_late or self._gives_way(lease):
            self.running -= 1
            return

        async def get(url: str, validators: Validators) -> Response:
            nonlocal seconds
            response, taken = world.origin.ask(url, validators, world.timeline.now + timedelta(seconds=seconds))
            seconds += taken
            return response

        means = Means(get, world.policy, world.random, lambda: world.timeline.now, wish=wished_seconds)
        result = await poll(lease.feed, means, seconds=POLL_SECONDS)

        self.in_hand += 1

        async def record() -> None:
            self._record(lease, result)

        self._plan(world.timeline.now + timedelta(seconds=max(seconds, 0.5)), record)

    def _gives_way(self, lease: FeedLease) -> bool:
        with self.world.database.write() as tx:
            return feeds.give_way(tx, lease, self.world.timeline.now)

    def _record(self, lease: FeedLease, result: PollResult) -> None:
        self.running -= 1
        self.in_hand -= 1
        with self.world.database.write() as tx:
            counts = feeds.record_poll(tx, lease, result, IMPORT_HOURS, self.world.timeline.now)
        if counts is None:
            self.lost_count += 1
            return
        shown = frozenset(entry.identity for entry in result.parsed.entries) if result.parsed else frozenset()
        now, succeeded = self.world.timeline.now, result.reason is None
        self.stored.append(StoredPoll(lease.feed.id, result.attempted_at, now, succeeded, shown))


def _next_claim_at(tx: Connection, policy: PollPolicy) -> datetime:
    """Give when the next feed can be claimed, so that no look is in vain: due, off its floor, its host rested."""
    columns = (feed_rows.c.next_poll_at, feed_rows.c.last_attempt_at, hosts.c.not_before_at, hosts.c.next_start_at)
    found = select(*columns).join(hosts, hosts.c.host == feed_rows.c.host)
    rows = tx.execute(found.where(feed_rows.c.state == FeedState.ACTIVE, feed_rows.c.lease_until.is_(None))).all()
    floor = timedelta(seconds=policy.floor_seconds)
    soonest: datetime = min(
        max(row.next_poll_at, row.not_before_at, row.next_start_at, (row.last_attempt_at or EPOCH) + floor)
        for row in rows
    )
    return soonest


class Trouble:
    """Kills one poller after the other, and stops one for longer than a lease."""

    def __init__(self, world: World, pollers: list[PlayedPoller]) -> None:
        self._world = world
        self._pollers = pollers
        self.kill_count = 0

    async def kill(self) -> None:
        """Kill the next poller without a word; it is started again at once."""
        victim = self._pollers[self.kill_count % len(self._pollers)]
        self.kill_count += 1
        if victim.stopped_until is None or victim.stopped_until <= self._world.timeline.now:
            await victim.start()
        self._world.timeline.at(self._world.timeline.now + KILLED_EVERY, self.kill)

    async def stop(self) -> None:
        """Stop the poller that has most in hand."""
        busiest = max(self._pollers, key=lambda poller: poller.in_hand)
        if not busiest.in_hand:
            self._world.timeline.at(self._world.timeline.now + timedelta(seconds=1), self.stop)
            return
        busiest.stopped_until = self._world.timeline.now + STOPPED
