"""A poller whose own line is down: a real poller, a real store, a real web server, a resolver that can be unplugged."""

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest

from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Bound, Feed, Reason
from pipeline.store.database import Database
from pipeline.store.feeds import claim_new, record_poll
from tests.feeds.documents import numbered
from tests.origin import Origin
from tests.store.making import lease_of, polled
from tests.workers.polling import add, polling, stored
from tests.workers.support import eventually
from workers.clock import utc_now
from workers.way_out import WayOut

HOURLY = PollPolicy(interval_seconds=3600, floor_seconds=900)


class Line:
    """A resolver that knows some names while it is plugged in."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.is_up = True

    def lookup(self, host: str, port: int) -> list[tuple[Any, Any, Any, Any, Any]]:
        if not self.is_up or host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "unplugged")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.way_out.LOOK_SECONDS", 0.05)


def feed_url(origin: Origin, host: str) -> str:
    return origin.serve("/feed", numbered(1), host=host)


async def test_an_outage_of_our_own_costs_no_feed_its_turn(origin: Origin, sqlite_database: Database) -> None:
    """Four hosts silent at once are our own line: nothing is asked meanwhile, and all are asked as soon as it is back.

    Without that they would wait a quarter of an hour at least, and up to an hour more.
    """
    names = [f"{name}.example" for name in "abcd"]
    line = Line(*names)
    line.is_up = False
    feeds = [add(sqlite_database, feed_url(origin, name)) for name in names]
    async with polling(sqlite_database, policy=HOURLY, lookup=line.lookup) as poller:
        await eventually(lambda: "network_away_since" in poller.detail())
        assert any(stored(sqlite_database, feed).error_count for feed in feeds)
        late = add(sqlite_database, feed_url(origin, "a.example") + "?late")
        line.is_up = True
        await eventually(lambda: all(stored(sqlite_database, feed).imported_at for feed in (*feeds, late)))
        await eventually(lambda: "network_away_since" not in poller.detail())
    assert [stored(sqlite_database, feed).error_score for feed in feeds] == [0.0] * 4


async def test_what_waits_says_why(origin: Origin, sqlite_database: Database) -> None:
    """A feed that was asked in vain is due, keeps the failures it had of its own, and names the outage."""
    line = Line("a.example", "b.example", "c.example")
    urls = [feed_url(origin, name) for name in line.names]
    line.is_up = False
    feeds = [add(sqlite_database, url) for url in urls]
    async with polling(sqlite_database, policy=HOURLY, lookup=line.lookup, concurrency=3) as poller:
        await eventually(lambda: "network_away_since" in poller.detail())
        with sqlite_database.write() as tx:
            tx.exec_driver_sql("UPDATE feeds SET state = 'paused'")
        other = add(sqlite_database, origin.serve("/feed", numbered(2), host="d.localhost"))
        await eventually(lambda: stored(sqlite_database, other).imported_at)
    seen = [stored(sqlite_database, feed) for feed in feeds]
    assert [(one.bound, one.error_count, one.last_attempt_at) for one in seen] == [(Bound.OUTAGE, 0, None)] * 3


async def nobody(_: str) -> bool:
    """Know nobody who is near."""
    return False


async def test_an_answer_under_way_leaves_nobody_behind(sqlite_database: Database) -> None:
    """One poll may still be answered when the line is down; those asked in vain are due as soon as it is back."""
    feeds = [add(sqlite_database, f"http://{name}.example/") for name in "abcd"]
    open_now = False

    async def reaches(_: str) -> bool:
        return open_now

    stop, way_out = asyncio.Event(), WayOut(sqlite_database, reaches, nobody, utc_now)
    for feed in feeds[:3]:
        with sqlite_database.write() as tx:
            lease = claim_new(tx, feed, utc_now(), 60)
            assert lease is not None
            failed = polled(attempted_at=utc_now(), reason=Reason.NAME_UNKNOWN)
            assert record_poll(tx, lease, failed, 24, utc_now()) is not None
        await way_out.note(feed, failed)
    waiting = asyncio.create_task(way_out.wait(stop))
    await eventually(way_out.detail)
    await way_out.note(feeds[3], polled(attempted_at=utc_now()))
    open_now = True
    await waiting
    assert way_out.detail() == {}
    assert [stored(sqlite_database, feed).bound for feed in feeds[:3]] == [Bound.OUTAGE] * 3


def answered_before(database: Database, url: str) -> Feed:
    earlier = utc_now() - timedelta(hours=1)
    with database.write() as tx:
        lease = lease_of(tx, url, earlier)
        answer = polled(attempted_at=earlier, next_poll_at=earlier + timedelta(days=1))
        assert record_poll(tx, lease, answer, 24, earlier) is not None
    return stored(database, lease.feed)


async def test_an_answer_on_our_own_network_does_not_hide_an_outage(sqlite_database: Database) -> None:
    """A feed on this machine answers all the same: that neither ends the silence of the others nor is a way out."""
    far = [answered_before(sqlite_database, f"http://{name}.example/") for name in "abc"]
    near = answered_before(sqlite_database, "http://wiki.localhost/")
    asked: set[str] = set()
    open_to: set[str] = {near.url}

    async def reaches(url: str) -> bool:
        asked.add(url)
        return url in open_to

    async def is_near(url: str) -> bool:
        return url == near.url

    stop, way_out = asyncio.Event(), WayOut(sqlite_database, reaches, is_near, utc_now)
    for feed in far:
        await way_out.note(feed, polled(attempted_at=utc_now(), reason=Reason.NAME_TEMPORARY))
        await way_out.note(near, polled(attempted_at=utc_now()))
    waiting = asyncio.create_task(way_out.wait(stop))
    await eventually(way_out.detail)
    assert near.url not in asked
    open_to.add(far[1].url)
    await waiting
    assert way_out.detail() == {}


async def test_only_dead_feeds_are_asked_on(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all hosts are dead there is no other sign: they are asked again now and then, and fail on by themselves."""
    monkeypatch.setattr("workers.way_out.DOUBT_SECONDS", 0.1)
    gone = [add(sqlite_database, f"http://gone{n}.example/feed") for n in range(3)]
    async with polling(sqlite_database, lookup=Line().lookup) as poller:
        await eventually(lambda: "network_away_since" in poller.detail())
        await eventually(lambda: all(stored(sqlite_database, feed).error_count > 2 for feed in gone))


async def test_what_a_long_outage_struck_is_forgotten_all_the_same(sqlite_database: Database) -> None:
    """Feeds that were set aside in doubt are due again when there is a way out, as before their first failure."""
    feeds = [answered_before(sqlite_database, f"http://{name}.example/") for name in "abc"]
    clock, is_open = [utc_now()], [False]

    async def reaches(_: str) -> bool:
        return is_open[0]

    stop, way_out = asyncio.Event(), WayOut(sqlite_database, reaches, nobody, lambda: clock[0])
    for feed in feeds:
        later = clock[0] + timedelta(days=1)
        failed = polled(attempted_at=clock[0], next_poll_at=later, reason=Reason.NAME_TEMPORARY)
        with sqlite_database.write() as tx:
            assert record_poll(tx, lease_of(tx, feed.url, clock[0]), failed, 24, clock[0]) is not None
        await way_out.note(feed, failed)
    waiting = asyncio.create_task(way_out.wait(stop))
    await eventually(way_out.detail)
    clock[0] += timedelta(hours=2)
    await waiting
    assert way_out.detail()
    is_open[0] = True
    await way_out.note(feeds[0], polled(attempted_at=clock[0]))
    assert way_out.detail() == {}
    assert [stored(sqlite_database, feed).bound for feed in feeds] == [Bound.OUTAGE] * 3


async def test_dead_feeds_are_no_outage(origin: Origin, sqlite_database: Database) -> None:
    """Three hosts that are gone for good keep nobody else waiting, also where they are asked first."""
    gone = [add(sqlite_database, f"http://gone{n}.example/feed") for n in range(3)]
    async with polling(sqlite_database, lookup=Line().lookup) as poller:
        await eventually(lambda: all(stored(sqlite_database, feed).error_count for feed in gone))
        alive = add(sqlite_database, feed_url(origin, "alive.localhost"))
        await eventually(lambda: stored(sqlite_database, alive).imported_at)
        await origin.wait_for("/feed", count=4)
        await eventually(lambda: "network_away_since" not in poller.detail())
