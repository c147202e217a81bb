"""Find the feeds that a web page names (checklist F40).

In: a page's bytes, address and headers. Out: `FeedLink`s, the likeliest first. Hides lxml's HTML parser and the Link
header (RFC 8288). Trap: links stand anywhere, in any case, relative to a `base`; and the first one is often the
comments' feed, which nobody wants.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape

from lxml import etree

from pipeline.feeds.decode import decode
from pipeline.feeds.text import clean_line
from pipeline.urls import absolute, canonical, find_web_url, registrable_host

#: Media types that name a feed; `application/json` is left out, since every WordPress page links its API so.
FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/x.atom+xml",
        "application/x-atom+xml",
        "text/xml",
        "application/xml",
    }
)
MOST_LINKS = 50
LONGEST_PAGE = 2_000_000  # bytes looked at: what a page says of its feeds stands at its beginning
TITLE_LENGTH = 200

_HEADER_LINK = re.compile(r'<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s;,"]+))*)')
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))')
_COMMENTS = re.compile(r"comment|kommentar|commentaire|comentario|reacties|комментари", re.IGNORECASE)
_LOOKS_LIKE_FEED = re.compile(r"(?:^|[/._?=-])(?:rss|atom|feeds?|rdf|news-?sitemap)(?:[/._?&=-]|\d*$)", re.IGNORECASE)
_FORMAT_WORDS = re.compile(r"\b(?:rss|atom|json|rdf|xml|feed|2\.0|1\.0|0\.3|0\.91|0\.92)\b|[\W_]+", re.IGNORECASE)
_HTML = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed as a page names it."""

    url: str
    title: str = ""
    declared: bool = True  #: by a link element or header; False for an ordinary link that looks like a feed

    @property
    def is_comments(self) -> bool:
        """Tell whether it is the feed of somebody's comments."""
        return _COMMENTS.search(f"{self.url} {self.title}") is not None


def feed_links(body: bytes, url: str, headers: Mapping[str, str]) -> list[FeedLink]:
    """List what a page names: the declared before the others, comments last, else in the page's order."""
    page = decode(body[:LONGEST_PAGE], headers.get("content-type", ""))
    elements = list(_elements(page))
    base = next((absolute(url, href) for tag, href, _ in elements if tag == "base" and href), "") or url
    named = [*_from_header(headers.get("link", ""), url), *_declared(elements, base), *_ordinary(elements, base, url)]
    first: dict[str, FeedLink] = {}
    for link in named:
        first.setdefault(canonical(link.url), link)
    first.pop(canonical(url), None)
    return sorted(first.values(), key=lambda link: (link.is_comments, not link.declared))[:MOST_LINKS]


def distinct(links: Iterable[FeedLink]) -> list[FeedLink]:
    """Leave out the comments' feeds, and of twins (one feed as RSS and as Atom) all but the first."""
    first: dict[tuple[str, str], FeedLink] = {}
    for link in links:
        if not link.is_comments:
            found = find_web_url(link.url)
            words = _FORMAT_WORDS.sub("", link.title.casefold()) if link.title else ""
            path = _FORMAT_WORDS.sub("", f"{found.path} {found.query}".casefold()) if found else link.url
            first.setdefault((words, path), link)
    return list(first.values())


def _elements(page: str) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Give (tag, href, attributes) of every link, base and anchor, wherever they stand."""
    if "<" not in page:
        return
    root = etree.fromstring(page.encode("utf-8", "replace"), _HTML)
    if root is None:
        return
    for element in root.iter("link", "base", "a"):
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        attributes["text"] = "".join(element.itertext())[:TITLE_LENGTH] if element.tag == "a" else ""
        yield element.tag, attributes.get("href", "").strip(), attributes


def _declared(elements: Iterable[tuple[str, str, Mapping[str, str]]], base: str) -> Iterator[FeedLink]:
    for tag, href, attributes in elements:
        relations = attributes.get("rel", "").lower().split()
        media_type = attributes.get("type", "").partition(";")[0].strip().lower()
        is_feed = "feed" in relations or ("alternate" in relations and media_type in FEED_TYPES)
        if tag == "link" and href and is_feed and (found := absolute(base, href)):
            yield FeedLink(found, clean_line(attributes.get("title", ""))[:TITLE_LENGTH])


def _ordinary(elements: Iterable[tuple[str, str, Mapping[str, str]]], base: str, url: str) -> Iterator[FeedLink]:
    """Give links of the same owner whose address looks like a feed's."""
    for tag, href, attributes in elements:
        found = absolute(base, href) if tag == "a" and href else ""
        address = find_web_url(found)
        if address is None or registrable_host(found) != registrable_host(url):
            continue
        if _LOOKS_LIKE_FEED.search(f"{address.path}?{address.query}" if address.query else address.path):
            yield FeedLink(found, clean_line(attributes["text"]), declared=False)


def _from_header(value: str, url: str) -> Iterator[FeedLink]:
    for target, parameters in _HEADER_LINK.findall(value[:8000]):
        named = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(parameters)}
        is_feed = named.get("type", "").partition(";")[0].strip().lower() in FEED_TYPES
        if "alternate" in named.get("rel", "").lower().split() and is_feed and (found := absolute(url, target)):
            yield FeedLink(found, clean_line(unescape(named.get("title", ""))))
