"""A story over time, and what may be the same: the rows of its page."""

from datetime import timedelta

from dashboard.story_rows import BARS, near_stories, timeline
from pipeline.model import Grouping, GroupingKind
from pipeline.store import stories
from tests.dashboard.conftest import NOW
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site
from tests.dashboard.test_pages import text_of


def test_a_story_is_drawn_over_time(site: Site, newsroom: Newsroom) -> None:
    """Bars from the first article to the last, highest where most came, with those in own words told apart."""
    feed, since = newsroom.feed("https://gazette.example/rss"), NOW - timedelta(hours=8)
    first, story = newsroom.publish(feed, "Ferry strike", "Crews voted.", since)
    for minutes in (0, 1, 2):
        at = NOW - timedelta(minutes=10 - minutes)
        copy = Grouping(GroupingKind.COPY, story, first, 0.9, "the same text")
        newsroom.publish(feed, f"Ferry strike {minutes}", "Crews voted.", at, copy)
    newsroom.publish(
        feed, "Port closed", "No ship left.", NOW, Grouping(GroupingKind.REPORT, story, first, 0.5, "port")
    )
    with newsroom.database.read() as tx:
        bars = timeline(stories.articles_of(tx, story), stories.groupings_of(tx, story))
    assert len(bars) == BARS
    assert [(place, bar.count, bar.own_count) for place, bar in enumerate(bars) if bar.count] == [(0, 1, 1), (23, 4, 1)]
    assert (bars[23].share, bars[0].share, bars[23].own_share) == (1, 0.25, 0.25)
    page = site.page(f"/stories/{story}").body
    assert "5 articles from 2026-03-01 04:00:00 UTC to 2026-03-01 12:00:00 UTC" in page
    assert "2026-03-01 11:40:00 UTC: 4 articles, 1 of them in own words" in text_of(page)


def test_what_came_at_once_has_no_timeline(newsroom: Newsroom) -> None:
    """One article, or all within a minute, is no picture."""
    _, story = newsroom.publish(newsroom.feed("https://gazette.example/rss"), "Ferry strike", "Crews voted.", NOW)
    with newsroom.database.read() as tx:
        assert timeline(stories.articles_of(tx, story), {}) == []


def test_the_likeliest_other_story_comes_first() -> None:
    """Of stories compared with, the living ones that are not this one, each once, by their best likeness."""
    compared = [{"story": 2, "score": 0.2}, {"story": 3, "score": 0.4}, {"story": 1, "score": 0.9}]
    evidence = {7: {"stories": compared}, 8: {"stories": [{"story": 2, "score": 0.6}, {"story": 5, "score": 0.8}]}}
    assert near_stories(evidence, 1, {1: "own", 2: "two", 3: "three"}) == [(2, "two"), (3, "three")]
