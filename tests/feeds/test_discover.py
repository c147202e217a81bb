"""F40: from any address of a site to its feeds, in five requests."""

import asyncio

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.feeds.discover import MOST_REQUESTS, Discovery, discover
from pipeline.feeds.parse import parse
from pipeline.model import ParsedFeed, Reason, Response
from tests.feeds.documents import NOW, numbered
from tests.feeds.test_feedlinks import link
from tests.feeds.test_sitemap import PAGE, ROOT

SITE = "https://gazette.example/"
FEED = numbered(1, 2)


class Site:
    """Answers what it has, and 404 for everything else; remembers what it was asked."""

    def __init__(self, **documents: str) -> None:
        self.documents = {SITE + path.replace("_", "/").strip("/"): body for path, body in documents.items()}
        self.asked: list[str] = []

    async def ask(self, url: str) -> Response:
        self.asked.append(url)
        assert len(self.asked) <= MOST_REQUESTS
        if url not in self.documents:
            raise Permanent(Reason.HTTP_NOT_FOUND, status=404)
        return Response(url, 200, {}, self.documents[url].encode(), 0.1)

    async def read(self, response: Response) -> ParsedFeed:
        return parse(response.body, url=response.url, now=NOW)

    async def discover(self, url: str = SITE) -> Discovery:
        found = await discover(url, self.ask, self.read)
        assert list(found.asked) == self.asked
        return found


def urls(discovery: Discovery) -> list[str]:
    return [one.url.removeprefix(SITE) for one in discovery.choices()]


async def test_a_feed_is_itself() -> None:
    """F40: one request, and its answer is given along."""
    site = Site(feed=FEED)
    (found,) = (await site.discover(f"{SITE}feed")).feeds
    assert (found.url, found.title, len(site.asked)) == (f"{SITE}feed", "The Gazette", 1)
    assert found.parsed is not None
    assert len(found.parsed.entries) == 2


async def test_the_feed_that_a_page_names() -> None:
    """F40: two requests; the comments' feed is asked for only if there is room, and is no choice."""
    site = Site(_=link("/comments") + link("/feed"), feed=FEED, comments=FEED)
    assert urls(await site.discover()) == ["feed"]
    assert site.asked[:2] == [SITE, f"{SITE}feed"]


async def test_what_a_page_names_in_vain_is_passed_over() -> None:
    """F40: a declared feed that is gone does not hide the one that is there."""
    site = Site(_=link("/old") + link("/feed"), feed=FEED)
    assert urls(await site.discover()) == ["feed"]


async def test_many_feeds_are_a_choice_within_five_requests() -> None:
    """F40: those beyond the limit are named without being asked."""
    names = [f"s{n}" for n in range(9)]
    site = Site(_="".join(link(f"/{name}", title=name) for name in names), **dict.fromkeys(names, FEED))
    found = await site.discover()
    assert urls(found) == names
    assert len(site.asked) == MOST_REQUESTS
    assert [one.parsed is not None for one in found.choices()] == [True] * 4 + [False] * 5


USUAL = {
    "the first usual place": {"feed": FEED},
    "the second": {"rss.xml": FEED},
    "an ordinary link": {"news_rss": FEED, "_": '<a href="/news/rss">RSS</a><a href="/more/rss">RSS</a>'},
    "a news sitemap": {
        "robots.txt": f"Sitemap: {SITE}all.xml\nsitemap: /news.xml\n",
        "news.xml": ROOT.format(PAGE.format(n=1)),
    },
}


@pytest.mark.parametrize("documents", USUAL.values(), ids=USUAL)
async def test_a_site_that_declares_nothing(documents: dict[str, str]) -> None:
    """F40: ordinary links, then the usual places, then what robots.txt says of news."""
    site = Site(**({"_": "<html><body>news</body></html>"} | documents))
    assert len((await site.discover()).feeds) == 1


async def test_a_robots_txt_of_line_ends_is_read_quickly() -> None:
    """S18: half a million line ends, a few hundred bytes on the wire, would take hours where spaces span lines."""
    site = Site(_="<html></html>", robots_txt="")
    site.documents[f"{SITE}robots.txt"] = "\n" * 500_000
    async with asyncio.timeout(60):
        assert urls(await site.discover()) == []


async def test_nothing_is_found_in_few_requests() -> None:
    """F40: a site without feeds is left alone after at most five requests."""
    site = Site(_="<html><body>news</body></html>")
    assert (await site.discover()).feeds == ()
    assert len(site.asked) <= MOST_REQUESTS


@pytest.mark.parametrize("failure", [Transient(Reason.TIMED_OUT), Permanent(Reason.ADDRESS_DENIED)])
async def test_the_first_failure_is_told(failure: Exception) -> None:
    """F40: whoever typed the address learns why it gave nothing."""

    async def ask(_url: str) -> Response:
        raise failure

    with pytest.raises(type(failure)):
        await discover(SITE, ask, Site().read)


async def test_only_comments_are_better_than_nothing() -> None:
    """F40: a site that has no other feed has that one."""
    assert urls(await Site(_=link("/comments"), comments=FEED).discover()) == ["comments"]
