"""The whole run: two days in a few seconds, and the report card.

In: how long it lasts, a seed. Out: verdicts. Hides a store in a folder of its own that is gone afterwards. Trap: the
jitter of all hosts of this process comes from the seed while it is played.
"""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Connection, func, select, update

from pipeline.feeds.schedule import PollPolicy, spread_seconds
from pipeline.model import EntryState, Pace
from pipeline.store import feeds, hosts
from pipeline.store.adding import Quota, add_many
from pipeline.store.database import Database
from pipeline.store.tables import entries
from pipeline.store.tables import feeds as feed_rows
from pipeline.urls import canonical
from workers.etiquette.cast import Cast, whole_cast
from workers.etiquette.pollers import PlayedPoller, Timeline, Trouble, World
from workers.etiquette.rules import Record, Verdict, judge
from workers.etiquette.scene import Origin

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOURS = 48.0
CLICKED = "etag-3"
CROWDED, CROWDED_HOURS = ("crowd-", "many-"), 12.0  #: by then their hosts have been asked some hundred times
POLICY = PollPolicy(adaptive=True)
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own in memory: the run waits for no disk
PACE = Pace(gap_seconds=1.0, concurrency=2)


@dataclass(frozen=True, slots=True)
class Card:
    """The report card."""

    hours: float
    feed_count: int
    request_count: int
    kill_count: int
    verdicts: tuple[Verdict, ...]

    @property
    def is_good(self) -> bool:
        """Tell whether every rule was kept."""
        return all(verdict.kept for verdict in self.verdicts)


def play(hours: float = HOURS, seed: int = 1) -> Card:
    """Play the run and judge it."""
    folder = Path(tempfile.mkdtemp(prefix="storywatch-etiquette-", dir=MEMORY if MEMORY.is_dir() else None))
    database = Database.open(f"sqlite:///{folder / 'etiquette.db'}")
    try:
        database.migrate()
        with hosts.jitter_from(Random(seed + 1)):  # noqa: S311 - plays, hides nothing
            return asyncio.run(_play(database, hours, seed))
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _play(database: Database, hours: float, seed: int) -> Card:
    cast, random = whole_cast(START, hours), Random(seed)  # noqa: S311 - plays, hides nothing
    world = World(Timeline(START), database, Origin(cast.actors), POLICY, PACE, random)
    ids = _begin(world, cast)
    pollers = [PlayedPoller(world), PlayedPoller(world)]
    trouble = Trouble(world, pollers)
    for poller in pollers:
        await poller.start()
    clicked_at = START + timedelta(hours=hours / 3)
    _click(world, ids[_url_of(cast, CLICKED)], clicked_at)
    _thin_out(world, [ids[actor.url] for actor in cast.actors if actor.name.startswith(CROWDED) and actor.url in ids])
    world.timeline.at(START + timedelta(minutes=7), trouble.kill)
    world.timeline.at(START + timedelta(hours=hours / 2), trouble.stop)
    end = START + timedelta(hours=hours)
    await world.timeline.run_until(end)
    record = _record(world, cast, ids, pollers, trouble, clicked_at, end)
    return Card(hours, len(cast.feeds), len(world.origin.asked), trouble.kill_count, tuple(judge(record)))


def _url_of(cast: Cast, name: str) -> str:
    return next(actor.url for actor in cast.actors if actor.name == name)


def _begin(world: World, cast: Cast) -> dict[str, int]:
    """Import the list as a user would, and let some feeds have a past of redirects."""
    waits = spread_seconds([world.policy.interval_seconds] * len(cast.feeds), world.random)
    with world.database.write() as tx:
        added = add_many(tx, [(url, "", "") for url in cast.feeds], Quota(1000, 1000), START, waits)
        ids = {feed.url: feed.id for feed in added.new}
        for url, target in cast.moved.items():
            past = {"moved_url": target, "moved_since_at": START - timedelta(days=9), "moved_count": 50}
            tx.execute(update(feed_rows).where(feed_rows.c.id == ids[url]).values(past))
    return ids


def _click(world: World, feed_id: int, at: datetime) -> None:
    """Ask for a feed by hand, twenty times in ten seconds."""

    async def click() -> None:
        with world.database.write() as tx:
            feeds.make_due(tx, feed_id, world.timeline.now)

    for n in range(20):
        world.timeline.at(at + timedelta(seconds=n / 2), click)


def _thin_out(world: World, feed_ids: list[int]) -> None:
    """Pause the feeds of crowded hosts after a while: they are half of all requests, and show nothing new any more."""

    async def pause() -> None:
        with world.database.write() as tx:
            for feed_id in feed_ids:
                feeds.pause(tx, feed_id)

    world.timeline.at(START + timedelta(hours=CROWDED_HOURS), pause)


def _record(
    world: World,
    cast: Cast,
    ids: dict[str, int],
    pollers: list[PlayedPoller],
    trouble: Trouble,
    clicked_at: datetime,
    end: datetime,
) -> Record:
    names = {ids[actor.url]: actor.name for actor in cast.actors if actor.url in ids}
    stored = {(names[poll.feed_id], poll.attempted_at): poll for poller in pollers for poll in poller.stored}
    with world.database.read() as tx:
        urls = {url: _address_now(tx, feed_id) for url, feed_id in ids.items()}
        own = select(func.count()).select_from(entries).where(entries.c.state != EntryState.MERGED)
        entry_count = tx.execute(own).scalar_one()
    shown = {identity for poll in stored.values() for identity in poll.shown}
    return Record(
        start=START,
        end=end,
        asked=world.origin.asked,
        stored={key: poll.succeeded for key, poll in stored.items()},
        stored_at={key: poll.stored_at for key, poll in stored.items()},
        urls=urls,
        feed_of={actor.name: names[ids[url]] for url, now in urls.items() for actor in cast.actors if actor.url == now},
        thinned_at=min(START + timedelta(hours=CROWDED_HOURS), end),
        clicked_at=clicked_at,
        clicked=CLICKED,
        served_count=len(shown),
        entry_count=entry_count,
        lost_count=sum(poller.lost_count for poller in pollers),
        kill_count=trouble.kill_count,
        policy=world.policy,
        pace=world.pace,
    )


def _address_now(tx: Connection, feed_id: int) -> str:
    row = tx.execute(select(feed_rows.c.url, feed_rows.c.removed).where(feed_rows.c.id == feed_id)).one()
    return "" if row.removed else canonical(row.url)
