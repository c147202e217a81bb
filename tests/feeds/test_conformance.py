"""What four other parsers' suites say of titles, links, ids and dates (the scorer is `benchmarks.conformance`)."""

from pathlib import Path

import pytest

from benchmarks.conformance import feedparser_suite, json_suites, w3c_suite
from benchmarks.conformance.__main__ import ASKED, TARGET
from benchmarks.conformance.said import AsWritten, Said, score
from benchmarks.conformance.suites import cases
from tests.feeds.documents import atom, numbered, read, rss


@pytest.mark.corpus
@pytest.mark.slow
def test_what_the_suites_say_holds(shared_data: Path) -> None:
    """F20, F23, F29, F34: no document raises anything but a named error, and 99 of 100 expectations hold."""
    archive = shared_data / "feeds" / "conformance.zip"
    if not archive.is_file():
        pytest.skip("the suites are not beside this checkout")
    scored = [one for case in cases(archive) for one in score(case) if one.said.field in ASKED]
    assert len(scored) > 3500
    missed = [f"{one.case.name} {one.said}: {one.got}" for one in scored if not one.held]
    assert len(missed) <= (1 - TARGET) * len(scored), "\n".join(missed)


def test_expressions_of_feedparser_are_read() -> None:
    """The scorer takes titles, links, ids, dates and counts, and nothing else, out of an expression."""
    body = (
        b"<!-- Expect: not bozo and len(entries) == 2 and feed['title'] == 'T' and entries[1]['guid'] == 'g'"
        b" and entries[0]['updated_parsed'] == (2004, 1, 1, 19, 48, 21, 3, 1, 0) and feed['language'] == 'en' -->"
    )
    said = feedparser_suite.read_case("x", body).said
    assert [(one.field, one.entry) for one in said] == [("count", None), ("title", None), ("id", 1), ("date", 0)]


def test_a_missed_expectation_is_seen() -> None:
    """A scorer that cannot say no proves nothing."""
    case = json_suites.gofeed_case(
        "x", numbered(1).encode(), b'{"title": "The Herald", "items": [{"title": "Story 1"}]}'
    )
    assert {(one.said.field, one.held) for one in score(case)} == {("title", False), ("title", True), ("count", True)}


def test_a_title_that_must_stay_is_compared_as_written() -> None:
    """What only looks like markup is no markup."""
    comment = "<!-- Expect: !ContainsHTML{parent:item,element:title} -->"
    case = w3c_suite.read_case("x", rss("<item><title>a &lt; b</title></item>", head=comment).encode())
    assert Said("title", AsWritten("a < b"), 0) in case.said
    assert all(one.held for one in score(case))


VERSIONS = ["https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1.1", "1.1", "jsonfeed.org/version/1.1/"]


@pytest.mark.parametrize("version", VERSIONS)
def test_spellings_of_a_json_version(version: str) -> None:
    """F43: publishers write the version in several ways."""
    assert read(f'{{"version": "{version}", "items": [{{"id": 7}}]}}').entries[0].guid == "7"


def test_the_page_before_an_enclosure() -> None:
    """F34: of several links the alternate is the page, wherever it stands."""
    links = '<link rel="alternate" href="https://e.example/a"/><link rel="enclosure" href="https://e.example/a.mp3"/>'
    assert read(atom(f"<entry><id>1</id>{links}</entry>")).entries[0].url == "https://e.example/a"


def test_a_link_with_an_attribute_of_its_own() -> None:
    """F34: an address beside the link's text does not replace it."""
    item = '<item><link uri="at://did:plc:x/post/1">https://e.example/1</link></item>'
    assert read(rss(item)).entries[0].url == "https://e.example/1"


def test_a_feed_that_names_no_site_has_none() -> None:
    """The feed's own address is not its site."""
    bare = "<rss><channel><title>T</title>{}<item><title>a</title></item></channel></rss>"
    assert read(bare.format("")).site_url == ""
    beside = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="alternate" href="https://s.example/"/>'
    assert read(bare.format(beside)).site_url == "https://s.example/"
