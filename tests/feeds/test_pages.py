"""Older pages of a feed and parts of an index: followed, bounded, and never at the cost of what was read."""

import asyncio
import json
from dataclasses import replace
from random import Random

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.feeds import pages
from pipeline.feeds.poll import Means, poll
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Feed, FeedState, PollResult, Reason, Response, Validators
from tests.feeds.documents import ITEM, NOW, atom, read, rss
from tests.feeds.test_sitemap import INDEX, PAGE, PLAIN, ROOT, part

URL = "https://feeds.example/news/feed"
FEED = Feed(1, URL, "feeds.example", "", "", FeedState.ACTIVE, added_at=NOW)
SEEN = replace(FEED, imported_at=NOW)


def page(number: int, older: str = "", rel: str = "prev-archive") -> str:
    """Give an Atom page with one entry and a link to an older page."""
    link = f'<link rel="{rel}" href="{older}"/>' if older else ""
    return atom(f'{link}<entry><id>e{number}</id><title>E {number}</title><link href="/{number}"/></entry>')


class Site:
    """Answers by address and remembers what it was asked."""

    def __init__(self, documents: dict[str, str | Exception], known: frozenset[str] = frozenset()) -> None:
        self.documents = documents
        self.known_identities = known
        self.asked: list[str] = []

    async def ask(self, url: str, _validators: Validators) -> Response:
        self.asked.append(url)
        document = self.documents[url]
        if isinstance(document, Exception):
            raise document
        return Response(url, 200, {"etag": '"1"'}, document.encode(), 0.1)

    async def follow(self, url: str) -> Response:
        return await self.ask(url, Validators())

    async def known(self, _feed_id: int, identities: list[str]) -> bool:
        return not self.known_identities.isdisjoint(identities)

    async def poll(self, feed: Feed = FEED, page_limit: int = 5) -> PollResult:
        policy = PollPolicy(archive_pages=page_limit)
        means = Means(self.ask, policy, Random(1), lambda: NOW, follow=self.follow, known=self.known)
        return await poll(feed, means, seconds=10)


def chain(count: int, rel: str = "prev-archive") -> dict[str, str | Exception]:
    """Give a feed whose newest page is `URL`, with `count` older ones."""
    places = [URL, *(f"https://feeds.example/news/{n}" for n in range(1, count + 1))]
    return {at: page(n, places[n + 1] if n < count else "", rel) for n, at in enumerate(places)}


def archived(result: PollResult) -> list[str]:
    return [entry.identity for entry in result.archived]


@pytest.mark.parametrize("rel", ["prev-archive", "next"])
async def test_the_first_import_follows_older_pages(rel: str) -> None:
    """F42: archives and paged feeds of RFC 5005, on the first import, up to the limit."""
    site = Site(chain(9, rel))
    result = await site.poll(page_limit=3)
    assert archived(result) == ["e1", "e2", "e3"]
    assert len(site.asked) == 4
    assert result.parsed is not None
    assert [entry.identity for entry in result.parsed.entries] == ["e0"]


async def test_json_feeds_have_older_pages_too() -> None:
    """F43: `next_url` is followed like them."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1}], "next_url": "/news/2"}
    older = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 2}, {"id": 1}]}
    site = Site({URL: json.dumps(feed), "https://feeds.example/news/2": json.dumps(older)})
    assert archived(await site.poll()) == ["2"]


async def test_a_known_feed_asks_for_no_older_page() -> None:
    """F42: as long as something of what is shown is known, archives are left alone."""
    site = Site(chain(9), frozenset({"e0"}))
    assert archived(await site.poll(SEEN)) == []
    assert site.asked == [URL]


async def test_a_gap_is_followed_until_something_is_known() -> None:
    """F32, F42: nothing of the window is known: older pages are read up to the one that overlaps."""
    site = Site(chain(9), frozenset({"e3"}))
    assert archived(await site.poll(SEEN)) == ["e1", "e2", "e3"]
    assert len(site.asked) == 4


CIRCLES = {
    "itself": URL,
    "itself by another spelling": "HTTPS://feeds.example:443/news/../news/feed#x",
    "another origin": "https://elsewhere.example/1",
    "another scheme": "http://feeds.example/news/1",
    "a file": "file:///etc/passwd",
}


@pytest.mark.parametrize("older", CIRCLES.values(), ids=CIRCLES)
async def test_links_that_lead_nowhere_are_not_followed(older: str) -> None:
    """F42: a `next` that names itself, or another origin, costs no request."""
    site = Site({URL: page(0, older)})
    assert archived(await site.poll()) == []
    assert site.asked == [URL]


async def test_a_circle_ends() -> None:
    """F42: each page is asked for once."""
    site = Site({URL: page(0, "/news/1"), "https://feeds.example/news/1": page(1, "/news/feed")})
    assert archived(await site.poll(page_limit=50)) == ["e1"]
    assert len(site.asked) == 2


BROKEN = {
    "gone": Permanent(Reason.HTTP_GONE, status=410),
    "away": Transient(Reason.TIMED_OUT),
    "a web page": "<html><body>sorry</body></html>",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_a_broken_archive_costs_nothing_that_was_read(broken: str | Exception) -> None:
    """F42: the poll stands, with what the pages before it held."""
    site = Site(chain(3) | {"https://feeds.example/news/2": broken})
    result = await site.poll()
    assert (result.reason, archived(result)) == (None, ["e1"])


async def test_a_slow_archive_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """F42: further pages have half of the poll's time; when it is over, what was read is kept."""
    site = Site(chain(3))
    never = asyncio.Event()

    async def follow(url: str) -> Response:
        if url.endswith("/2"):
            await never.wait()
        return await site.ask(url, Validators())

    monkeypatch.setattr(site, "follow", follow)
    monkeypatch.setattr("pipeline.feeds.poll.FOLLOWING_SHARE", 0.2)
    result = await site.poll()
    assert (result.reason, archived(result)) == (None, ["e1"])


async def test_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """F42: a page limit alone would let five huge pages through."""
    monkeypatch.setattr(pages, "MOST_BYTES", 1)
    assert archived(await Site(chain(9)).poll()) == ["e1"]


async def test_none_is_a_limit() -> None:
    """F42: the owner may turn it off."""
    site = Site(chain(3))
    assert archived(await site.poll(page_limit=0)) == []
    assert site.asked == [URL]


async def test_an_index_is_read_through_its_parts() -> None:
    """A sitemap index gives the entries of its news sitemaps; no validator may keep us from looking at them."""
    documents: dict[str, str | Exception] = {
        URL: INDEX.format(part("news1.xml") + part("news2.xml") + part("pages.xml") + part("more.xml")),
        "https://feeds.example/news1.xml": ROOT.format(PAGE.format(n=1)),
        "https://feeds.example/news2.xml": ROOT.format(PAGE.format(n=1) + PAGE.format(n=2)),
        "https://feeds.example/pages.xml": INDEX.format(part("deeper.xml")),
    }
    site = Site(documents)
    result = await site.poll()
    assert result.parsed is not None
    assert [entry.title for entry in result.parsed.entries] == ["Dam & bridge 1", "Dam & bridge 2"]
    assert result.parsed.skipped_count == 1
    assert result.validators == Validators()
    assert len(site.asked) == 1 + pages.MOST_PARTS


async def test_an_index_without_news_says_so() -> None:
    """F19: no feed, in words."""
    plain = ROOT.replace(' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"', "").format(PLAIN)
    site = Site({URL: INDEX.format(part("a.xml")), "https://feeds.example/a.xml": plain})
    result = await site.poll()
    assert (result.reason, "without news" in result.error) == (Reason.NOT_A_FEED, True)


def test_what_a_document_says_of_hubs_and_of_itself() -> None:
    """F35, F43: hubs and the feed's own address, from Atom, RSS and JSON alike."""
    links = '<{0}link rel="hub" href="https://hub.example/"/><{0}link rel="self" href="https://feeds.example/self"/>'
    in_rss = '<x xmlns:atom="http://www.w3.org/2005/Atom"/>'
    hub = {"type": "WebSub", "url": "https://hub.example/"}
    other = {"type": "rssCloud", "url": "https://cloud.example/"}
    written = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [],
        "feed_url": "https://feeds.example/self",
        "hubs": [hub, other, "x"],
    }
    documents = (
        atom(links.format("")),
        rss(ITEM.format(n=1), links.format("atom:"), root='xmlns:atom="http://www.w3.org/2005/Atom"').replace(
            in_rss, ""
        ),
        json.dumps(written),
    )
    for parsed in map(read, documents):
        assert (parsed.hubs, parsed.self_url) == (("https://hub.example/",), "https://feeds.example/self")


@pytest.mark.parametrize(("written", "expired"), [("true", True), ("false", False), ('"true"', False), ("1", False)])
def test_only_true_means_expired(written: str, expired: bool) -> None:
    """F43: a feed says that it has ended with `true` and nothing else."""
    document = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [], "expired": {written}}}'
    assert read(document).expired is expired
