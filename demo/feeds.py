"""The outlets' feeds, each in its own format.

In: an outlet, its newest pieces, the port. Out: bytes and their media type. Hides Jinja's XML templates and JSON.
Trap: nothing in a feed may depend on the moment of asking, or the entity tag would change without news.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from demo.model import FeedContent, FeedFormat, Outlet, Piece

ENTRY_COUNT = 20  #: entries in a feed
_MEDIA_TYPES = {
    FeedFormat.RSS20: "application/rss+xml",
    FeedFormat.RSS092: "text/xml",
    FeedFormat.RDF: "application/rdf+xml",
    FeedFormat.ATOM: "application/atom+xml",
    FeedFormat.JSON: "application/feed+json",
}


def local_time(outlet: Outlet, instant: datetime) -> datetime:
    """Give the instant on the outlet's clock."""
    return instant.astimezone(timezone(timedelta(minutes=outlet.utc_offset_minutes)))


def paragraphs_html(piece: Piece) -> Markup:
    """Give the text as paragraphs of HTML."""
    return Markup("\n").join(Markup("<p>{}</p>").format(paragraph) for paragraph in piece.paragraphs)


class Feeds:
    """Writes feeds."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("demo", "templates/feeds"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def write(self, outlet: Outlet, pieces: Sequence[Piece], port: int) -> tuple[bytes, str]:
        """Give the feed document over `pieces`, newest first, and its media type without a charset."""
        entries = [_entry(outlet, piece, port) for piece in pieces]
        if outlet.format is FeedFormat.JSON:
            return _json_feed(outlet, entries, port), _MEDIA_TYPES[outlet.format]
        template = self._templates.get_template(f"{outlet.format}.xml")
        document = template.render(outlet=outlet, root=outlet.root(port), entries=entries)
        return document.encode(), _MEDIA_TYPES[outlet.format]


def _entry(outlet: Outlet, piece: Piece, port: int) -> dict[str, Any]:
    """Gather what the formats show of a piece, empty where the outlet withholds it; the templates escape the HTML."""
    address = outlet.root(port) + outlet.article_path.replace("{slug}", piece.slug)
    published_at = local_time(outlet, piece.published_at)
    return {
        "id": f"tag:{outlet.name}.localhost,2025:{piece.slug}",
        "address": address,
        "link": address + outlet.link_suffix,
        "title": piece.title,
        "author": piece.byline,
        "summary": "" if outlet.content is FeedContent.BARE else piece.summary,
        "summary_html": str(Markup("<p>{}</p>").format(piece.summary)),
        "content": str(paragraphs_html(piece)) if outlet.content is FeedContent.FULL else "",
        "iso": published_at.isoformat(),
        "rfc822": format_datetime(published_at),
    }


def _json_feed(outlet: Outlet, entries: Sequence[dict[str, Any]], port: int) -> bytes:
    """Write JSON Feed 1.1 (jsonfeed.org)."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "home_page_url": f"{outlet.root(port)}/",
        "feed_url": outlet.root(port) + outlet.feed_path,
        "language": outlet.language,
        "items": [_json_item(entry) for entry in entries],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _json_item(entry: dict[str, Any]) -> dict[str, Any]:
    body = {"content_html": entry["content"]} if entry["content"] else {"content_text": entry["summary"]}
    return {
        "id": entry["id"],
        "url": entry["link"],
        "title": entry["title"],
        "summary": entry["summary"],
        "date_published": entry["iso"],
        "authors": [{"name": entry["author"]}],
        **body,
    }
