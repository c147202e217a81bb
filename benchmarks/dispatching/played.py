"""Play an hour with so many shards, and something that breaks in the midst of it.

In: a `World`, shards, capacity, a mishap. Out: `Outcome`: throughput, waits, the longest backlog, and the wait by the
minute for a picture. Hides nothing. Trap: entries are spread over shards by host, as politeness is kept by host.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from benchmarks.dispatching.shard import STEP_SECONDS, Shard
from benchmarks.dispatching.world import World
from workers.dispatcher import SWEEP_SECONDS
from workers.sweeper import QUEUED_SECONDS

SECONDS = 3600
STEPS = round(1 / STEP_SECONDS)
BREAKS_AT = 1200
SPARE = 1.25  #: what all workers together can read, against what comes in
BURST = 20_000

Mishap = Callable[[Sequence[Shard], float], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an hour came to."""

    name: str
    shards: int
    came: int
    done: int
    median: float
    p95: float
    p99: float
    longest: float
    most_waiting: int
    by_minute: tuple[float, ...]  #: 95th percentile of the wait of what was begun in that minute


def nothing(_shards: Sequence[Shard], _now: float) -> None:
    """Let all go well."""


def lose_a_queue(shards: Sequence[Shard], now: float) -> None:
    """Lose one shard of the queue with all it holds, for a minute."""
    shards[0].lose_queue(now, 60, 60 + QUEUED_SECONDS + SWEEP_SECONDS)


def lose_a_dispatcher(shards: Sequence[Shard], now: float) -> None:
    """Lose one dispatcher that has no second, for five minutes."""
    shards[0].dispatcher_back_at = now + 300


def burst(shards: Sequence[Shard], now: float) -> None:
    """Let many entries of few hosts come at once, as after an outage of a large publisher."""
    for number in range(BURST):
        host = number % 500
        shards[host % len(shards)].take_in(host, now)


def play(name: str, world: World, count: int, mishap: Mishap = nothing, *, seconds: int = SECONDS) -> Outcome:
    """Play it; the same arguments give the same outcome."""
    shards = [Shard({}, world.a_second * SPARE / count) for _ in range(count)]
    came, most = 0, 0
    for second, hosts in enumerate(world.arrivals(seconds, seed=1)):
        came += len(hosts)
        if second == BREAKS_AT:
            mishap(shards, second)
        for step in range(STEPS):
            now = second + step * STEP_SECONDS
            for host in hosts[len(hosts) * step // STEPS : len(hosts) * (step + 1) // STEPS]:
                shards[host % count].take_in(host, now)
            for shard in shards:
                shard.advance(now)
        most = max(most, sum(shard.waiting_count for shard in shards))
    return _outcome(name, shards, came + (BURST if mishap is burst else 0), most, seconds)


def _outcome(name: str, shards: Sequence[Shard], came: int, most: int, seconds: int) -> Outcome:
    waits = [one for shard in shards for one in shard.waits]
    spans = sorted(span for _, span in waits)
    cuts = quantiles(spans, n=100)
    minutes: list[list[float]] = [[] for _ in range(seconds // 60 + 2)]
    for begun, span in waits:
        minutes[min(int(begun // 60), len(minutes) - 1)].append(span)
    by_minute = tuple(sorted(one)[int(len(one) * 0.95)] if one else 0.0 for one in minutes[: seconds // 60])
    return Outcome(name, len(shards), came, len(waits), cuts[49], cuts[94], cuts[98], spans[-1], most, by_minute)
