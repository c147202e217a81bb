"""Push end to end: a real poller, a real hub of our own, the dashboard on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.hub_routes import BODY_BYTES, Callbacks
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Feed, FeedState, Push, PushOffer, PushState
from pipeline.store import feeds, pushes
from pipeline.store.database import Database
from pipeline.store.tables import pushes as push_rows
from pipeline.transport import Transport
from tests.dashboard.serving import Answer as Reply
from tests.dashboard.serving import Site, serving
from tests.feeds.documents import rss
from tests.origin import Answer, Origin
from tests.origin.hub import Hub
from tests.workers.polling import NO_PACE, WEB, add, feed_answer, stored, stored_entries
from tests.workers.support import eventually
from workers.clock import utc_now
from workers.poller import Poller
from workers.subscriber import Subscriber

ITEM = "<item><guid>{0}</guid><link>https://gazette.example/{0}</link><title>Story {0}</title></item>"
LINKS = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="{}" href="{}"/>'
SLOW = PollPolicy(interval_seconds=3600, floor_seconds=1800)


def body(origin: Origin, hub_url: str, *numbers: int) -> str:
    """Give a document that names the hub; its name for itself is not the address that we know it by."""
    links = LINKS.format("hub", hub_url) + LINKS.format("self", origin.url("/canonical"))
    return rss(links + "".join(ITEM.format(number) for number in numbers))


@pytest.fixture
def site(sqlite_database: Database) -> Iterator[Site]:
    """Serve the callbacks; without a password the dashboard would let only this machine in."""
    callbacks = Callbacks(sqlite_database, utc_now)
    with serving(create_app(sqlite_database, WebSettings(password="a long password"), callbacks=callbacks)) as running:
        yield running


@asynccontextmanager
async def watching(database: Database, site: Site, policy: PollPolicy = SLOW) -> AsyncIterator[Poller]:
    """Poll and subscribe inside the block."""
    stop = asyncio.Event()
    async with Transport(WEB) as transport:
        poller = Poller(database, transport, policy, NO_PACE, look_seconds=0.05)
        subscriber = Subscriber(database, transport, site.origin, look_seconds=0.05)
        running = asyncio.gather(poller.run(stop), subscriber.run(stop))
        try:
            yield poller
        finally:
            stop.set()
            await running


def push_of(database: Database) -> Push | None:
    with database.read() as tx:
        return next(iter(pushes.list_all(tx)), None)


def state_of_push(database: Database) -> PushState | None:
    push = push_of(database)
    return push.state if push else None


def is_trusted(database: Database, feed: Feed) -> bool:
    until = stored(database, feed).push_until
    return until is not None and until > utc_now()


async def subscribed(hub: Hub) -> None:
    await eventually(hub.confirmed.is_set)


async def test_what_a_hub_pushes_is_there_without_a_poll(origin: Origin, sqlite_database: Database, site: Site) -> None:
    """F35, F36, F37: found, subscribed, verified, pushed: the entry is stored with no request to the feed."""
    hub = Hub(origin)
    feed = add(sqlite_database, origin.url("/feed"))
    origin.respond("/feed", lambda _: feed_answer(body(origin, hub.url, 1)))
    async with watching(sqlite_database, site):
        await subscribed(hub)
        assert hub.wanted[0].topic == origin.url("/canonical")
        known = stored(sqlite_database, feed).rhythm
        document = body(origin, "https://evil.example/hub", 1, 2).encode()
        assert await asyncio.to_thread(hub.publish, document) == 202
        await eventually(lambda: len(stored_entries(sqlite_database)) == 2)
        await eventually(lambda: is_trusted(sqlite_database, feed))
        assert stored(sqlite_database, feed).rhythm not in {None, known}
    assert len(origin.requests_for("/feed")) == 1
    push = push_of(sqlite_database)
    assert push is not None
    assert (push.state, push.good_count, push.bad_count, push.hub_url) == (PushState.ACTIVE, 1, 0, hub.url)
    assert stored(sqlite_database, feed).url == feed.url
    assert "Story" not in repr(push)
    assert push.secret not in repr(push)


async def test_unsigned_content_is_taken_and_ignored(origin: Origin, sqlite_database: Database, site: Site) -> None:
    """F36: another feed's secret, sha1, no signature: answered like a good one, counted, and nothing changes."""
    hub = Hub(origin)
    feed = add(sqlite_database, origin.url("/feed"))
    origin.respond("/feed", lambda _: feed_answer(body(origin, hub.url, 1)))
    async with watching(sqlite_database, site):
        await subscribed(hub)
        document = body(origin, hub.url, 1, 2).encode()
        assert await asyncio.to_thread(hub.publish, document, secret="another") == 202
        assert await asyncio.to_thread(hub.publish, document, algorithm="sha1") == 202
        path = f"/websub/{hub.wanted[0].callback.rpartition('/')[2]}"
        unsigned = await asyncio.to_thread(site.ask, path, method="POST", body="<rss/>")
        large = await asyncio.to_thread(site.ask, path, method="POST", body="x" * (BODY_BYTES + 1))
    assert (unsigned.status, large.status) == (202, 413)
    assert len(stored_entries(sqlite_database)) == 1
    push = push_of(sqlite_database)
    assert push is not None
    assert (push.good_count, push.bad_count) == (0, 4)
    assert not is_trusted(sqlite_database, feed)


async def test_a_question_nobody_waits_for_is_not_answered(
    origin: Origin, sqlite_database: Database, site: Site
) -> None:
    """F35: our own request is answered in plain text; a second one, a forged unsubscription, a guess are 404."""
    hub = Hub(origin)
    add(sqlite_database, origin.url("/feed"))
    origin.respond("/feed", lambda _: feed_answer(body(origin, hub.url, 1)))
    async with watching(sqlite_database, site):
        await subscribed(hub)
        topic, path = hub.wanted[0].topic, f"/websub/{hub.wanted[0].callback.rpartition('/')[2]}"
        for mode, where in (("subscribe", path), ("unsubscribe", path), ("subscribe", "/websub/" + "x" * 43)):
            asked = f"{where}?hub.mode={mode}&hub.topic={topic}&hub.challenge=c&hub.lease_seconds=9"
            assert (await asyncio.to_thread(site.ask, asked)).status == 404
    assert (hub.answers[0][0], hub.answer_types) == (200, ["text/plain"])


async def test_a_hub_that_missed_something_is_distrusted(origin: Origin, sqlite_database: Database, site: Site) -> None:
    """F37: a poll finds what had not been pushed: the feed is polled as usual, and trust takes more than before."""
    hub = Hub(origin)
    feed = add(sqlite_database, origin.url("/feed"))
    shown = [1]
    origin.respond("/feed", lambda _: feed_answer(body(origin, hub.url, *shown)))
    quick = replace(SLOW, interval_seconds=0.2, floor_seconds=0.1, ceiling_seconds=0.4)
    async with watching(sqlite_database, site, quick):
        await subscribed(hub)
        shown.append(2)  # before the poll can see it, it is pushed, or the poll is first: then nothing was missed yet
        await asyncio.to_thread(hub.publish, body(origin, hub.url, 1, 2, 3).encode())
        await eventually(lambda: is_trusted(sqlite_database, feed))
        shown.append(9)
        await eventually(lambda: not is_trusted(sqlite_database, feed))
        await asyncio.to_thread(hub.publish, body(origin, hub.url, 1, 10).encode())
        await eventually(lambda: ("10", "waiting") in stored_entries(sqlite_database))
    push = push_of(sqlite_database)
    assert push is not None
    assert push.missed_count >= 1
    assert not is_trusted(sqlite_database, feed)


async def test_a_dead_hub_leaves_polling_as_it_was(origin: Origin, sqlite_database: Database, site: Site) -> None:
    """F37: its renewal fails, so the feed is polled by itself again, before the lease is over."""
    hub = Hub(origin)
    feed = add(sqlite_database, origin.url("/feed"))
    origin.respond("/feed", lambda _: feed_answer(body(origin, hub.url, 1)))
    async with watching(sqlite_database, site):
        await subscribed(hub)
        await asyncio.to_thread(hub.publish, body(origin, hub.url, 2).encode())
        await eventually(lambda: is_trusted(sqlite_database, feed))
        origin.script("/hub", [Answer(reset=True)])
        with sqlite_database.write() as tx:
            tx.execute(update(push_rows).values(next_try_at=utc_now() - timedelta(seconds=1)))
        await eventually(lambda: not is_trusted(sqlite_database, feed))
    push = push_of(sqlite_database)
    assert push is not None
    assert push.failure_count == 1
    assert push.error


async def test_without_callbacks_there_is_no_such_address(sqlite_database: Database) -> None:
    """Without `websub.callback_url` nothing is open to the world."""
    with serving(create_app(sqlite_database, WebSettings())) as site:
        assert (await asyncio.to_thread(site.ask, f"/websub/{'x' * 43}")).status == 404


async def pushed_after_leaving(hub: Hub, database: Database, site: Site, words: str) -> Reply:
    """Wait until the hub has taken leave, then push all the same."""
    await eventually(lambda: len(hub.answers) == 2)
    await eventually(lambda: state_of_push(database) is PushState.OFFERED)
    path = f"/websub/{hub.wanted[0].callback.rpartition('/')[2]}"
    return await asyncio.to_thread(site.ask, path, method="POST", body=words)


async def test_a_removed_feed_takes_leave_of_its_hub(origin: Origin, sqlite_database: Database, site: Site) -> None:
    """F35: the hub is asked once to stop and its question is answered; a push after that is nobody's."""
    hub = Hub(origin)
    feed = add(sqlite_database, origin.url("/feed"))
    origin.respond("/feed", lambda _: feed_answer(body(origin, hub.url, 1)))
    async with watching(sqlite_database, site):
        await subscribed(hub)
        with sqlite_database.write() as tx:
            feeds.remove(tx, feed.id)
        late = await pushed_after_leaving(hub, sqlite_database, site, "<rss/>")
    assert [wanted.mode for wanted in hub.wanted] == ["subscribe", "unsubscribe"]
    assert hub.answers[1][0] == 200
    assert late.status == 404


async def test_a_paused_feed_takes_leave_of_its_hub_until_it_goes_on(
    origin: Origin, sqlite_database: Database, site: Site
) -> None:
    """F35: what is paused is not pushed either and no push wakes it; resumed, it is subscribed to anew."""
    hub = Hub(origin)
    feed = add(sqlite_database, origin.url("/feed"))
    origin.respond("/feed", lambda _: feed_answer(body(origin, hub.url, 1)))
    async with watching(sqlite_database, site):
        await subscribed(hub)
        with sqlite_database.write() as tx:
            feeds.pause(tx, feed.id)
        late = await pushed_after_leaving(hub, sqlite_database, site, "no feed")
        with sqlite_database.write() as tx:
            paused = feeds.get(tx, feed.id).state
            feeds.resume(tx, feed.id, utc_now())
        await eventually(lambda: len(hub.answers) == 3)
    assert [wanted.mode for wanted in hub.wanted] == ["subscribe", "unsubscribe", "subscribe"]
    assert (late.status, paused) == (404, FeedState.PAUSED)


def test_each_subscription_has_a_secret_and_an_address_of_its_own(sqlite_database: Database) -> None:
    """F36: what one hub knows opens nothing of another feed's."""
    added = [add(sqlite_database, f"https://outlet.example/{n}") for n in range(9)]
    with sqlite_database.write() as tx:
        for feed in added:
            pushes.offer(tx, feed.id, PushOffer("https://hub.example/", feed.url), utc_now())
        known = pushes.list_all(tx)
    assert len({one.secret for one in known}) == len({one.token for one in known}) == 9
    assert min(len(one.secret) for one in known) >= 32


async def test_a_hub_that_never_asks_is_left_to_its_lease(sqlite_database: Database) -> None:
    """F35: a removed feed's hub is asked three times at most."""
    now = utc_now()
    feed = add(sqlite_database, "https://outlet.example/feed")
    with sqlite_database.write() as tx:
        pushes.offer(tx, feed.id, PushOffer("https://hub.example/", feed.url), now)
        pushes.claim_due(tx, now, 9, timedelta(minutes=10))
        assert pushes.confirm(tx, feed.id, now + timedelta(days=10), now + timedelta(days=5))
        assert pushes.claim_leaving(tx, now, 9, timedelta(minutes=10)) == []
        feeds.remove(tx, feed.id)
        asked = [
            len(pushes.claim_leaving(tx, now + timedelta(minutes=11 * turn), 9, timedelta(minutes=10)))
            for turn in range(6)
        ]
        assert pushes.claim_leaving(tx, now, 9, timedelta(minutes=10)) == []
    assert asked == [1, 1, 1, 0, 0, 0]
