"""Play it: publish, kill, wait until everything is accounted for, and compare.

In: hours, a seed. Out: `Killings`. Hides a store in a folder of its own. Trap: the same seed plays the same day, so
what is found once is found again.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.faults.accounts import Account, account
from benchmarks.faults.newsroom import Newsroom
from benchmarks.faults.words import ASKED, piece
from benchmarks.killed_day.mortal import Doom, Killed, Life
from benchmarks.killed_day.processes import PROCESSES, World, beat
from benchmarks.killed_day.virtual_time import run
from benchmarks.replay.stored import ENDED, ENDED_DELIVERIES
from config.settings import FetchSettings, Settings
from pipeline.model import Entry, FeedLease, ParsedFeed
from pipeline.store import counts, feeds, subscriptions
from pipeline.store.database import Database

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in memory: the play waits for no disk
COUNTS = {"poller": 1, "dispatcher": 2, "worker": 2, "deliverer": 1}
PUBLISH_SECONDS = 30.0
SHOWN = 40  #: newest pieces of an outlet
KILL_SECONDS = (5.0, 30.0)
FLUSH_SECONDS = 3600.0
LONGEST_SECONDS = 7 * 3600.0  #: after the last kill: five tries of a page take three hours


@dataclass(frozen=True, slots=True)
class Killings:
    """What a day came to."""

    hours: float
    kills: Counter[str]
    flushes: int
    account: Account
    settled_seconds: float | None  #: after the last kill; None if it never was
    most_queued: int


def play(hours: float, seed: int = 1, *, patience_seconds: float = LONGEST_SECONDS) -> Killings:
    """Play so many hours; `patience_seconds` is how long it may take afterwards."""
    with store() as database:
        return run(lambda: _day(database, hours, Random(seed), patience_seconds))


@contextmanager
def store() -> Iterator[Database]:
    """Give an empty store that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="storywatch-killed-", dir=MEMORY if MEMORY.is_dir() else None))
    database = Database.open(f"sqlite:///{folder / 'storywatch.db'}")
    try:
        database.migrate()
        yield database
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


class Supervisor:
    """Keeps so many processes of each kind, and kills one when told."""

    def __init__(self, world: World, wanted: dict[str, int]) -> None:
        self._world = world
        self._born: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.living: list[tuple[str, Life]] = []
        self.kills: Counter[str] = Counter()
        for kind, count in wanted.items():
            for _ in range(count):
                self.start(kind)

    def start(self, kind: str) -> None:
        """Start a process."""
        self._born[kind] += 1
        life = Life(f"{kind}-{self._born[kind]}")
        self.living.append((kind, life))
        for main in (PROCESSES[kind](self._world, life), beat(self._world, life, kind)):
            task = asyncio.create_task(_until_killed(main))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            asyncio.get_running_loop().stop()
            raise task.exception()  # type: ignore[misc]

    async def kill(self, dice: Random) -> None:
        """Kill one, and start another a moment later."""
        kind, life = self.living.pop(dice.randrange(len(self.living)))
        doom = dice.choice(list(Doom))
        if doom is Doom.NOW:
            life.dead_since = asyncio.get_running_loop().time()
        life.doom = doom
        self.kills[kind] += 1
        await asyncio.sleep(dice.uniform(1, 4))
        if life.dead_since is None:  # nothing was written since
            life.dead_since = asyncio.get_running_loop().time()
        self.start(kind)

    async def end(self) -> None:
        """End all."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _until_killed(main: Awaitable[None]) -> None:
    try:
        await main
    except Killed:
        return


async def _day(database: Database, hours: float, dice: Random, patience_seconds: float) -> Killings:
    newsroom = Newsroom(port=8080)
    world = World(
        database,
        Settings(fetch=FetchSettings(robots=False, host_gap_seconds=0, host_concurrency=32)),
        lambda lease: _show(newsroom, lease),
        lambda url: piece(int(url.rpartition("/")[2])).text,
        interval_seconds=300,
        dice=dice,
        heard=newsroom.heard,
    )
    with database.write() as tx:
        for url in newsroom.feed_urls:
            feeds.add(tx, url, now=world.clock())
        for word in ASKED:
            subscriptions.add(tx, word, word, ["receiver"], world.clock())
    supervisor = Supervisor(world, COUNTS)
    publishing = asyncio.create_task(newsroom.publish_steadily(1 / PUBLISH_SECONDS))
    flushes = await _kill_until(hours * 3600, supervisor, world, dice)
    publishing.cancel()
    settled = await until_settled(database, len(newsroom.published), world, patience_seconds)
    await supervisor.end()
    done = account(newsroom, database)
    return Killings(hours, supervisor.kills, flushes, done, settled, max(world.pages.most, world.deliveries.most))


async def _kill_until(seconds: float, supervisor: Supervisor, world: World, dice: Random) -> int:
    loop, flushes = asyncio.get_running_loop(), 0
    while loop.time() < seconds:
        await asyncio.sleep(dice.uniform(*KILL_SECONDS))
        await supervisor.kill(dice)
        if loop.time() > (flushes + 1) * FLUSH_SECONDS:
            flushes += 1
            world.pages.flush()
            world.deliveries.flush()
    return flushes


def _show(newsroom: Newsroom, lease: FeedLease) -> ParsedFeed:
    [outlet] = [number for number, url in enumerate(newsroom.feed_urls) if url == lease.feed.url]
    pieces = [one for one in newsroom.published if one.outlet == outlet][-SHOWN:]
    newsroom.shown |= {one.number for one in pieces}
    shown = [
        Entry(str(one.number), newsroom.url(one), one.title, summary=one.summary, guid=str(one.number))
        for one in reversed(pieces)
    ]
    return ParsedFeed(f"Paper {outlet}", newsroom.root(outlet), "en", tuple(shown), "rss20")


async def until_settled(database: Database, count: int, world: World, seconds: float) -> float | None:
    """Wait until so many entries have ended, or more, and every alert was handed over; the seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < seconds:
        if _is_settled(database, count, world):
            return loop.time() - began
        await asyncio.sleep(5)
    return None


def _is_settled(database: Database, count: int, world: World) -> bool:
    with database.read() as tx:
        seen = counts.overview(tx, world.clock())
    ended = sum(number for state, number in seen.entries.items() if state in ENDED)
    return ended >= count and not any(n for state, n in seen.deliveries.items() if state not in ENDED_DELIVERIES)
