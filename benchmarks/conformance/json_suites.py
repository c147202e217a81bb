"""gofeed's and feed-rs' tests: beside each document lies what their parser makes of it, as JSON.

In: a document and that JSON. Out: `Case`s. Trap: feed-rs makes up ids where there are none, and takes the time of
reading for a date where there is none; both are left out.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.conformance.said import Case, Said

_MADE_UP = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def gofeed_case(name: str, body: bytes, beside: bytes) -> Case:
    """Read an expectation of gofeed: of its RSS and Atom parsers, or of the common form that both become."""
    told = json.loads(beside)
    entries = told.get("items") or told.get("entries") or []
    said = [*_feed(told), *(one for number, entry in enumerate(entries) for one in _gofeed_entry(number, entry))]
    return Case("gofeed", name, body, (*said, Said("count", len(entries))))


def _feed(told: dict[str, Any]) -> Iterator[Said]:
    if "title" in told:
        yield Said("title", told["title"])
    link = told.get("link")
    if isinstance(link, str):
        yield Said("link", link)


def _gofeed_entry(number: int, entry: dict[str, Any]) -> Iterator[Said]:
    if "title" in entry:
        yield Said("title", entry["title"], number)
    guid = entry.get("guid", entry.get("id"))
    if guid:
        yield Said("id", guid["value"] if isinstance(guid, dict) else guid, number)
    if entry.get("link"):
        yield Said("link", entry["link"], number)
    alternates = [one["href"] for one in entry.get("links", ()) if isinstance(one, dict) and _is_page(one)]
    if alternates:
        yield Said("link", alternates[0], number)
    date = entry.get("publishedParsed") or entry.get("pubDateParsed") or entry.get("updatedParsed")
    if date:
        yield Said("date", _instant(date), number)


def _is_page(link: dict[str, Any]) -> bool:
    return link.get("rel") == "alternate" and bool(link.get("href"))


def feedrs_case(name: str, body: bytes, beside: bytes) -> Case:
    """Read an expectation of feed-rs."""
    told = json.loads(beside)
    said = [Said("count", len(told["entries"]))]
    if told["title"]:
        said.append(Said("title", told["title"]["content"]))
    for number, entry in enumerate(told["entries"]):
        said += _feedrs_entry(number, entry, body)
    return Case("feed-rs", name, body, tuple(said))


def _feedrs_entry(number: int, entry: dict[str, Any], body: bytes) -> Iterator[Said]:
    if entry["title"]:
        yield Said("title", entry["title"]["content"], number)
    if not _MADE_UP.fullmatch(entry["id"]) or entry["id"].encode() in body:
        yield Said("id", entry["id"], number)
    pages = [link["href"] for link in entry["links"] if link["rel"] in {None, "alternate"}]
    if pages:
        yield Said("link", pages[0], number)
    date = entry["published"] or entry["updated"]
    if date:
        yield Said("date", _instant(date), number)


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
