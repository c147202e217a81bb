"""Two hours in which no worker runs, on a clock that jumps, and what follows when they are back (checklist R18)."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, pairwise
from random import Random
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from benchmarks.faults.words import piece
from benchmarks.killed_day.mortal import STEP_SECONDS
from benchmarks.killed_day.play import Supervisor, store, until_settled
from benchmarks.killed_day.processes import World
from benchmarks.killed_day.virtual_time import run
from config.settings import FetchSettings, Settings
from pipeline.model import Entry, EntryState, FeedLease, ParsedFeed
from pipeline.store import entries, feeds, samples
from pipeline.store.database import Database
from pipeline.store.tables import feeds as feed_rows

FEEDS, HOSTS = 1_000, 250
AWAY_SECONDS = 2 * 3600.0
BRINGING = 3  #: every so manieth feed shows a new entry whenever it is asked
SETTINGS = Settings(fetch=FetchSettings(robots=False))
GAP, AT_ONCE = SETTINGS.fetch.host_gap_seconds, SETTINGS.fetch.host_concurrency


class Papers:
    """Feeds of which some bring news at every poll; an entry's number tells how early it was seen."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.shown = 0

    def show(self, lease: FeedLease) -> ParsedFeed:
        brought = list(self._new(lease)) if lease.feed.id % BRINGING == 0 else []
        return ParsedFeed("Paper", "", "en", tuple(brought), "rss20")

    def _new(self, lease: FeedLease) -> Iterator[Entry]:
        number = self.shown = next(self._numbers)
        one = piece(number)
        yield Entry(str(number), f"https://{urlsplit(lease.feed.url).hostname}/a/{number}", one.title, one.summary)


def world_of(database: Database, papers: Papers) -> World:
    """Make a world of many feeds that are asked once an hour."""
    world = World(
        database,
        SETTINGS,
        papers.show,
        lambda url: piece(int(url.rpartition("/")[2])).text,
        interval_seconds=3600,
        dice=Random(18),
        failing=0.0,
    )
    with database.write() as tx:
        for number in range(FEEDS):
            feeds.add(tx, f"https://paper{number % HOSTS}.example/{number}.xml", now=world.clock())
    return world


async def play(database: Database) -> None:
    """Let everything but workers run for two hours, then them too."""
    papers = Papers()
    world = world_of(database, papers)
    supervisor = Supervisor(world, {"poller": 1, "dispatcher": 1})
    await asyncio.sleep(AWAY_SECONDS)
    look_at_what_waits(world, papers.shown)
    stop_polling(supervisor)
    for _ in range(2):
        supervisor.start("worker")
    with database.read() as tx:
        stored = sum(entries.count_by_state(tx).values())
    assert await until_settled(database, stored, world, 1800) is not None
    await supervisor.end()
    look_at_how_it_drained(world, stored)


def stop_polling(supervisor: Supervisor) -> None:
    """End the poller, so that what there is to drain is known."""
    for kind, life in supervisor.living:
        if kind == "poller":
            life.dead_since = asyncio.get_running_loop().time()


def look_at_what_waits(world: World, shown: int) -> None:
    """See that feeds were asked, the queue holds what it may, the rest are rows, and how late they are is shown."""
    with world.database.write() as tx:
        samples.take(tx, world.clock())
        [*_, sample] = samples.since(tx, samples.SampledStage.PAGES, world.clock() - timedelta(minutes=1))
        assert tx.execute(select(func.min(feed_rows.c.poll_count))).scalar_one() >= 2
        states = entries.count_by_state(tx)
    assert shown > 550
    assert world.pages.most == len(world.pages.queued) == SETTINGS.queue.high_water
    assert states[EntryState.QUEUED] == SETTINGS.queue.high_water
    assert states[EntryState.WAITING] == shown - SETTINGS.queue.high_water
    assert sample.oldest_seconds > 3600
    assert not world.asked


def look_at_how_it_drained(world: World, stored: int) -> None:
    """See that each page was asked once, the oldest of a host first, and no host faster than at any other time."""
    hosts = defaultdict(list)
    for url, asked_at, answered_at in world.asked:
        hosts[urlsplit(url).hostname].append((asked_at, answered_at, int(url.rpartition("/")[2])))
    pages = [number for asked in hosts.values() for *_, number in asked]
    assert len(pages) == len(set(pages)) == stored
    for asked in hosts.values():
        asked.sort()
        assert min((b[0] - a[0] for a, b in pairwise(asked)), default=GAP) > GAP - 2 * STEP_SECONDS
        assert all(after[0] >= before[1] for before, after in zip(asked, asked[AT_ONCE:], strict=False))
        numbers = [number for *_, number in asked]
        places = {number: place for place, number in enumerate(sorted(numbers))}
        assert max(abs(places[number] - place) for place, number in enumerate(numbers)) <= AT_ONCE


@pytest.mark.slow
def test_two_hours_without_workers_cost_time_and_nothing_else() -> None:
    """R18: a thousand feeds go on being polled; then the backlog drains, the oldest first, as hosts allow."""
    with store() as database:
        run(lambda: play(database))
