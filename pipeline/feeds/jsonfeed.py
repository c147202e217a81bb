"""Read JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), which feedparser does not know.

In: the text of a document and the address it came from. Out: a `RawFeed`. Hides json. Trap: publishers write ids
as numbers, members with the wrong type and lone surrogates; whatever is not usable counts as absent.
"""

import json
import re
from itertools import islice
from typing import Any

from pipeline.errors import Permanent
from pipeline.feeds.raw import RawEntry, RawFeed
from pipeline.feeds.text import clean_line, clean_text, html_to_text
from pipeline.model import Reason
from pipeline.urls import absolute

# What publishers write for https://jsonfeed.org/version/1.1, the bare number included.
_VERSION = re.compile(r"(?:(?:https?://)?(?:www\.)?jsonfeed\.org/version/)?(1(?:\.\d)?)/?")
_RAW_TEXT_LENGTH = 2_000_000  # as for XML


def read_json(text: str, url: str, entry_limit: int) -> RawFeed:
    """Read a decoded document; at most `entry_limit` entries are looked at.

    Raises `Permanent` with NOT_A_FEED if it is not JSON (one that was cut short is not) or not a feed.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Permanent(Reason.NOT_A_FEED, f"the answer begins like JSON but cannot be read: {error}") from error
    version = _VERSION.fullmatch(_text(document, "version").strip()) if isinstance(document, dict) else None
    if version is None or not isinstance(document.get("items"), list):
        raise Permanent(Reason.NOT_A_FEED, "the answer is JSON but not a JSON Feed")
    entries = _list(document, "items")
    base = _address(document, "home_page_url", url) or url
    usable = tuple(_entry(entry, base) for entry in islice(entries, entry_limit) if isinstance(entry, dict))
    return RawFeed(
        format="json11" if version[1] == "1.1" else "json10",
        entries=usable,
        title=clean_line(_text(document, "title")),
        site_url=_address(document, "home_page_url", url),
        language=clean_line(_text(document, "language")),
        skipped_count=len(entries) - len(usable),
        older_url=_address(document, "next_url", url),
        hubs=tuple(filter(None, (_address(hub, "url", url) for hub in _hubs(document)))),
        self_url=_address(document, "feed_url", url),
        expired=document.get("expired") is True,
    )


def _entry(entry: dict[str, Any], base: str) -> RawEntry:
    markup = _text(entry, "content_html")[:_RAW_TEXT_LENGTH]
    return RawEntry(
        guid=clean_line(_text(entry, "id")),
        link=_address(entry, "url", base),
        title=clean_line(_text(entry, "title")),
        summary=clean_text(_text(entry, "summary")),
        content=html_to_text(markup) if markup else clean_text(_text(entry, "content_text")[:_RAW_TEXT_LENGTH]),
        author=", ".join(filter(None, (clean_line(_text(one, "name")) for one in _authors(entry)))),
        language=clean_line(_text(entry, "language")),
        date=clean_line(_text(entry, "date_published") or _text(entry, "date_modified")),
    )


def _hubs(document: dict[str, Any]) -> list[dict[str, Any]]:
    """List the hubs that speak WebSub; `rssCloud` is another protocol."""
    return [hub for hub in _list(document, "hubs") if isinstance(hub, dict) and _text(hub, "type").lower() == "websub"]


def _address(record: dict[str, Any], key: str, base: str) -> str:
    written = _text(record, key)
    return absolute(base, written) if written else ""


def _authors(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """List the authors: 1.1 has several, 1.0 one."""
    return [one for one in (*_list(entry, "authors"), entry.get("author")) if isinstance(one, dict)]


def _text(record: dict[str, Any], key: str) -> str:
    """Give a member as text; numbers are written out, so that 7 and "7" are one id."""
    value = record.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if isinstance(value, str) else str(value) if is_number else ""


def _list(record: dict[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else []
