"""Lists of stories: their orders, filters and pages, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from pipeline.model import Grouping, GroupingKind, Match
from pipeline.store import alerts, articles, feeds, stories, story_list, subscriptions
from pipeline.store.database import Database
from pipeline.store.story_list import StoryFilter
from tests.store.making import NOW, after, article, sketch, started

LATER = after(7 * 3600)


def publish(tx: Connection, number: int, *, joins: int | None = None, seconds: float = 0, **values: object) -> int:
    """Store an article `seconds` after noon, in a story of its own or in one that is there; gives the story's id."""
    made = article(number, **values)
    article_id = articles.insert(tx, started(tx, number).entry_id, made, sketch(str(number)), after(seconds))
    kind = GroupingKind.FIRST if joins is None else GroupingKind.REPORT
    return stories.place(tx, article_id, Grouping(kind, joins, None, 0.0, ""), after(seconds))


def newest(tx: Connection, wanted: StoryFilter, limit: int = 9) -> list[int]:
    """Give the ids of the newest stories that fit."""
    return [one.story.id for one in story_list.newest(tx, wanted, LATER, None, limit)]


def test_the_newest_come_first_page_by_page(database: Database) -> None:
    """What grew last is first, and a page goes on behind the last one's place, also among equals."""
    with database.write() as tx:
        made = [publish(tx, number, seconds=min(number, 3)) for number in range(5)]
        first = story_list.newest(tx, StoryFilter(), LATER, None, 2)
        rest = story_list.newest(tx, StoryFilter(), LATER, first[-1].place, 9)
    assert [one.story.id for one in (*first, *rest)] == made[::-1]


def test_the_fastest_growing_come_first(database: Database) -> None:
    """What gained most articles in six hours is first, however many older ones another has."""
    with database.write() as tx:
        large = publish(tx, 0)
        for number in range(1, 4):
            publish(tx, number, joins=large)
        small = publish(tx, 10, seconds=2 * 3600)
        publish(tx, 11, joins=small, seconds=2 * 3600)
        found = story_list.growing(tx, StoryFilter(), LATER, 9)
    assert [(one.story.id, one.recent_count) for one in found] == [(small, 2)]


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(StoryFilter(language="de"), id="language"),
        pytest.param(StoryFilter(outlet="zeitung.example"), id="outlet"),
        pytest.param(StoryFilter(since=after(60)), id="since"),
        pytest.param(StoryFilter(language="de", outlet="zeitung.example", since=after(60)), id="all"),
    ],
)
def test_filters_leave_what_fits(database: Database, wanted: StoryFilter) -> None:
    """Each filter alone and all together leave the one story that has what is asked."""
    with database.write() as tx:
        publish(tx, 1)
        fits = publish(tx, 2, seconds=90, language="de", outlet="zeitung.example")
        assert newest(tx, wanted) == [fits]


def test_a_folders_stories_are_those_of_its_feeds(database: Database) -> None:
    """The filter by folder leaves stories with an article that a feed of the folder brought."""
    with database.write() as tx:
        publish(tx, 1)
        feeds.add(tx, "https://feeds.example/2", folder="Harbour", now=NOW)
        fits = publish(tx, 2)
        assert newest(tx, StoryFilter(folder="Harbour")) == [fits]
        assert newest(tx, StoryFilter(folder="Harb")) == []


def test_a_subscriptions_stories_are_those_it_was_told_of(database: Database) -> None:
    """The filter by subscription asks for alerts, not for words."""
    with database.write() as tx:
        publish(tx, 1)
        told = publish(tx, 2)
        subscription = subscriptions.add(tx, "Dam", "dam", [], NOW)
        of_story = stories.articles_of(tx, told)[0]
        alerts.raise_for(tx, Match(subscription.id, ()), of_story.id, of_story.article, told, "", (), NOW)
        assert newest(tx, StoryFilter(subscription_id=subscription.id)) == [told]
        assert newest(tx, StoryFilter(subscription_id=subscription.id + 1)) == []


def test_growth_is_counted_within_six_hours(database: Database) -> None:
    """An article stored longer ago does not count as growth."""
    with database.write() as tx:
        story_id = publish(tx, 1)
        [one] = story_list.newest(tx, StoryFilter(), NOW + timedelta(hours=5), None, 9)
        [same] = story_list.newest(tx, StoryFilter(), LATER, None, 9)
    assert (one.story.id, one.recent_count, same.recent_count) == (story_id, 1, 0)
