"""The page that lists stories."""

from datetime import timedelta

import pytest

from dashboard.story_list import PAGE, address, read_asked
from pipeline.store.story_list import StoryFilter, StoryOrder
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import Outline, text_of


def test_all_stories_are_reached_page_by_page(site: Site, newsroom: Newsroom) -> None:
    """Each story stands on exactly one of the pages that lead to each other."""
    feed = newsroom.feed("https://gazette.example/rss", "Gazette")
    for number in range(PAGE + 2):
        newsroom.publish(feed, f"Title {number}.", f"Text {number}.", NOW - timedelta(minutes=PAGE + 2 - number))
    first = site.page("/stories").body
    [more] = [link for link in Outline(first).links if "after=" in link]
    links = [link for page in (first, site.page(more).body) for link in Outline(page).links]
    assert sorted(link for link in links if link.startswith("/stories/")) == sorted(
        f"/stories/{number}" for number in range(1, PAGE + 3)
    )


def test_a_filter_without_stories_says_so(site: Site, newsroom: Newsroom) -> None:
    """What nothing fits is said, with the way back; the filter stays in its field."""
    newsroom.publish(newsroom.feed("https://gazette.example/rss"), "Title", "Text.", NOW)
    page = site.page("/stories?outlet=nowhere.example").body
    assert "No such story" in text_of(page)
    assert 'value="nowhere.example"' in page
    assert "Title" in text_of(site.page("/stories?outlet=gazette.example").body)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, StoryFilter()),
        ({"language": " DE "}, StoryFilter(language="de")),
        ({"outlet": "News.Example"}, StoryFilter(outlet="news.example")),
        ({"folder": "World News"}, StoryFilter(folder="World News")),
        ({"subscription": "7"}, StoryFilter(subscription_id=7)),
        ({"subscription": "seven"}, StoryFilter()),
        ({"subscription": "9" * 30}, StoryFilter()),
        ({"span": "day"}, StoryFilter(since=NOW - timedelta(days=1))),
        ({"span": "eternity"}, StoryFilter()),
        ({"at": "yesterday", "after": "3"}, StoryFilter()),
    ],
)
def test_an_address_is_read_as_far_as_it_means_something(query: dict[str, str], wanted: StoryFilter) -> None:
    """What is typed wrong asks nothing."""
    asked = read_asked(query, NOW)
    assert (asked.wanted, asked.after) == (wanted, None)


def test_an_address_asks_what_it_was_made_from() -> None:
    """Every filter survives the way into an address and back."""
    query = {
        "order": "growing",
        "language": "de",
        "outlet": "a.example",
        "folder": "A & B",
        "subscription": "3",
        "span": "week",
    }
    asked = read_asked(query, NOW)
    assert asked.order is StoryOrder.GROWING
    assert address(asked) == (
        "/stories?order=growing&language=de&outlet=a.example&folder=A+%26+B&subscription=3&span=week"
    )
