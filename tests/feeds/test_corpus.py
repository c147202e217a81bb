"""Real feeds and the conformance suites of four other parsers (kept beside the checkout)."""

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import Permanent
from pipeline.feeds.opml import read_opml
from pipeline.feeds.parse import parse
from pipeline.model import ParsedFeed, Reason

pytestmark = pytest.mark.corpus

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://feeds.example/feed.xml"


def files(path: Path) -> Iterator[tuple[str, bytes]]:
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside this checkout")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def read(body: bytes) -> ParsedFeed | Reason:
    """Parse, or give the reason why it is no feed."""
    try:
        return parse(body, url=URL, now=NOW)
    except Permanent as failure:
        return failure.reason


def check(name: str, parsed: ParsedFeed) -> None:
    """Every entry has an identity of its own, and no time that cannot be."""
    identities = [entry.identity for entry in parsed.entries]
    assert all(identities), name
    assert len(set(identities)) == len(identities), name
    for entry in parsed.entries:
        assert entry.url == "" or entry.url.startswith(("http://", "https://")), name
        assert entry.published_at is None or entry.published_at.year >= 1990, name
        assert entry.published_at is None or entry.published_at <= NOW + timedelta(days=1), name
        texts = (entry.identity, entry.title, entry.summary, entry.content, entry.author, entry.guid)
        assert not any("\x00" in text for text in texts), name
        "".join(texts).encode()


@pytest.mark.slow
def test_real_feeds_lose_nothing(shared_data: Path) -> None:
    """F20, F23: every entry of 94 real feeds has an identity and a sane time, and reads the same twice."""
    entry_count = 0
    for name, body in files(shared_data / "feeds" / "real.zip"):
        parsed = parse(body, url=URL, now=NOW)
        check(name, parsed)
        shown = max(body.count(start) for start in (b"<item>", b"<item ", b"<entry>", b"<entry ", b"<rss:item>"))
        assert len(parsed.entries) + parsed.skipped_count >= shown, name
        assert parsed.complete, name
        entry_count += len(parsed.entries)
    assert entry_count > 2300


@pytest.mark.slow
def test_conformance_suites_end_in_entries_or_a_reason(shared_data: Path) -> None:
    """F19, F29: 5,584 odd documents raise nothing but that they are no feed."""
    feed_count = 0
    for name, body in files(shared_data / "feeds" / "conformance.zip"):
        parsed = read(body)
        if isinstance(parsed, ParsedFeed):
            check(name, parsed)
            feed_count += 1
        else:
            assert parsed is Reason.NOT_A_FEED, name
    assert feed_count > 4500


def test_lists_of_the_validator_are_read(shared_data: Path) -> None:
    """The W3C validator's good OPML files: what they name is found or its absence explained."""
    count = 0
    for name, body in files(shared_data / "feeds" / "conformance.zip"):
        if "/opml/clean/" in name and b"<outline" in body:
            reading = read_opml(body)
            assert reading.feeds or reading.skipped, name
            assert len(reading.feeds) >= len(set(body.lower().split(b'xmlurl="http')[1:])) - len(reading.skipped), name
            count += 1
    assert count >= 10
