"""The feed validator's test cases: a comment names the message that the validator must give, or must not.

In: documents. Out: `Case`s. Hides lxml as an independent strict reader. What follows from a message for us: a document
that XML can read loses no entry; what is called valid is read as written; a title that holds HTML becomes text, one
that only looks so stays; a date called implausible is no date. Trap: most messages are about things no entry here has.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lxml import etree

from benchmarks.conformance.said import NOW, AsWritten, Case, Said
from pipeline.feeds.dates import EARLIEST_YEAR
from pipeline.feeds.text import html_to_text

_EXPECT = re.compile(rb"Expect:\s*(!?\w+)\s*(?:\{([^}]*)\})?")
_ROOTS = {"rss", "RDF", "feed"}
_ENTRIES = {"item", "entry"}
_DATES = {"pubDate", "date", "published", "updated", "issued", "modified", "created", "lastBuildDate"}


def read_case(name: str, body: bytes) -> Case:
    """Read one document's expectation out of its comment, and its elements with a strict parser."""
    root = _strictly(body)
    found = _EXPECT.search(body)
    if root is None or _local(root) not in _ROOTS:
        return Case("w3c", name, body)
    entries = [one for one in root.iter() if _local(one) in _ENTRIES and not _is_inside_entry(one)]
    said = [Said("count", len(entries))]
    if found:
        parts = dict(part.split(":", 1) for part in (found[2] or b"").decode().split(",") if ":" in part)
        element = parts.get("element", "").rpartition(":")[2]
        said += _of_message(found[1].decode(), element, root, entries)
    return Case("w3c", name, body, tuple(said))


def _strictly(body: bytes) -> etree.Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None


def _local(element: etree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _is_inside_entry(element: etree.Element) -> bool:
    return any(_local(one) in _ENTRIES for one in element.iterancestors())


def _of_message(message: str, element: str, root: etree.Element, entries: list[etree.Element]) -> Iterator[Said]:
    if message == "ImplausibleDate":
        dates = [_text(one) for one in root.iter() if _local(one) in _DATES]
        yield from (Said("date", (one, None)) for one in dates if not _is_plausible(_instant(one)))
    elif message.startswith("Valid") and element in _DATES:
        yield from (Said("date", (_text(one), _instant(_text(one)))) for one in root.iter() if _local(one) == element)
    elif message in {"!ContainsHTML", "ContainsHTML"} and element == "title":
        for number, entry in enumerate(entries):
            written = " ".join(_text(one) for one in entry if _local(one) == "title")
            yield Said("title", AsWritten(written if message[0] == "!" else html_to_text(written)), number)
    elif message in {"ValidTAG", "ValidURN", "ValidURI"} and element in {"id", "guid", "link"}:
        yield from _as_written(element, entries)
    elif message in {"ValidHttpGUID", "InvalidHttpGUID"}:
        yield from _of_guids(entries, is_link=message == "ValidHttpGUID")


def _as_written(element: str, entries: list[etree.Element]) -> Iterator[Said]:
    for number, entry in enumerate(entries):
        for one in entry:
            if _local(one) == element and _text(one):
                yield Said("link" if element == "link" else "id", _text(one), number)


def _of_guids(entries: list[etree.Element], *, is_link: bool) -> Iterator[Said]:
    for number, entry in enumerate(entries):
        links = [_text(one) for one in entry if _local(one) == "link"]
        guids = [one for one in entry if _local(one) == "guid"]
        yield from (Said("id", _text(guid), number) for guid in guids)
        addresses = [_text(one) for one in guids if is_link and one.get("isPermaLink") != "false"]
        yield Said("link", (links + addresses + [""])[0], number)


def _text(element: etree.Element) -> str:
    return (element.text or "").strip()


def _is_plausible(at: datetime | None) -> bool:
    return at is None or EARLIEST_YEAR <= at.year <= NOW.year


def _instant(written: str) -> datetime | None:
    """Read a valid date with the standard library, independently of the product."""
    try:
        at = datetime.fromisoformat(written) if written[:4].isdigit() else parsedate_to_datetime(written)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
