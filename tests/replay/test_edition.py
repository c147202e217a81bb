"""What is published where."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from benchmarks.replay.edition import at_origin
from benchmarks.replay.feeds import FORMATS, Named, write_feed
from pipeline.feeds.parse import parse
from pipeline.urls import canonical, registrable_host
from tests.replay.made_up import EDITION, PORT

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_every_host_stays_an_outlet_of_its_own() -> None:
    """A page keeps host name, path and query below localhost, and its host is told from every other."""
    moved = at_origin("https://www.gazette.example:444/a%20b?x=1#top", PORT)
    assert moved == f"http://www.gazette.example.localhost:{PORT}/a%20b?x=1#top"
    assert registrable_host(moved) == "www.gazette.example.localhost"
    assert len({registrable_host(one.url) for one in EDITION.publications}) == len(EDITION.publications) == 3


def test_the_feeds_name_every_page_once_and_some_again() -> None:
    """What the feeds name, tracking marks aside, are the publications; the aggregator names pages of others."""
    named = [entry.url for feed in EDITION.feeds for entry in parse(feed.body, url=feed.url, now=NOW).entries]
    assert len(named) == EDITION.entry_count
    assert {canonical(url) for url in named} == {canonical(one.url) for one in EDITION.publications}
    assert {urlsplit(feed.url).port for feed in EDITION.feeds} == {PORT}


@pytest.mark.parametrize("name", FORMATS)
def test_a_feed_is_read_as_it_was_meant(name: str) -> None:
    """Markup in a title and an ampersand in an address survive each format."""
    entry = Named("http://a.localhost/x?b=1&c=2", 'Fish & <chips> "now"')
    feed = write_feed(name, "http://a.localhost/feed", [entry], NOW)
    [read] = parse(feed.body, url=feed.url, now=NOW, content_type=feed.media_type).entries
    assert (read.url, read.title, read.published_at) == (entry.url, entry.title, NOW)
