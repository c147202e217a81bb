"""Read RSS and Atom documents of every age and state of repair.

In: the text of a document and the address it came from. Out: a `RawFeed`. Hides feedparser (6.0), its dictionaries
and its many ways to be surprised. Traps: it takes any guid for a link; it opens what is passed as a string; its
dictionaries warn when `updated` is looked up with `get`, so they are read as plain dictionaries.
"""

import io
import re
from collections.abc import Sequence
from typing import Any

import feedparser

from pipeline.errors import Permanent
from pipeline.feeds import declared, mending
from pipeline.feeds.bombs import refuse_bombs
from pipeline.feeds.plainwords import RAW_TEXT_LENGTH
from pipeline.feeds.plainxml import read_plain
from pipeline.feeds.raw import RawEntry, RawFeed
from pipeline.feeds.text import clean_line, clean_text, has_markup, html_to_text
from pipeline.model import Reason
from pipeline.urls import absolute, is_web_url

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
# What broken documents have made feedparser or its SGML parser raise; it documents no exception of its own.
_RAISED = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_DECLARATION = re.compile(r"<\?xml[^>]*>")
_OURS = "<?xml version='1.0' encoding='utf-8'?>\n"
_TEXT_TYPE = re.compile(r"^text/plain$|html")  # application/xhtml+xml too


def read_xml(text: str, url: str, entry_limit: int) -> RawFeed:
    """Read a decoded document; at most `entry_limit` entries are looked at.

    Raises `Permanent` with NOT_A_FEED if it is something else, or built to hurt. A document that is damaged but
    recognised is read as far as it can be; `complete` tells whether its root was ever closed. If not, an entry that
    was cut is left out: once stored with half its words, the whole one would be taken for known (checklist F4).
    """
    mended = mending.mend(text)
    cut, skipped_count = mending.cut_entries(mended, entry_limit)
    refuse_bombs(cut)
    return read_plain(cut, url, skipped_count) or _lenient(text, mended, cut, url, skipped_count)


def read_lenient(text: str, url: str, entry_limit: int) -> RawFeed:
    """Read a document as `read_xml` does, by the lenient parser in any case."""
    mended = mending.mend(text)
    cut, skipped_count = mending.cut_entries(mended, entry_limit)
    refuse_bombs(cut)
    return _lenient(text, mended, cut, url, skipped_count)


def _lenient(text: str, mended: str, cut: str, url: str, skipped_count: int) -> RawFeed:
    found = _parse(cut)
    version = _text(found, "version")
    if not version:
        raise Permanent(Reason.NOT_A_FEED, f"the answer is no feed but {_kind(text)}")
    complete = not found["bozo"] or mending.is_closed(mended)
    entries = found["entries"] if complete or not mending.ends_in_entry(cut) else found["entries"][:-1]
    about: dict[str, Any] = found["feed"]
    links = [(_text(one, "rel"), _text(one, "href")) for one in dict.get(about, "links") or ()]
    # RSS does not say what a relative link is relative to; xml:base is already applied, the site comes next.
    base = absolute(url, _text(about, "link")) or url
    return RawFeed(
        format=version,
        entries=tuple(_entry(entry, base, version) for entry in entries),
        title=clean_line(_plain(about, "title", version)),
        site_url=_site(about, url),
        language=clean_line(_text(about, "language")),
        skipped_count=skipped_count,
        minimum_interval_seconds=declared.minimum_interval_seconds(
            _text(about, "ttl"), _text(about, "sy_updateperiod"), _text(about, "sy_updatefrequency")
        ),
        skip_hours=declared.skip_hours(mended),
        skip_days=declared.skip_days(mended),
        complete=complete,
        older_url=_first(links, ("prev-archive", "next"), url),
        hubs=tuple(dict.fromkeys(filter(None, (absolute(url, link) for rel, link in links if rel == "hub")))),
        self_url=_first(links, ("self",), url),
    )


def _parse(text: str) -> feedparser.FeedParserDict:
    # feedparser looks for the encoding in the first line, by an expression that takes minutes for a long one (S30).
    declared = _DECLARATION.match(text)
    stream = io.BytesIO((_OURS + (text[declared.end() :] if declared else text)).encode())
    try:
        return feedparser.parse(stream, response_headers=_HEADERS, resolve_relative_uris=False, sanitize_html=False)
    except _RAISED as error:
        raise Permanent(Reason.NOT_A_FEED, f"the document cannot be read: {error}") from error


def _kind(text: str) -> str:
    start = text[:1000].lstrip().lower()
    if not start:
        return "empty"
    return "a web page" if "<html" in start or start.startswith("<!doctype html") else "something else"


def _entry(entry: dict[str, Any], base: str, version: str) -> RawEntry:
    # Without a detail of its own the summary is only feedparser's copy of the content, markup and all.
    summary = _plain(entry, "summary", version) if dict.get(entry, "summary_detail") else ""
    content = _content(entry, version)
    return RawEntry(
        guid=clean_line(_text(entry, "id")),
        link=_link(entry, base),
        title=clean_line(_plain(entry, "title", version)),
        summary=summary,
        content=content,
        author=clean_line(_text(entry, "author")),
        language=_language(entry),
        date=clean_line(_text(entry, "published") or _text(entry, "updated") or _text(entry, "created")),
    )


def _text(record: dict[str, Any], key: str) -> str:
    value = dict.get(record, key)
    return value if isinstance(value, str) else ""


def _plain(record: dict[str, Any], key: str, version: str) -> str:
    """Give a text without its markup; whether it has some is said by Atom and guessed for RSS."""
    detail = dict.get(record, f"{key}_detail") or {}
    return _as_text(_text(record, key), _text(detail, "type"), version)


def _as_text(value: str, kind: str, version: str) -> str:
    value = value[:RAW_TEXT_LENGTH]
    marked_up = "html" in kind or (not version.startswith("atom") and has_markup(value))
    return html_to_text(value) if marked_up else clean_text(value)


def _content(entry: dict[str, Any], version: str) -> str:
    """Give the longest of the contents that are text at all; media may be inlined as base64."""
    texts = [one for one in dict.get(entry, "content") or () if _TEXT_TYPE.search(_text(one, "type"))]
    if not texts:
        return ""
    longest = max(texts, key=lambda one: len(_text(one, "value")))
    return _as_text(_text(longest, "value"), _text(longest, "type"), version)


def _link(entry: dict[str, Any], base: str) -> str:
    """Give the entry's page: its link, or a guid that is a permanent link (checklist F34); empty if there is none.

    feedparser calls any guid a link; one counts only if it is a web address in its own right. FeedBurner's
    original link saves a hop through a counter.
    """
    links = [_text(one, "href") for one in dict.get(entry, "links") or () if _text(one, "rel") == "alternate"]
    # feedparser's own choice may be an enclosure that came last.
    chosen = [link for link in links if link == _text(entry, "link")][:1]
    for link in [_text(entry, "feedburner_origlink"), *chosen, *links]:
        if link and (found := absolute(base, link)):
            return found
    guid = _text(entry, "id")
    is_permanent_link = dict.get(entry, "guidislink") is True or _text(entry, "link") == guid
    return absolute(base, guid) if is_permanent_link and is_web_url(guid) else ""


def _first(links: Sequence[tuple[str, str]], wanted: Sequence[str], url: str) -> str:
    """Give the address of the first link with one of these relations, the first relation before the others."""
    for rel in wanted:
        for found, link in links:
            if found == rel and link:
                return absolute(url, link)
    return ""


def _site(about: dict[str, Any], url: str) -> str:
    """Give the site's address: the channel's link, or the alternate of an Atom link in RSS; empty if none is named."""
    beside = dict.get(about, "atom_link") or {}
    link = _text(about, "link") or (_text(beside, "href") if _text(beside, "rel") == "alternate" else "")
    return absolute(url, link) if link else ""


def _language(entry: dict[str, Any]) -> str:
    for key in ("content", "summary_detail", "title_detail"):
        detail = dict.get(entry, key)
        one = detail[0] if isinstance(detail, list) and detail else detail
        if isinstance(one, dict) and _text(one, "language"):
            return clean_line(_text(one, "language"))
    return clean_line(_text(entry, "language"))
