"""Feeds that move, become one, end, are given up and come back: a real poller, a real store, a real web server.

The patience of the rules is days; here it is nothing, and everything else is as it runs.
"""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import cycle

import pytest

from pipeline.model import Feed, FeedEventKind, FeedState
from pipeline.store import feed_events, feeds
from pipeline.store.database import Database
from tests.feeds.documents import atom, numbered
from tests.origin import Answer, Origin
from tests.store.making import LEASE, NO_PACE
from tests.workers.polling import QUICK, add, feed_answer, polling, stored, stored_entries
from tests.workers.support import eventually
from workers.clock import utc_now

BODY = numbered(1, 2)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe a move after its six answers, whatever time they took."""
    monkeypatch.setattr("pipeline.feeds.moves.MOVE_AGE", timedelta(0))


def told(database: Database) -> list[FeedEventKind]:
    """Give what the owner can read of, the oldest first."""
    with database.read() as tx:
        return [event.kind for event in reversed(feed_events.recent(tx, 9))]


def ask_again(database: Database, feed: Feed) -> None:
    with database.write() as tx:
        feeds.make_due(tx, feed.id, utc_now())


async def test_a_lasting_move_is_adopted_and_the_old_address_left(origin: Origin, sqlite_database: Database) -> None:
    """F13: permanent all the way, one target, known entries: the address changes once, the old one is asked no more."""
    feed = add(sqlite_database, origin.serve("/old", BODY))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).imported_at)
        origin.serve("/new", BODY, headers=[("ETag", '"1"')], host="new.localhost")
        origin.script("/half", [Answer.redirect(origin.url("/new", "new.localhost"), 308)])
        origin.script("/old", [Answer.redirect("/half", 301)])
        await eventually(lambda: stored(sqlite_database, feed).url != feed.url)
        asked = len(origin.requests_for("/old"))
        await origin.wait_for("/new", count=len(origin.requests_for("/new")) + 3)
    assert stored(sqlite_database, feed).url == origin.url("/new", "new.localhost")
    assert len(origin.requests_for("/old")) <= asked + 1  # one may have been under way
    assert told(sqlite_database) == [FeedEventKind.MOVED]


A, B = (feed_answer(BODY, ("ETag", f'"{name}"')) for name in "ab")
NO_MOVES = {
    "temporary at one step": ([Answer.redirect("/half", 301)], [Answer.redirect("/a", 302)], A),
    "to another target each time": ([Answer.redirect("/a", 301), Answer.redirect("/b", 301)], [], A),
    "back now and then": ([Answer.redirect("/a", 301)] * 4 + [feed_answer(BODY)], [], A),
    "to a page in place of a feed": ([Answer.redirect("/a", 301)], [], Answer(body="<html>Log in to the net</html>")),
    "to a feed of somebody else": ([Answer.redirect("/a", 301)], [], feed_answer(numbered(7, 8))),
}


@pytest.mark.parametrize(("ways", "half", "end"), NO_MOVES.values(), ids=NO_MOVES)
async def test_what_is_no_lasting_move_is_not_adopted(
    origin: Origin, sqlite_database: Database, ways: list[Answer], half: list[Answer], end: Answer
) -> None:
    """F13: whatever leads elsewhere by mistake, by turns or to strangers leaves the stored address, however often."""
    feed = add(sqlite_database, origin.serve("/old", BODY))
    async with polling(sqlite_database, policy=replace(QUICK, ceiling_seconds=0.05)):
        await eventually(lambda: stored(sqlite_database, feed).imported_at)
        turns = cycle(ways)
        origin.script("/a", [end])
        origin.script("/b", [B])
        origin.script("/half", half or [A])
        origin.respond("/old", lambda _: next(turns))
        await origin.wait_for("/old", count=len(origin.requests_for("/old")) + 12)
    assert stored(sqlite_database, feed).url == feed.url
    assert told(sqlite_database) == []


async def test_a_move_onto_a_known_feed_makes_the_two_one(origin: Origin, sqlite_database: Database) -> None:
    """F39: the redirected feed joins the other: no entry is there twice, none is lost, and nothing is news again."""
    feed = add(sqlite_database, origin.serve("/old", numbered(1, 2, 3)))
    other = add(sqlite_database, origin.serve("/new", numbered(2, 3, 4), host="new.localhost"))
    async with polling(sqlite_database):
        await eventually(lambda: all(stored(sqlite_database, one).imported_at for one in (feed, other)))
        before = stored_entries(sqlite_database)
        origin.script("/old", [Answer.redirect(origin.url("/new", "new.localhost"), 301)])
        await eventually(lambda: FeedEventKind.JOINED in told(sqlite_database))
        await origin.wait_for("/new", count=len(origin.requests_for("/new")) + 3)
    with sqlite_database.read() as tx:
        assert [one.url for one in feeds.list_all(tx)] == [other.url]
    assert {identity for identity, _ in stored_entries(sqlite_database)} == {"1", "2", "3", "4"}
    assert [state for _, state in stored_entries(sqlite_database)].count("waiting") == 4
    assert len(stored_entries(sqlite_database)) <= len(before) + 1  # entry 4, merged, if the old feed showed it first


async def test_a_feed_given_up_is_told_once_and_so_is_its_return(origin: Origin, sqlite_database: Database) -> None:
    """F11: ten failures without a success: told once, asked rarely; that it answers again is told, and it is well."""
    feed = add(sqlite_database, origin.serve("/feed", status=404))
    async with polling(sqlite_database, policy=replace(QUICK, ceiling_seconds=0.05, undead_seconds=0)):
        await eventually(lambda: FeedEventKind.UNDEAD in told(sqlite_database))
        count = stored(sqlite_database, feed).error_count
        next_at = stored(sqlite_database, feed).next_poll_at
        ask_again(sqlite_database, feed)
        await eventually(lambda: stored(sqlite_database, feed).error_count > count)
        origin.serve("/feed", BODY)
        ask_again(sqlite_database, feed)
        await eventually(lambda: stored(sqlite_database, feed).imported_at)
        await origin.wait_for("/feed", count=len(origin.requests_for("/feed")) + 2)
    assert next_at is not None
    assert timedelta(days=13) < next_at - utc_now() < timedelta(days=29)
    assert told(sqlite_database) == [FeedEventKind.UNDEAD, FeedEventKind.REVIVED]
    assert (stored(sqlite_database, feed).error_count, stored(sqlite_database, feed).error_score) == (0, 0)


async def test_the_owner_is_told_that_a_feed_is_gone(origin: Origin, sqlite_database: Database) -> None:
    """F12: 410 twice: it is noted with the server's answer, and thirty days later the feed is still not due."""
    feed = add(sqlite_database, origin.serve("/feed", status=410))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).state is FeedState.GONE)
    assert told(sqlite_database) == [FeedEventKind.GONE]
    with sqlite_database.write() as tx:
        assert "410" in feed_events.recent(tx, 1)[0].detail
        assert feeds.claim_due(tx, utc_now() + timedelta(days=30), 9, LEASE, NO_PACE) == []


async def test_older_pages_are_read_once(origin: Origin, sqlite_database: Database) -> None:
    """F42: the first poll follows `prev-archive` up to a page that names itself; later polls ask for none of them."""

    def page(number: int, older: str) -> Answer:
        link = f'<link rel="prev-archive" href="{older}"/>'
        entry = f'<entry><id>e{number}</id><title>E {number}</title><link href="/{number}"/></entry>'
        return Answer(body=atom(link + entry))

    feed = add(sqlite_database, origin.script("/feed", [page(0, "/older")]))
    origin.script("/older", [page(1, "/oldest")])
    origin.script("/oldest", [page(2, "/oldest")])
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).imported_at)
        await origin.wait_for("/feed", count=4)
    assert [identity for identity, _ in stored_entries(sqlite_database)] == ["e0", "e1", "e2"]
    assert (len(origin.requests_for("/older")), len(origin.requests_for("/oldest"))) == (1, 1)


async def test_a_json_feed_that_has_ended_is_left_alone(origin: Origin, sqlite_database: Database) -> None:
    """F43: `next_url`, ids that are numbers, and `expired`: its entries are kept, and it is asked no more."""
    version = {"version": "https://jsonfeed.org/version/1.1", "title": "The Gazette"}
    newest = version | {"items": [{"id": 1, "title": "One"}], "next_url": "/2", "expired": True}
    feed = add(sqlite_database, origin.serve("/feed", json.dumps(newest)))
    origin.serve("/2", json.dumps(version | {"items": [{"id": 2, "title": "Two"}]}))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).state is FeedState.GONE)
    assert [identity for identity, _ in stored_entries(sqlite_database)] == ["1", "2"]
    assert told(sqlite_database) == [FeedEventKind.GONE]
    assert len(origin.requests_for("/feed")) == 1
    with sqlite_database.write() as tx:
        assert feeds.claim_due(tx, utc_now() + timedelta(days=30), 9, LEASE, NO_PACE) == []
