"""One shard of the work: its hosts, what waits at them, its queue, its dispatcher and its workers.

In: entries by host, and the time. Out: how long each waited until its request could start. Hides nothing: hosts are
paced by the product's own `Slots`, rounds are as large and as frequent as the product's own. Trap: time goes on in
steps, so a round begins up to one `STEP_SECONDS` late and nothing shorter is seen. A page takes no longer than the gap,
so that of the two a host may have under way one waits for its slot.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.model import Pace
from pipeline.store.hosts import Slots
from workers.dispatcher import BATCH, BUSY_SECONDS

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PACE = Pace(gap_seconds=1.0, concurrency=2)
HIGH_WATER = 500
STEP_SECONDS = 0.01
RELEASE_SECONDS = 0.030  #: of one round of 200 rows; measured, see docs/scaling.md
HOST_SECONDS = 0.000_002  #: more for each host at which something waits: the query steps from host to host


@dataclass(slots=True)
class Host:
    """A host, its pace, and when each of its waiting entries was first seen."""

    waiting: deque[float] = field(default_factory=deque)
    slots: Slots = field(default_factory=lambda: Slots(PACE.concurrency, EPOCH))
    listed: bool = False


@dataclass(slots=True)
class Shard:
    """A queue with its dispatcher and workers; `advance` it from round to round."""

    hosts: dict[int, Host]
    capacity: float  #: pages a second that its workers read
    next_round_at: float = 0.0
    dispatcher_back_at: float = 0.0
    queue_back_at: float = 0.0
    waiting_count: int = 0
    waits: list[tuple[float, float]] = field(default_factory=list)  #: (when done, how long it waited)
    _resting: list[tuple[float, float, int]] = field(default_factory=list)  #: a heap of (open at, oldest, host)
    _open: list[tuple[float, int]] = field(default_factory=list)  #: a heap of (oldest, host)
    _queue: deque[tuple[float, float]] = field(default_factory=deque)  #: (start not before, first seen)
    _free_at: float = 0.0

    def take_in(self, host: int, seen_at: float) -> None:
        """Let an entry wait."""
        found = self.hosts.setdefault(host, Host())
        found.waiting.append(seen_at)
        self.waiting_count += 1
        self._list(host, found)

    def advance(self, now: float) -> None:
        """Let workers take what they can until now, and the dispatcher release if a round is due."""
        if now >= self.queue_back_at:
            self._work(now)
        if now >= max(self.next_round_at, self.dispatcher_back_at, self.queue_back_at):
            self._release(now)
            listed = len(self._resting) + len(self._open)
            self.next_round_at = now + BUSY_SECONDS + RELEASE_SECONDS + HOST_SECONDS * listed

    def lose_queue(self, now: float, seconds: float, found_after: float) -> None:
        """Lose what is queued; the rows wait again once a sweep has missed their jobs."""
        self.queue_back_at = now + seconds
        lost, self._queue = list(self._queue), deque()
        self._give_back(seen for _, seen in lost)
        self.dispatcher_back_at = max(self.dispatcher_back_at, now + found_after)

    def _give_back(self, seen: Iterable[float]) -> None:
        """Let rows wait again, at a host of their own: their real hosts have taken their slots already."""
        for number, one in enumerate(seen):
            self.take_in(-1 - number, one)

    def _list(self, name: int, host: Host) -> None:
        if host.waiting and not host.listed:
            opens = (host.slots.next_start_at - EPOCH).total_seconds() - PACE.gap_seconds * (PACE.concurrency - 1)
            heapq.heappush(self._resting, (opens, host.waiting[0], name))
            host.listed = True

    def _release(self, now: float) -> None:
        """Release what there is room for: hosts that are open, the host of the oldest entry first, in turns."""
        while self._resting and self._resting[0][0] <= now:
            _, oldest, name = heapq.heappop(self._resting)
            heapq.heappush(self._open, (oldest, name))
        room = min(HIGH_WATER - len(self._queue), BATCH, len(self._open))
        names = [heapq.heappop(self._open)[1] for _ in range(room)]
        for name in names:
            host = self.hosts[name]
            host.listed = False
            self._queue_one(host, now)
            self._list(name, host)

    def _queue_one(self, host: Host, now: float) -> None:
        seen = host.waiting.popleft()
        self.waiting_count -= 1
        start = host.slots.take(PACE, EPOCH + timedelta(seconds=now))
        self._queue.append(((start - EPOCH).total_seconds(), seen))

    def _work(self, now: float) -> None:
        self._free_at = max(self._free_at, now - STEP_SECONDS)
        while self._queue and self._free_at <= now:
            start, seen = self._queue.popleft()
            begun = max(self._free_at, start)
            self._free_at += 1 / self.capacity
            self.waits.append((begun, begun - seen))
