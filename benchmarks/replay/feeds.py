"""Write feeds in three formats.

In: addresses and titles. Out: the bytes of a feed and their type. Pure. Trap: titles are a stranger's text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType
from urllib.parse import urlsplit
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Named:
    """One entry: the page it names."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed as it is served."""

    url: str
    media_type: str
    body: bytes = field(repr=False)


def write_feed(format_name: str, url: str, entries: Sequence[Named], newest_at: datetime) -> FeedDocument:
    """Write one feed; each entry is a minute older than the one before it."""
    dated = [(entry, newest_at - timedelta(minutes=number)) for number, entry in enumerate(entries)]
    media_type, write = _WRITERS[format_name]
    return FeedDocument(url, media_type, write(urlsplit(url).hostname or "", url, dated).encode())


_Dated = Sequence[tuple[Named, datetime]]


def _rss(name: str, url: str, entries: _Dated) -> str:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{escape(entry.url)}</link>"
        f'<guid isPermaLink="true">{escape(entry.url)}</guid><pubDate>{format_datetime(at)}</pubDate></item>'
        for entry, at in entries
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(name)}</title>'
        f"<link>{escape(url)}</link><description>All of it</description>{items}</channel></rss>"
    )


def _atom(name: str, url: str, entries: _Dated) -> str:
    items = "".join(
        f'<entry><title>{escape(entry.title)}</title><link href="{escape(entry.url, {chr(34): "&quot;"})}"/>'
        f"<id>{escape(entry.url)}</id><updated>{at.isoformat()}</updated><published>{at.isoformat()}</published></entry>"
        for entry, at in entries
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(name)}</title>'
        f"<id>{escape(url)}</id><updated>{entries[0][1].isoformat()}</updated>{items}</feed>"
    )


def _json(name: str, url: str, entries: _Dated) -> str:
    items = [
        {"id": entry.url, "url": entry.url, "title": entry.title, "date_published": at.isoformat()}
        for entry, at in entries
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": name, "feed_url": url, "items": items})


_WRITERS: Mapping[str, tuple[str, Callable[[str, str, _Dated], str]]] = MappingProxyType(
    {
        "rss": ("application/rss+xml", _rss),
        "atom": ("application/atom+xml", _atom),
        "json": ("application/feed+json", _json),
    }
)
FORMATS = tuple(_WRITERS)
