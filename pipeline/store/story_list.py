"""Lists of stories for people: the newest, the fastest growing, and those that fit a filter.

In: a `StoryFilter`, an order and a limit. Out: `ListedStory`. Trap: the fastest growing are found from the
articles stored within `GROWING`, so that old stories cost nothing; a filter is asked of the few that remain.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from pipeline.model import Story
from pipeline.store.tables import alerts, articles, entries, feeds, stories

GROWING = timedelta(hours=6)


class StoryOrder(StrEnum):
    """Which stories come first."""

    NEWEST = "newest"
    GROWING = "growing"


@dataclass(frozen=True, slots=True)
class StoryFilter:
    """What a story must have; empty fields ask nothing."""

    language: str = ""
    outlet: str = ""
    folder: str = ""
    subscription_id: int | None = None
    since: datetime | None = None  #: changed then or later


@dataclass(frozen=True, slots=True)
class StoryPlace:
    """Where a page of the newest ended; the next one begins after it."""

    changed_at: datetime
    story_id: int


@dataclass(frozen=True, slots=True)
class ListedStory:
    """A story with what a list shows beside it."""

    story: Story
    language: str
    changed_at: datetime
    recent_count: int  #: articles stored within `GROWING`

    @property
    def place(self) -> StoryPlace:
        """Give where this one stands among the newest."""
        return StoryPlace(self.changed_at, self.story.id)


def newest(
    tx: Connection, wanted: StoryFilter, now: datetime, after: StoryPlace | None, limit: int
) -> list[ListedStory]:
    """Give stories by when they last grew, the last first, from `after` on."""
    c = stories.c
    found = _select(now).where(*_conditions(wanted))
    if after is not None:
        same = and_(c.changed_at == after.changed_at, c.id < after.story_id)
        found = found.where(or_(c.changed_at < after.changed_at, same))
    return _read(tx, found.order_by(c.changed_at.desc(), c.id.desc()).limit(limit))


def growing(tx: Connection, wanted: StoryFilter, now: datetime, limit: int) -> list[ListedStory]:
    """Give the stories that gained most articles within `GROWING`, the fastest first."""
    gained = _gained(now).subquery("gained")
    found = _select(now).join(gained, gained.c.story_id == stories.c.id).where(*_conditions(wanted))
    return _read(tx, found.order_by(gained.c.gained.desc(), stories.c.changed_at.desc(), stories.c.id).limit(limit))


def _gained(now: datetime) -> Select[Any]:
    recent = select(articles.c.story_id, func.count().label("gained")).where(articles.c.stored_at > now - GROWING)
    return recent.group_by(articles.c.story_id)


def _select(now: datetime) -> Select[Any]:
    c = stories.c
    recent = select(func.count()).where(articles.c.story_id == c.id, articles.c.stored_at > now - GROWING)
    told = (c.id, c.title, c.first_at, c.last_at, c.article_count, c.text_count, c.outlet_count)
    return select(c.language, c.changed_at, recent.scalar_subquery().label("recent"), *told)


def _read(tx: Connection, found: Select[Any]) -> list[ListedStory]:
    return [ListedStory(Story(*row[3:]), row.language, row.changed_at, row.recent) for row in tx.execute(found)]


def _conditions(wanted: StoryFilter) -> list[ColumnElement[bool]]:
    c = stories.c
    own = articles.c.story_id == c.id
    asked: list[ColumnElement[bool] | None] = [
        c.merged_into_id.is_(None),
        c.language == wanted.language if wanted.language else None,
        exists(select(articles.c.id).where(own, articles.c.outlet == wanted.outlet)) if wanted.outlet else None,
        _in_folder(own, wanted.folder) if wanted.folder else None,
        _met(wanted.subscription_id) if wanted.subscription_id is not None else None,
        c.changed_at >= wanted.since if wanted.since else None,
    ]
    return [condition for condition in asked if condition is not None]


def _in_folder(own: ColumnElement[bool], folder: str) -> ColumnElement[bool]:
    sources = articles.join(entries, entries.c.id == articles.c.entry_id).join(feeds, feeds.c.id == entries.c.feed_id)
    return exists(select(articles.c.id).select_from(sources).where(and_(own, feeds.c.folder == folder)))


def _met(subscription_id: int) -> ColumnElement[bool]:
    return exists(
        select(alerts.c.id).where(alerts.c.story_id == stories.c.id, alerts.c.subscription_id == subscription_id)
    )
