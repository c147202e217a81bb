"""Share a burst of work, then kill and cut off one of each kind in turn while more comes in.

In: a stage. Out: a `Line` for each fault, the shares of each process, the account of everything. Trap: who is
cut off must be so for longer than a lease, or nobody has to take anything over.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.compose.containers import Container
from benchmarks.compose.inside import reached
from benchmarks.compose.stage import Stage
from benchmarks.faults.accounts import Account, account
from benchmarks.faults.scene import PER_SECOND
from benchmarks.faults.settling import settle

STANDSTILL_SECONDS = 120.0
KILLED_SECONDS = 10.0  #: until it is started again; its leases run out after that
BEAT_SECONDS = 6.0  #: until each process has said once more what it did
ASKED_FOR = {"poller": "feed", "worker": "a", "deliveries": "hook"}  #: what each kind of process asks the newsroom for
RELEASED = "released"
ALERTS_FILE = "/var/lib/storywatch/data/alerts.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One fault and what came of it."""

    what: str
    published: int  #: meanwhile
    seconds: float | None  #: from its end until everything was accounted for; None: it stood still


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to."""

    burst_count: int
    burst_seconds: float | None
    shares: Mapping[str, Mapping[str, int]]  #: of the burst, by kind and container
    lines: list[Line] = field(default_factory=list)
    account: Account | None = None
    broken: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether every promise held."""
        settled = [self.burst_seconds, *(line.seconds for line in self.lines)]
        return self.account is not None and not self.broken and None not in settled


async def play(stage: Stage, burst_count: int, outage_seconds: float) -> Result:
    """Play everything and take the account."""
    sys.stderr.write("all processes beat\n")
    inside = await asyncio.to_thread(reached, stage.project, (*ASKED_FOR, "dispatcher"))
    before = _work(stage)
    stage.newsroom.publish(burst_count)
    took = await settle(stage.newsroom, stage.database, STANDSTILL_SECONDS)
    await asyncio.sleep(BEAT_SECONDS)
    shares = {kind: dict(count - before[kind]) for kind, count in _work(stage).items()}
    sys.stderr.write(f"burst: {took}, {shares}\n")
    lines = [line async for line in _faults(stage, outage_seconds)]
    found = await asyncio.to_thread(account, stage.newsroom, stage.database)
    broken = (*inside, *found.broken, *(await asyncio.to_thread(_alerts_file, stage, found.alerts)))
    return Result(burst_count, took, shares, lines, found, broken)


async def _faults(stage: Stage, outage_seconds: float) -> AsyncIterator[Line]:
    for kind in (*ASKED_FOR, "dispatcher"):
        found = stage.project.containers(kind)
        ways = (
            ("killed", _killed, found[0], KILLED_SECONDS),
            ("cut off", _cut, found[-1], outage_seconds),  # one that has not just been started, so it holds work
        )
        for what, out, one, lasting in ways:
            published = len(stage.newsroom.published)
            async with _loaded(stage), out(stage, one):
                await asyncio.sleep(lasting)
            stage.note_addresses()
            seconds = await settle(stage.newsroom, stage.database, STANDSTILL_SECONDS)
            line = Line(f"a {kind} {what}", len(stage.newsroom.published) - published, seconds)
            sys.stderr.write(f"{line}\n")
            yield line


@asynccontextmanager
async def _loaded(stage: Stage) -> AsyncIterator[None]:
    task = asyncio.create_task(stage.newsroom.publish_steadily(PER_SECOND))
    try:
        await asyncio.sleep(2 / PER_SECOND)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _killed(stage: Stage, one: Container) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.project.kill, one)
    yield
    await asyncio.to_thread(stage.project.start, one)


@asynccontextmanager
async def _cut(stage: Stage, one: Container) -> AsyncIterator[None]:
    await asyncio.to_thread(stage.project.cut, one)
    yield
    await asyncio.to_thread(stage.project.join, one)


def _work(stage: Stage) -> dict[str, Counter[str]]:
    """Count what each container asked the newsroom for, and what each dispatcher says it released."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in (*ASKED_FOR, "dispatcher")}
    for (address, path), count in stage.newsroom.asked_by.items():
        for kind in [kind for kind, asked in ASKED_FOR.items() if asked == path]:
            found[kind][stage.hosts.get(address, address)] += count
    found["dispatcher"].update(dict(_released(stage)))
    return found


def _released(stage: Stage) -> Iterator[tuple[str, int]]:
    details = stage.details()
    for one in stage.project.containers("dispatcher"):
        for name, detail in details.items():
            counted = detail.get(RELEASED)
            if one.host in name and isinstance(counted, dict):
                yield one.name, sum(map(int, counted.values()))


def _alerts_file(stage: Stage, alert_count: int) -> list[str]:
    """See that the file channel, to which several delivery workers write, holds whole lines and every alert."""
    lines = stage.project.read(stage.project.containers("deliveries")[0], ALERTS_FILE).splitlines()
    whole = [line for line in lines if line.startswith("{") and line.endswith("}")]
    bad = [f"{len(lines) - len(whole)} lines of the file channel are torn"] if len(whole) < len(lines) else []
    return [
        *bad,
        *([f"the file channel holds {len(whole)} of {alert_count} alerts"] if len(whole) < alert_count else []),
    ]
