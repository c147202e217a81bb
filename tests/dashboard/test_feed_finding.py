"""Looking before watching: searches with a preview, and what a poll sees, on pages and by the API."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest

from config.settings import WebSettings
from dashboard.app import create_app
from dashboard.previews import KEPT, Previews
from pipeline.feeds.discover import FoundFeed
from pipeline.model import Pace
from pipeline.store import feeds, seen
from pipeline.store.database import Database
from pipeline.transport import Policy
from tests.dashboard.conftest import NOW, Clock, FixedQueue
from tests.dashboard.serving import Site, serving
from tests.dashboard.test_pages import HOSTILE, Outline, text_of
from tests.feeds.documents import numbered
from tests.feeds.test_feedlinks import link
from tests.origin import Answer, Origin
from tests.store.making import LEASE, NO_PACE
from workers.clock import utc_now
from workers.feed_rules import FeedRules

OPEN = Policy(20.0, frozenset({80}), ("127.0.0.0/8",), "Storywatch/1 (+https://c.example)")
RULES = FeedRules(transport=OPEN, pace=Pace(0.0, 2))


@contextmanager
def dashboard(database: Database, rules: FeedRules = RULES, **settings: Any) -> Iterator[Site]:
    """Serve a dashboard that may ask loopback."""
    app = create_app(database, WebSettings(**settings), FixedQueue(), clock=Clock(utc_now()), feed_rules=rules)
    with serving(app) as site:
        yield site


@pytest.fixture
def site(sqlite_database: Database) -> Iterator[Site]:
    with dashboard(sqlite_database) as site:
        yield site


def form(site: Site, path: str, **fields: str) -> Any:
    return site.post(path, urlencode(fields), accept="text/html")


def api(site: Site, path: str, body: object) -> Any:
    sent = {"origin": site.origin, "content_type": "application/json"}
    return site.ask(f"/api/v1{path}", method="POST", body=json.dumps(body), **sent)


def two_feeds(origin: Origin) -> None:
    """Script a site with two feeds."""
    origin.serve("/", link("/one", title="One") + link("/two", title="Two"))
    origin.serve("/one", numbered(1, 2))
    origin.serve("/two", numbered(3))


async def test_a_site_is_previewed_and_nothing_stored(origin: Origin, site: Site, sqlite_database: Database) -> None:
    """F40: the page shows the feeds of a site with their newest entries; only a click stores one."""
    two_feeds(origin)
    text = text_of((await _threaded(form, site, "/feeds/find", url=origin.url("/"))).body)
    assert "2 feeds to choose from" in text
    assert "2 entries" in text
    assert "Story 1" in text
    with sqlite_database.read() as tx:
        assert feeds.list_all(tx) == []


async def test_what_was_previewed_is_not_asked_again(origin: Origin, site: Site, sqlite_database: Database) -> None:
    """F6: the answer that the preview showed is the feed's first poll; adding it asks nobody."""
    two_feeds(origin)
    await _threaded(form, site, "/feeds/find", url=origin.url("/"))
    added = await _threaded(form, site, "/feeds/add", url=origin.url("/one"), folder="World")
    assert added.headers["location"] == "/feeds/1"
    assert len(origin.requests) == 3
    with sqlite_database.read() as tx:
        feed = feeds.get(tx, 1)
        assert (feed.folder, len(seen.recent(tx, 9))) == ("World", 2)
    assert feed.last_success_at is not None


async def test_what_failed_keeps_its_distance(origin: Origin, site: Site, sqlite_database: Database) -> None:
    """F6: an address that failed in the search and is watched all the same is not asked within the floor."""
    url = origin.serve("/feed", status=503)
    page = text_of((await _threaded(form, site, "/feeds/find", url=url)).body)
    assert "Its server has trouble of its own" in page
    await _threaded(form, site, "/feeds/add", url=url)
    with sqlite_database.write() as tx:
        assert feeds.claim_due(tx, utc_now(), 9, LEASE, NO_PACE, floor_seconds=1800) == []
        assert feeds.get(tx, 1).url == url


async def test_a_known_address_leads_to_its_feed(origin: Origin, site: Site, sqlite_database: Database) -> None:
    """F7: looking for what is watched already asks nobody."""
    with sqlite_database.write() as tx:
        feeds.add(tx, origin.serve("/feed", numbered(1)), now=NOW)
    answer = await _threaded(form, site, "/feeds/find", url=origin.url("/feed"))
    assert answer.headers["location"] == "/feeds/1"
    assert origin.requests == []


async def test_a_poll_is_explained_on_a_page(origin: Origin, site: Site, sqlite_database: Database) -> None:
    """F6: the steps stand on the page, of an address and of a feed; within the floor a feed is not asked."""
    url = origin.serve("/feed", numbered(1), headers=[("ETag", '"1"')])
    text = text_of((await _threaded(form, site, "/feeds/check", url=url)).body)
    assert "ETag will be sent back byte for byte" in text
    with sqlite_database.write() as tx:
        feeds.add(tx, url, now=NOW)
    await _threaded(form, site, "/feeds/1/check")
    again = text_of((await _threaded(form, site, "/feeds/1/check")).body)
    assert "politeness leaves it alone" in again
    assert len(origin.requests) == 2


@pytest.mark.parametrize("path", ["/feeds/find", "/feeds/check", "/feeds/add"])
@pytest.mark.parametrize("url", ["", "ftp://a.example/", "javascript:alert(1)", "https://u:p@a.example/", "x" * 3000])
def test_what_is_no_address_is_refused(site: Site, sqlite_database: Database, path: str, url: str) -> None:
    """S5: the answer says what an address looks like; nothing is asked and nothing stored."""
    answer = form(site, path, url=url)
    body = answer.body if answer.status == 200 else site.page(answer.headers["location"]).body
    assert "not an http or https address" in text_of(body)
    with sqlite_database.read() as tx:
        assert feeds.list_all(tx) == []


async def test_the_web_asks_through_the_guard(origin: Origin, sqlite_database: Database) -> None:
    """S1, S3, S20: neither search nor check reaches a private address that the owner has not named."""
    url = origin.serve("/feed", numbered(1))
    with dashboard(sqlite_database, FeedRules()) as site:
        found = text_of((await _threaded(form, site, "/feeds/find", url=url)).body)
        checked = text_of((await _threaded(form, site, "/feeds/check", url=url)).body)
    assert "leads to a private network" in found
    assert "refused: address denied" in checked
    assert origin.requests == []


def test_the_web_says_what_private_may_be_asked(sqlite_database: Database) -> None:
    """S20: what the owner has listed is shown, and that nothing is where nothing is."""
    with dashboard(sqlite_database) as site:
        assert "127.0.0.0/8" in text_of(site.page("/feeds/etiquette").body)
    with dashboard(sqlite_database, FeedRules()) as site:
        assert "on private networks are refused" in text_of(site.page("/feeds/etiquette").body)


async def test_looking_is_limited(origin: Origin, sqlite_database: Database) -> None:
    """S35: pages and API share one allowance; beyond it nobody is asked, and the answer says when to go on."""
    url = origin.serve("/feed", numbered(1))
    with dashboard(sqlite_database, checks_per_minute=2) as site:
        await _threaded(form, site, "/feeds/find", url=url)
        await _threaded(api, site, "/feeds/check", {"url": url})
        page = await _threaded(form, site, "/feeds/check", url=url)
        program = await _threaded(api, site, "/feeds/find", {"url": url})
    assert "web.checks_per_minute" in text_of(page.body)
    assert (program.status, "try again in" in program.json["detail"]) == (429, True)
    assert int(program.headers["retry-after"]) <= 30
    assert len(origin.requests) == 2


async def test_hostile_sites_stay_texts(origin: Origin, site: Site) -> None:
    """S12: markup in titles of feeds and entries, and in headers, is text."""
    item = f"<item><title><![CDATA[{HOSTILE}]]></title><guid>1</guid></item>"
    body = f"<rss version='2.0'><channel><title><![CDATA[{HOSTILE}]]></title>{item}</channel></rss>"
    url = origin.script("/feed", [Answer(body=body, headers=[("ETag", f'"{HOSTILE}"')])])
    for path in ("/feeds/find", "/feeds/check"):
        page = (await _threaded(form, site, path, url=url)).body
        assert "img" not in Outline(page).tags, path
        assert "{{7*7}}" in page, path


async def test_a_program_searches_adds_and_checks(origin: Origin, site: Site) -> None:
    """F40: what the pages do, a program can: the search names feeds, adding one takes its answer along."""
    two_feeds(origin)
    found = (await _threaded(api, site, "/feeds/find", {"url": origin.url("/")})).json
    assert [(one["url"], one["entry_count"]) for one in found["found"]] == [
        (origin.url("/one"), 2),
        (origin.url("/two"), 1),
    ]
    assert found["found"][0]["newest"][0]["title"] == "Story 1"
    assert len(found["asked"]) == 3
    added = (await _threaded(api, site, "/feeds", {"url": origin.url("/two"), "title": "Mine"})).json
    assert (added["title"], added["last_success_at"] is not None) == ("Mine", True)
    steps = (await _threaded(api, site, f"/feeds/{added['id']}/check", {})).json
    assert [step["step"] for step in steps] == ["address", "name", "stored", "planned", "request"]
    assert len(origin.requests) == 3


def test_previews_are_few_and_short_lived() -> None:
    """What a search brought is given out once, and not for ever."""
    previews = Previews()
    previews.keep([f"https://{number}.example/" for number in range(700)], [FoundFeed("https://x.example/")], NOW)
    assert previews.take("https://0.example/", NOW) is None
    assert previews.take("https://699.example/", NOW + 2 * KEPT) is None
    kept = previews.take("https://698.example/", NOW)
    assert kept is not None
    assert kept.at == NOW
    assert previews.take("https://698.example/", NOW) is None


async def _threaded(function: Any, *args: Any, **named: Any) -> Any:
    """Call outside of the loop, which serves the origin."""
    return await asyncio.to_thread(function, *args, **named)
