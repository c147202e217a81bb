"""`storywatch feeds add`, with a real site behind it."""

import asyncio
import json
import re
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from cli.commands.feed_adding import chosen, find_and_add
from cli.wiring import feed_rules, user_agent
from config.settings import FeedSettings, FetchSettings, Settings
from pipeline.errors import Unusable
from pipeline.model import Feed, Validators
from pipeline.store import feeds, seen
from pipeline.store.database import Database
from tests.cli.instance import storywatch
from tests.feeds.documents import numbered
from tests.feeds.test_feedlinks import link
from tests.origin import Answer, Origin
from tests.store.making import LEASE, NO_PACE
from workers.feed_search import Wanted

FETCH = FetchSettings(allow_private=("127.0.0.0/8",), host_gap_seconds=0)
SETTINGS = Settings(fetch=FETCH, feeds=FeedSettings(import_hours=24))
TAGGED = [("ETag", '"1"')]


async def add(database: Database, url: str, pick: int | None = None) -> Feed:
    """Add what is found at an address."""
    choose = partial(chosen, url=url, pick=pick, as_json=False)
    return await find_and_add(feed_rules(SETTINGS), database, url, Wanted(folder="World"), choose)


async def test_the_answer_that_showed_the_feed_is_its_first_poll(origin: Origin, sqlite_database: Database) -> None:
    """F6, F40: one request finds the feed and fills it; entries and validators are there, the next poll is planned."""
    feed = await add(sqlite_database, origin.serve("/feed", numbered(1, 2), headers=TAGGED))
    assert len(origin.requests) == 1
    assert (feed.title, feed.folder, feed.validators) == ("The Gazette", "World", Validators('"1"', None, feed.url))
    assert feed.next_poll_at is not None
    assert feed.last_attempt_at is not None
    assert (feed.next_poll_at - feed.last_attempt_at).total_seconds() >= SETTINGS.feeds.floor_seconds
    with sqlite_database.read() as tx:
        assert len(seen.recent(tx, 9)) == 2


async def test_a_site_leads_to_its_feed(origin: Origin, sqlite_database: Database) -> None:
    """F14, F40: the address that the page names is stored, not where it was redirected to; the site's is not."""
    origin.serve("/", link("/feed") + link("/comments"))
    origin.script("/feed", [Answer.redirect("/moved")])
    origin.serve("/moved", numbered(1))
    feed = await add(sqlite_database, origin.url("/"))
    assert feed.url == origin.url("/feed")
    assert len(origin.requests) <= 6  # five, and one redirect


async def test_a_search_says_who_asks(origin: Origin, sqlite_database: Database) -> None:
    """F15, F25: every request of a search has the poller's name, and neither cookie nor Referer."""
    origin.serve("/", link("/feed"), headers=[("Set-Cookie", "a=b")])
    origin.serve("/feed", numbered(1))
    await add(sqlite_database, origin.url("/"))
    for request in origin.requests:
        assert re.fullmatch(r"Storywatch/\S+ \(\+https?://\S+; 0 subscribers\)", request.header("User-Agent") or "")
        assert request.header("Cookie") is request.header("Referer") is None


def test_who_fetches_pages_says_that_it_is_a_bot() -> None:
    """F25: the name is one, with the word by which sites know what robots.txt is for."""
    plain, bot = (user_agent(SETTINGS, is_bot=is_bot) for is_bot in (False, True))
    assert re.fullmatch(r"Storywatch/\S+ \(bot; \+https?://\S+\)", bot)
    assert bot.replace("bot; ", "") == plain


async def test_many_feeds_are_a_choice(origin: Origin, sqlite_database: Database) -> None:
    """F40: nothing is stored until somebody picks."""
    origin.serve("/", link("/one", title="One") + link("/two", title="Two"))
    for path in ("/one", "/two"):
        origin.serve(path, numbered(1))
    with pytest.raises(Unusable, match="--pick 2"):
        await add(sqlite_database, origin.url("/"))
    with pytest.raises(Unusable, match="has 2 feeds"):
        await add(sqlite_database, origin.url("/"), pick=3)
    with sqlite_database.read() as tx:
        assert feeds.list_all(tx) == []
    assert (await add(sqlite_database, origin.url("/"), pick=2)).url == origin.url("/two")


async def test_nothing_found_says_what_was_asked(origin: Origin, sqlite_database: Database) -> None:
    """F40: the message names the addresses, and the way to watch it all the same."""
    with pytest.raises(Unusable, match=r"no feed was found.*/feed.*--as-is"):
        await add(sqlite_database, origin.serve("/", "<html>x</html>"))
    with pytest.raises(Unusable, match="http_not_found"):
        await add(sqlite_database, origin.serve("/gone", status=404))


async def test_a_feed_that_is_away_is_added_all_the_same(origin: Origin, sqlite_database: Database) -> None:
    """F6: whoever adds a feed during an outage need not come back, and the next request keeps the floor from this."""
    feed = await add(sqlite_database, origin.serve("/feed", status=503))
    assert (feed.url, feed.last_success_at) == (origin.url("/feed"), None)
    assert feed.last_attempt_at is not None
    with sqlite_database.write() as tx:
        soon = feed.last_attempt_at + timedelta(seconds=1799)
        assert feeds.claim_due(tx, soon, 9, LEASE, NO_PACE, floor_seconds=1800) == []


async def test_a_known_feed_is_not_asked(origin: Origin, sqlite_database: Database) -> None:
    """F7: adding it again twenty times costs nothing."""
    url = origin.serve("/feed", numbered(1))
    for _ in range(20):
        await add(sqlite_database, url)
    assert len(origin.requests) == 1


async def test_private_addresses_are_refused(sqlite_database: Database, origin: Origin) -> None:
    """S1, S3: looking for feeds goes through the guard like everything else."""
    url = origin.serve("/feed", numbered(1))
    choose = partial(chosen, url=url, pick=None, as_json=False)
    closed = Settings(fetch=FetchSettings(host_gap_seconds=0))
    with pytest.raises(Unusable, match="address_denied"):
        await find_and_add(feed_rules(closed), sqlite_database, url, Wanted(), choose)
    assert origin.requests == []


async def test_programs_get_the_choice_as_json(origin: Origin, tmp_path: Path) -> None:
    """F40: with --json the choices are on standard output, the exit code is 2, and --pick adds one."""
    origin.serve("/", link("/one", title="One") + link("/two", title="Two"))
    for path in ("/one", "/two"):
        origin.serve(path, numbered(1))
    run = partial(
        storywatch,
        "feeds",
        "add",
        origin.url("/"),
        "--json",
        cwd=tmp_path,
        STORYWATCH_FETCH__ALLOW_PRIVATE='["127.0.0.0/8"]',
        STORYWATCH_FETCH__HOST_GAP_SECONDS="0",
    )
    ended = await asyncio.to_thread(run)
    assert ended.returncode == 2, ended.stderr
    assert [choice["url"] for choice in json.loads(ended.stdout)["choices"]] == [origin.url("/one"), origin.url("/two")]
