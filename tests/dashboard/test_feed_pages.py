"""The pages of feeds: what a person finds there, and what the buttons do."""

from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest

from dashboard.feed_list import PAGE, AskedFeeds, FeedView, choose, feeds_address, read_asked_feeds
from pipeline.model import FeedState, Reason
from pipeline.store import feeds
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import HOSTILE, Outline, text_of


def test_trouble_comes_first_and_can_be_seen_alone(site: Site, newsroom: Newsroom) -> None:
    """A failing feed stands above the others, with its problem in words, and alone in its own view."""
    newsroom.feed("https://alpha.example/rss", "Alpha")
    failing = newsroom.feed("https://zeta.example/rss", "Zeta")
    newsroom.poll(failing, at=NOW - timedelta(minutes=5), reason=Reason.TIMED_OUT, error="canary", status=None)
    page = site.page("/feeds").body
    assert page.index("Zeta") < page.index("Alpha")
    assert "Timed out" in text_of(page)
    alone = text_of(site.page("/feeds?view=trouble").body)
    assert "1 feed, trouble first" in alone
    assert "Alpha" not in alone


def test_a_feed_says_when_it_is_asked_again_and_why(site: Site, newsroom: Newsroom) -> None:
    """The page names the deciding bound in a sentence, and the others with their instants."""
    feed = newsroom.feed("https://alpha.example/rss", "Alpha")
    newsroom.poll(feed, at=NOW - timedelta(minutes=5))
    text = text_of(site.page(f"/feeds/{feed.id}").body)
    assert "because" in text
    assert "UTC" in text
    with newsroom.database.write() as tx:
        feeds.pause(tx, feed.id)
    assert "Not at all: it is paused" in text_of(site.page(f"/feeds/{feed.id}").body)


def test_a_feed_is_paused_resumed_and_removed(site: Site, newsroom: Newsroom) -> None:
    """Each button does what it says, and leads back to where the result is seen."""
    feed = newsroom.feed("https://alpha.example/rss", "Alpha")
    assert site.post(f"/feeds/{feed.id}/pause").headers["location"] == f"/feeds/{feed.id}"
    assert "Poll it again" in text_of(site.page(f"/feeds/{feed.id}").body)
    site.post(f"/feeds/{feed.id}/resume")
    with newsroom.database.read() as tx:
        assert feeds.get(tx, feed.id).state is FeedState.ACTIVE
    assert site.post(f"/feeds/{feed.id}/remove").headers["location"] == "/feeds"
    assert site.page(f"/feeds/{feed.id}").status == 404


def test_a_feed_is_added_from_the_page(site: Site, newsroom: Newsroom) -> None:
    """A good address leads to the new feed's page; a bad one back, with what is wrong."""
    added = site.post("/feeds/add", urlencode({"url": "https://new.example/rss", "folder": "World"}))
    assert "new.example/rss" in text_of(site.page(added.headers["location"]).body)
    refused = site.post("/feeds/add", urlencode({"url": "ftp://new.example/"}))
    assert "not an http or https address" in text_of(site.page(refused.headers["location"]).body)
    with newsroom.database.read() as tx:
        assert [feed.folder for feed in feeds.list_all(tx)] == ["World"]


@pytest.mark.parametrize("path", ["/feeds/add", "/feeds/1/pause", "/feeds/1/remove"])
def test_foreign_pages_change_no_feed(site: Site, newsroom: Newsroom, path: str) -> None:
    """S14: a form on another site is refused."""
    newsroom.feed("https://alpha.example/rss", "Alpha")
    assert site.post(path, "url=https://evil.example/", origin="https://evil.example").status == 403
    with newsroom.database.read() as tx:
        assert [feed.state for feed in feeds.list_all(tx)] == [FeedState.ACTIVE]


def test_hostile_feeds_stay_texts(site: Site, newsroom: Newsroom) -> None:
    """S12, S21: markup in a title or in the address is text, and a key in an address is not shown."""
    feed = newsroom.feed("https://evil.example/rss?key=canary", HOSTILE)
    for path in ("/feeds", f"/feeds/{feed.id}", f"/feeds?problem={quote(HOSTILE)}"):
        page = site.page(path).body
        assert "img" not in Outline(page).tags, path
        assert "{{7*7}}" in page, path
        assert "canary" not in page, path


def test_ten_thousand_feeds_are_shown_in_pages(newsroom: Newsroom) -> None:
    """Each feed stands on exactly one page, and a page beyond the last shows the last."""
    made = [newsroom.feed(f"https://h{n}.example/rss", f"Feed {n}") for n in range(PAGE + 1)]
    pages = [choose(made, AskedFeeds(FeedView.ALL, "", "", n), NOW) for n in (1, 2, 9)]
    assert [len(page.rows) for page in pages] == [PAGE, 1, 1]
    assert {row.feed_id for page in pages[:2] for row in page.rows} == {feed.id for feed in made}
    assert choose(made, AskedFeeds(FeedView.ALL, "feed 7", "", 1), NOW).total_count == 11


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, AskedFeeds(FeedView.ALL, "", "", 1)),
        ({"view": "trouble", "page": "3"}, AskedFeeds(FeedView.TROUBLE, "", "", 3)),
        ({"view": "odd", "page": "-1", "words": " Sport "}, AskedFeeds(FeedView.ALL, "Sport", "", 1)),
        ({"page": "0", "folder": "A & B"}, AskedFeeds(FeedView.ALL, "", "A & B", 1)),
    ],
)
def test_an_address_of_feeds_is_read_and_written(query: dict[str, str], asked: AskedFeeds) -> None:
    """What is typed wrong asks nothing, and what was asked is in the address of the next page."""
    assert read_asked_feeds(query) == asked
    assert ("folder=A+%26+B" in feeds_address(asked)) == (asked.folder == "A & B")
