"""Feeds for the tests, in our own words.

In: the parts that a test is about. Out: documents as text. Hides the boilerplate of the formats.
"""

from datetime import UTC, datetime

from pipeline.feeds.parse import parse
from pipeline.model import ParsedFeed

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://feeds.example/news/rss.xml"
ITEM = (
    "<item><guid isPermaLink='false'>{n}</guid><link>https://gazette.example/{n}</link><title>Story {n}</title></item>"
)


def rss(items: str, channel: str = "", head: str = "", root: str = "") -> str:
    """Give an RSS 2.0 document around items."""
    return (
        f'{head}<rss version="2.0" {root}><channel><title>The Gazette</title>'
        f"<link>https://gazette.example/</link>{channel}{items}</channel></rss>"
    )


def numbered(*numbers: int) -> str:
    """Give a healthy RSS document with these stories."""
    return rss("".join(ITEM.format(n=n) for n in numbers))


def atom(entries: str, root: str = "") -> str:
    """Give an Atom 1.0 document around entries."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" {root}>'
        f"<id>urn:gazette</id><title>The Gazette</title>{entries}</feed>"
    )


def read(document: str | bytes, content_type: str = "", entry_limit: int = 2000) -> ParsedFeed:
    """Parse a document as if it came from `URL` at `NOW`."""
    body = document.encode() if isinstance(document, str) else document
    return parse(body, url=URL, now=NOW, content_type=content_type, entry_limit=entry_limit)
