"""A host that answers one request a minute, and twenty feeds that want it: the real rules on a played clock."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random

from pipeline.errors import Transient
from pipeline.feeds.poll import Means, poll
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import FeedLease, Pace, Reason, Response, Validators
from pipeline.store import feeds, hosts
from pipeline.store.database import Database
from pipeline.transport import Fields
from tests.feeds.documents import numbered
from tests.store.making import NOW

HOST = "crowd.example"
FEEDS = 20
PACE = Pace(gap_seconds=1.0, concurrency=2)
LOOK = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)
LEASE_SECONDS = 30.0


class Crowd:
    """The host: it refuses whoever comes less than a minute after the request before, and says nothing of when."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []
        self.served: dict[str, datetime] = {}
        self.refused: list[datetime] = []

    async def ask(self, at: datetime, url: str, _validators: Validators) -> Response:
        is_early = any(at - before < MINUTE for before in self.asked)
        self.asked.append(at)
        if is_early:
            self.refused.append(at)
            raise Transient(Reason.HTTP_THROTTLED, "too many requests", status=429)
        self.served.setdefault(url, at)
        return Response(url, 200, Fields(()), numbered(1).encode(), 0.1)


async def played(
    database: Database, crowd: Crowd, until: datetime, *, dies: Callable[[FeedLease], bool] = lambda _lease: False
) -> None:
    """Look, ask and record until then; a lease that `dies` belongs to a poller killed before it asked."""
    now, chance = NOW, Random(5)
    while now < until:
        with database.write() as tx:
            leases = feeds.claim_due(tx, now, 8, LEASE_SECONDS, PACE, floor_seconds=1800)
        for lease in leases:
            if dies(lease):
                continue
            at = lease.start_at
            ask: Callable[[str, Validators], Awaitable[Response]] = partial(crowd.ask, at)
            means = Means(ask, PollPolicy(), chance, partial(_instant, at))
            result = await poll(lease.feed, means, seconds=60)
            with database.write() as tx:
                feeds.record_poll(tx, lease, result, 24, at)
        now += LOOK


def _instant(at: datetime) -> datetime:
    return at


def add_all(database: Database) -> None:
    with database.write() as tx:
        for number in range(FEEDS):
            feeds.add(tx, f"https://{HOST}/{number}", now=NOW)


async def test_every_feed_of_a_narrow_host_is_fetched_and_none_comes_early(sqlite_database: Database) -> None:
    """F9: the second request of any minute is refused: within six hours all twenty feeds were fetched.

    Once the host's gap is learned, which takes two or three refusals, no minute has more than one request.
    """
    crowd = Crowd()
    add_all(sqlite_database)
    with hosts.jitter_from(Random(5)):
        await played(sqlite_database, crowd, NOW + timedelta(hours=6))
    assert len(crowd.served) == FEEDS
    assert len(crowd.refused) <= 3
    assert max(crowd.refused) < NOW + timedelta(minutes=10)
    settled = [at for at in crowd.asked if at > max(crowd.refused)]
    assert min(later - earlier for earlier, later in pairwise(settled)) >= MINUTE
    assert len(settled) > 40


async def test_killed_pollers_do_not_starve_a_narrow_host(sqlite_database: Database) -> None:
    """F6, F9: a claim whose poller dies costs its host one slot: siblings take the next, it comes again later."""
    crowd, killed = Crowd(), set[int]()
    add_all(sqlite_database)

    def dies_once(lease: FeedLease) -> bool:
        is_first = lease.feed.id not in killed
        killed.add(lease.feed.id)
        return is_first

    with hosts.jitter_from(Random(5)):
        await played(sqlite_database, crowd, NOW + timedelta(hours=3), dies=dies_once)
    assert len(killed) == len(crowd.served) == FEEDS
