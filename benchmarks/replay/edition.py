"""Decide what is published where: the pages at their own hosts, copies at others, and the feeds that name them.

In: pages and the origin's port. Out: an `Edition`. Pure. Each host keeps its name, below `localhost`
(`www.example.com.localhost`), which RFC 6761 leads to this machine and which counts as an outlet of its own. Trap:
a feed must not tell of an article what only its page may tell, so its entries carry no summary.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from itertools import groupby
from urllib.parse import urlsplit

from benchmarks.replay.corpus import Page
from benchmarks.replay.feeds import FORMATS, FeedDocument, Named, write_feed

COPY_COUNT = 20
REPEAT_COUNT = 12
LEAST_COPY_WORDS = 120  #: of a text that agencies would pass on
_SYNDICATES = ("evening-wire", "harbour-post", "north-service", "valley-news")
_AGGREGATOR = "all-the-papers"


@dataclass(frozen=True, slots=True)
class Publication:
    """One page as it is published: a real page, or a copy of one at another outlet."""

    url: str  #: at the origin
    title: str
    body: bytes = field(repr=False)
    page_id: str
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """All that is published, and by which feeds."""

    publications: tuple[Publication, ...]
    repeats: tuple[Named, ...]  #: entries of an aggregator, whose pages are other feeds' already
    feeds: tuple[FeedDocument, ...]

    @property
    def entry_count(self) -> int:
        """Count what the feeds name."""
        return len(self.publications) + len(self.repeats)

    @property
    def originals(self) -> tuple[Publication, ...]:
        """Give the real pages at their own outlets."""
        return tuple(one for one in self.publications if not one.is_copy)

    @property
    def copies(self) -> tuple[Publication, ...]:
        """Give the copies."""
        return tuple(one for one in self.publications if one.is_copy)


def make_edition(pages: Sequence[Page], port: int, now: datetime) -> Edition:
    """Publish every page at its own host, some again by syndicates, some named again by an aggregator."""
    originals = [Publication(at_origin(page.url, port), page.title, page.body, page.id) for page in pages]
    copies = [_copy(page, number, port) for number, page in enumerate(pages_to_copy(pages))]
    step = max(1, len(originals) // REPEAT_COUNT)
    repeats = [_repeat(one) for one in originals[::step][:REPEAT_COUNT]]
    publications = [*originals, *copies]
    named = [Named(one.url, one.title) for one in publications]
    return Edition(tuple(publications), tuple(repeats), tuple(feeds_of(named, repeats, port, now)))


def pages_to_copy(pages: Sequence[Page], count: int = COPY_COUNT) -> list[Page]:
    """Choose pages of some length, spread over all."""
    long = [page for page in pages if len(page.gold.split()) >= LEAST_COPY_WORDS]
    step = max(1, len(long) // count)
    return long[::step][:count]


def _copy(page: Page, number: int, port: int) -> Publication:
    """Copy a page: as it stands, or only its text under another headline in a frame of the syndicate's own."""
    outlet = _SYNDICATES[number % len(_SYNDICATES)]
    url = f"http://{outlet}.localhost:{port}/received/{number}.html"
    if number % 2:
        return Publication(url, page.title, page.body, page.id, is_copy=True)
    title = f"Received from an agency, number {number}"
    return Publication(url, title, framed(title, page.gold, outlet).encode(), page.id, is_copy=True)


def framed(title: str, text: str, outlet: str) -> str:
    """Make a plain page around a text."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} | {outlet}</title></head>'
        '<body><nav><ul><li><a href="/">Front page</a></li><li><a href="/about">About us</a></li></ul></nav>'
        f'<main><article><h1>{escape(title)}</h1><div class="article-body">{paragraphs}</div></article></main>'
        f"<footer><p>{outlet} has its desk at the harbour.</p></footer></body></html>"
    )


def _repeat(one: Publication) -> Named:
    mark = "&" if "?" in one.url else "?"
    bare, _, _fragment = one.url.partition("#")
    return Named(f"{bare}{mark}utm_source=aggregator", one.title)


def feeds_of(named: Iterable[Named], repeats: Sequence[Named], port: int, now: datetime) -> list[FeedDocument]:
    """Give each host its feed, in turn of every format, and the aggregator its own."""
    by_host = groupby(sorted(named, key=_host), key=_host)
    groups = [(host, list(entries)) for host, entries in by_host]
    if repeats:
        groups.append((f"{_AGGREGATOR}.localhost", list(repeats)))
    return [
        write_feed(FORMATS[number % len(FORMATS)], f"http://{host}:{port}/feed", entries, now - timedelta(minutes=5))
        for number, (host, entries) in enumerate(groups)
    ]


def at_origin(url: str, port: int) -> str:
    """Move an address to the origin: same host name below `localhost`, same path and query."""
    parts = urlsplit(url)
    host = f"{parts.hostname}.localhost:{port}"
    return parts._replace(scheme="http", netloc=host).geturl()


def _host(named: Named) -> str:
    return urlsplit(named.url).hostname or ""
