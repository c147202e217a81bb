"""Read news sitemaps (sitemaps.org 0.9 with Google's news extension) and indexes of sitemaps.

In: the text of a document and the address it came from. Out: a `RawFeed`; an index has `parts` instead of entries.
Hides lxml's recovering parser. Trap: a sitemap without news lists every page a site ever had, without titles or
times of publication; it is no feed, and is refused in words.
"""

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from pipeline.errors import Permanent
from pipeline.feeds import mending
from pipeline.feeds.bombs import refuse_bombs
from pipeline.feeds.raw import RawEntry, RawFeed
from pipeline.feeds.safexml import safe_parser
from pipeline.feeds.text import clean_line
from pipeline.model import Reason
from pipeline.urls import absolute, registrable_host

MOST_PARTS = 100  # remembered of an index; `pipeline.feeds.pages` follows fewer
_HEAD = 4096
_BEFORE_ROOT = re.compile(r"\s*(?:<\?[^>]{0,1000}\?>|<!--(?:[^-]|-(?!->)){0,3000}-->)")
_ROOT = re.compile(r"\s*<(?:[\w.-]{1,50}:)?(urlset|sitemapindex)[\s>]", re.IGNORECASE)
_NEWS_NAMESPACE = re.compile(r"xmlns:\w+\s*=\s*[\"']https?://www\.google\.com/schemas/sitemap-news/")


def is_sitemap(text: str) -> bool:
    """Tell whether the document's root is a sitemap's or an index's."""
    head, at = text[:_HEAD], 0
    while found := _BEFORE_ROOT.match(head, at):
        at = found.end()
    return _ROOT.match(head, at) is not None


def read_sitemap(text: str, url: str, entry_limit: int) -> RawFeed:
    """Read a decoded document; at most `entry_limit` entries are looked at.

    Raises `Permanent` with NOT_A_FEED for a sitemap without news.
    """
    mended = mending.mend(text)
    refuse_bombs(mended)
    root = _root(mended)
    if _local(root) == "sitemapindex":
        return RawFeed(format="sitemapindex", entries=(), parts=tuple(_parts(root, url)), complete=True)
    pages = [page for page in root if _local(page) == "url"]
    news = [(page, about) for page in pages if (about := _child(page, "news")) is not None]
    if not news and not _NEWS_NAMESPACE.search(mended[:_HEAD]):
        raise Permanent(Reason.NOT_A_FEED, "the answer is a sitemap without news; a news sitemap or a feed is needed")
    shown = list(islice(news, entry_limit))
    return RawFeed(
        format="newssitemap",
        entries=tuple(_entry(page, about, url) for page, about in shown),
        title=_text(_child(news[0][1], "publication"), "name") if news else "",
        language=_text(_child(news[0][1], "publication"), "language") if news else "",
        skipped_count=len(news) - len(shown),
        complete=mended.rstrip().endswith(">") and re.search(r"</(?:[\w.-]+:)?urlset\s*>", mended[-200:]) is not None,
    )


def _root(text: str) -> etree.Element:
    if "<!ENTITY" in text:
        raise Permanent(Reason.NOT_A_FEED, "the sitemap declares entities, which none needs")
    root = etree.fromstring(text.encode(), safe_parser(recover=True))
    if root is None:
        raise Permanent(Reason.NOT_A_FEED, "the sitemap cannot be read")
    return root


def _local(element: etree.Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower()


def _child(element: etree.Element | None, name: str) -> etree.Element | None:
    if element is None:
        return None
    return next((child for child in element if _local(child) == name), None)


def _text(element: etree.Element | None, name: str) -> str:
    found = _child(element, name)
    return clean_line("".join(found.itertext())) if found is not None else ""


def _entry(page: etree.Element, about: etree.Element, url: str) -> RawEntry:
    link = _text(page, "loc")
    return RawEntry(
        link=absolute(url, link) if link else "",
        title=_text(about, "title"),
        language=_text(_child(about, "publication"), "language"),
        date=_text(about, "publication_date") or _text(page, "lastmod"),
    )


def _parts(root: etree.Element, url: str) -> Iterator[str]:
    """Give the sitemaps of an index that belong to the same owner: named for news first, then the newest first."""
    found = []
    for place, part in enumerate(child for child in root if _local(child) == "sitemap"):
        link = absolute(url, _text(part, "loc")) if _text(part, "loc") else ""
        if link and registrable_host(link) == registrable_host(url):
            found.append(("news" in link.lower(), _text(part, "lastmod"), -place, link))
    yield from (link for *_order, link in sorted(found, reverse=True)[:MOST_PARTS])
