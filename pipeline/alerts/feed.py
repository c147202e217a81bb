"""Write the feed of a subscription: its alerts as Atom or JSON Feed.

In: a `FeedPage`: the alerts with their stories as they stand now. Out: bytes, the same for the same page, so that a
validator can be made of them. Hides xml.etree. Pure. Trap: what joins a story changes its entry quietly (the count of
outlets, `updated`), never its id; and XML can hold fewer characters than a headline.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, tostring

from pipeline.alerts.items import Item
from pipeline.alerts.lines import instant, is_web_address
from pipeline.alerts.message import marked

ATOM = "http://www.w3.org/2005/Atom"
ATOM_TYPE = "application/atom+xml"
JSON_TYPE = "application/feed+json"

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  #: XML 1.0, 2.2


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One alert in the feed."""

    public_id: str
    item: Item
    outlet: str
    raised_at: datetime
    changed_at: datetime  #: when its story last grew, or the alert's own time


@dataclass(frozen=True, slots=True)
class FeedPage:
    """All that the feed of one subscription shows."""

    key: str  #: never shown but in the addresses
    name: str
    site_url: str
    atom_url: str
    json_url: str
    hubs: tuple[str, ...]
    entries: Sequence[FeedEntry]  #: the newest first
    begun_at: datetime  #: stands in where there is no entry yet

    @property
    def changed_at(self) -> datetime:
        """Give when anything in it last changed."""
        return max((entry.changed_at for entry in self.entries), default=self.begun_at)


def atom(page: FeedPage) -> bytes:
    """Write Atom (RFC 4287)."""
    root = Element("feed", xmlns=ATOM)
    _text(root, "id", f"urn:storywatch:feed:{page.key}")
    _text(root, "title", f"Storywatch: {page.name}")
    _text(root, "updated", instant(page.changed_at))
    _text(SubElement(root, "author"), "name", "Storywatch")
    SubElement(root, "link", rel="self", type=ATOM_TYPE, href=page.atom_url)
    SubElement(root, "link", rel="alternate", type=JSON_TYPE, href=page.json_url)
    for hub in page.hubs:
        SubElement(root, "link", rel="hub", href=hub)
    for entry in page.entries:
        _atom_entry(root, entry)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def _atom_entry(root: Element, entry: FeedEntry) -> None:
    made = SubElement(root, "entry")
    _text(made, "id", f"urn:storywatch:alert:{entry.public_id}")
    _text(made, "title", entry.item.headline)
    _text(made, "published", instant(entry.raised_at))
    _text(made, "updated", instant(entry.changed_at))
    _text(SubElement(made, "author"), "name", entry.outlet or "unknown")
    if is_web_address(entry.item.url):
        SubElement(made, "link", rel="alternate", href=_plain(entry.item.url))
    if entry.item.story_url:
        SubElement(made, "link", rel="related", href=entry.item.story_url)
    content = _text(made, "content", _html(entry.item))
    content.set("type", "html")


def json_feed(page: FeedPage) -> bytes:
    """Write JSON Feed 1.1."""
    document: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Storywatch: {page.name}",
        "home_page_url": f"{page.site_url}/",
        "feed_url": page.json_url,
        "items": [_json_item(entry) for entry in page.entries],
    }
    if page.hubs:
        document["hubs"] = [{"type": "WebSub", "url": hub} for hub in page.hubs]
    return _plain(json.dumps(document, ensure_ascii=False, separators=(",", ":"))).encode()


def _json_item(entry: FeedEntry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": f"urn:storywatch:alert:{entry.public_id}",
        "title": entry.item.headline,
        "content_html": _html(entry.item),
        "date_published": instant(entry.raised_at),
        "date_modified": instant(entry.changed_at),
        "authors": [{"name": entry.outlet}],
        "tags": list(entry.item.matched),
    }
    return item | ({"url": entry.item.url} if is_web_address(entry.item.url) else {})


def _html(item: Item) -> str:
    story = f'<p><a href="{escape(item.story_url)}">Story</a></p>' if item.story_url else ""
    quoted = f"<blockquote>{marked(item)}</blockquote>" if item.passage else ""
    return f"<p>{escape(item.source)}</p>{quoted}<p>{escape(item.why)}</p>{story}"


def _text(parent: Element, name: str, text: str) -> Element:
    made = SubElement(parent, name)
    made.text = _plain(text)
    return made


def _plain(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
