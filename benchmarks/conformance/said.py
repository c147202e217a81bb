"""One thing that a suite says of a document, and whether what was read agrees.

In: `Said` and a `ParsedFeed`. Out: `Scored`. Hides what counts as equal. Trap: the suites keep markup and addresses
as written, while entries here carry plain text and absolute addresses; so both sides are brought to one form, with
the product's own functions for text and addresses, and never with a looser one.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.errors import Permanent
from pipeline.feeds.dates import parse_date
from pipeline.feeds.parse import parse
from pipeline.feeds.text import clean_text, html_to_text
from pipeline.model import Entry, ParsedFeed
from pipeline.urls import absolute

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "http://127.0.0.1:8097/tests/feed.xml"
FIELDS = ("title", "link", "id", "date", "text", "count")


class AsWritten(str):
    """A text that must come out exactly so, whatever in it looks like markup."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One expectation; `entry` is None where it is of the feed itself."""

    field: str  #: one of `FIELDS`
    wanted: object
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One document of a suite, with what the suite says of it."""

    suite: str
    name: str
    body: bytes
    said: tuple[Said, ...] = ()
    url: str = URL
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """One expectation judged; `got` is in words, for people."""

    case: Case
    said: Said
    held: bool
    got: str


def read(case: Case) -> ParsedFeed | str:
    """Parse, or give the named error; any other exception is a fault of ours and is raised."""
    try:
        return parse(case.body, url=case.url, now=NOW, content_type=case.content_type)
    except Permanent as refusal:
        return f"{refusal.reason}: {refusal}"


def score(case: Case) -> list[Scored]:
    """Judge everything that the suite says of one document."""
    parsed = read(case)
    return [Scored(case, said, *_judged(said, parsed, case.url)) for said in case.said]


def _judged(said: Said, parsed: ParsedFeed | str, url: str) -> tuple[bool, str]:
    if isinstance(parsed, str):
        return said.field == "count" and said.wanted == 0, parsed
    if said.field == "count":
        count = len(parsed.entries) + parsed.skipped_count
        return count == said.wanted, str(count)
    if said.field == "date" and isinstance(said.wanted, tuple):
        written, wanted = said.wanted
        return _same_date(wanted, at := parse_date(written, NOW), url), str(at)
    if said.entry is None:
        of_feed = {"title": parsed.title, "link": parsed.site_url}.get(said.field, "")
        return _COMPARED[said.field](said.wanted, of_feed, url), of_feed
    try:
        entry = parsed.entries[said.entry]
    except IndexError:
        return False, f"{len(parsed.entries)} entries"
    got = _of(entry, said.field)
    return any(_COMPARED[said.field](said.wanted, one, url) for one in got), " | ".join(map(str, got))


def _of(entry: Entry, field: str) -> tuple[object, ...]:
    match field:
        case "title":
            return (entry.title,)
        case "link":
            return (entry.url,)
        case "id":
            return (entry.guid,)
        case "text":
            return entry.summary, entry.content
        case _:
            return (entry.published_at,)


def _same_text(wanted: object, got: object, _url: str) -> bool:
    if isinstance(wanted, AsWritten):
        return _folded(str(got)) == _folded(wanted)
    return _folded(str(got)) in {_folded(clean_text(str(wanted))), _folded(html_to_text(str(wanted)))}


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _same_link(wanted: object, got: object, url: str) -> bool:
    return absolute(url, str(wanted)) == got if wanted else not got


def _same_id(wanted: object, got: object, _url: str) -> bool:
    return _folded(str(wanted)) == got


def _same_date(wanted: object, got: object, _url: str) -> bool:
    """Compare to the second; None as `wanted` means that no date may be taken from this."""
    if isinstance(wanted, datetime) and isinstance(got, datetime):
        return abs(wanted - got) < timedelta(seconds=1)
    return wanted is None and got is None


_COMPARED: dict[str, Callable[[object, object, str], bool]] = {
    "title": _same_text, "text": _same_text, "link": _same_link, "id": _same_id, "date": _same_date,
}  # fmt: skip
