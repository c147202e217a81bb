"""Find the feeds of a site from any address of it, with few requests (checklist F40).

In: an address that somebody typed, and a way to ask. Out: a `Discovery`. Trap: the address may be a feed already, and
what a page declares may be gone; so each feed is asked for once before it is named, as far as the requests reach, and
the answer is given along, so that nobody has to ask again.
"""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from pipeline.errors import Failure
from pipeline.feeds.feedlinks import FeedLink, distinct, feed_links
from pipeline.model import ParsedFeed, Response
from pipeline.urls import absolute, canonical

MOST_REQUESTS = 5
#: Where feeds lie on sites that do not say so; the first two serve most publishing systems.
USUAL_PATHS = ("/feed", "/rss.xml", "/atom.xml")
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)

Ask = Callable[[str], Awaitable[Response]]
Read = Callable[[Response], Awaitable[ParsedFeed]]


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed of the site; what it answered, if it was asked."""

    url: str
    title: str = ""
    response: Response | None = None
    parsed: ParsedFeed | None = None
    is_comments: bool = False


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, the likeliest first."""

    feeds: tuple[FoundFeed, ...]
    asked: tuple[str, ...]  #: every address that was asked for, in order

    def choices(self) -> list[FoundFeed]:
        """Give the feeds between which somebody must choose: no comments, no twins; all if only such are there."""
        kept = {link.url for link in distinct(FeedLink(one.url, one.title) for one in self.feeds)}
        return [one for one in self.feeds if one.url in kept] or list(self.feeds)


@dataclass(slots=True)
class _Search:
    ask: Ask
    read: Read
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str) -> Response:
        self.asked.append(url)
        return await self.ask(url)

    async def try_feed(self, link: FeedLink) -> FoundFeed | None:
        """Ask for what may be a feed; None if it is none."""
        try:
            response = await self.get(link.url)
            parsed = await self.read(response)
        except Failure:
            return None
        return FoundFeed(link.url, parsed.title or link.title, response, parsed, link.is_comments)

    def has_more(self) -> bool:
        return len(self.asked) < MOST_REQUESTS


async def discover(url: str, ask: Ask, read: Read) -> Discovery:
    """Look for feeds at an address: the answer itself, what the page names, then the usual places.

    Raises the `Failure` of the first request; later ones only mean that there is nothing at that address.
    """
    search = _Search(ask, read)
    first = await search.get(url)
    try:
        parsed = await read(first)
    except Failure:
        named = await _named(search, feed_links(first.body, first.url, first.headers))
        return Discovery(tuple(named or await _usual(search, first.url)), tuple(search.asked))
    return Discovery((FoundFeed(url, parsed.title, first, parsed),), tuple(search.asked))


async def _named(search: _Search, links: list[FeedLink]) -> list[FoundFeed]:
    """Ask for the feeds that a page names as far as requests reach; declared ones beyond that are believed.

    An ordinary link is no promise, so the first of them that is a feed ends the search.
    """
    found: list[FoundFeed] = []
    chosen = distinct(links)
    for link in [*chosen, *(link for link in links if link not in chosen)]:
        if not link.declared and found:
            break
        if link.declared and (not search.has_more() or link not in chosen):
            found.append(FoundFeed(link.url, link.title, is_comments=link.is_comments))
        elif search.has_more() and (one := await search.try_feed(link)):
            found.append(one)
    return found


async def _usual(search: _Search, url: str) -> list[FoundFeed]:
    """Try the usual places of a site that names no feed, and last what its robots.txt says of news sitemaps."""
    for place in USUAL_PATHS[: MOST_REQUESTS - len(search.asked) - 2]:
        if found := await search.try_feed(FeedLink(absolute(url, place))):
            return [found]
    if not search.has_more():
        return []
    try:
        robots = await search.get(absolute(url, "/robots.txt"))
    except Failure:
        return []
    for place in _news_sitemaps(robots, url):
        if search.has_more() and (found := await search.try_feed(FeedLink(place))):
            return [found]
    return []


def _news_sitemaps(robots: Response, url: str) -> Iterator[str]:
    """Give the sitemaps of a robots.txt whose address speaks of news."""
    seen = {canonical(url)}
    for line in _SITEMAP_LINE.findall(robots.body[:500_000].decode("utf-8", "replace")):
        link = absolute(url, line)
        if "news" in link.lower() and canonical(link) not in seen:
            seen.add(canonical(link))
            yield link
