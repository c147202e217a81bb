"""Stories: which articles tell of one event, and why we think so.

In: an article and a `Grouping`. Out: `Story`, and candidates for the next article. Trap: a decision holds only if
nobody else decides for the same language meanwhile; take `lock_language` before `find_candidates`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, Select, exists, func, select, update

from pipeline.errors import NotFound
from pipeline.model import Grouping, GroupingKind, Story
from pipeline.store import candidates, terms
from pipeline.store.articles import StoredArticle, select_articles, stored
from pipeline.store.dialects import is_postgresql
from pipeline.store.tables import articles, groupings, stories

find_candidates = candidates.find_candidates
frequencies = terms.frequencies

_LOCK_SPACE = 0x53746F72  # the first key of our advisory locks, "Stor"


def lock_language(tx: Connection, language: str) -> None:
    """Keep other transactions from placing articles of this language until this one ends; SQLite always does."""
    if is_postgresql(tx):
        tx.execute(select(func.pg_advisory_xact_lock(_LOCK_SPACE, func.hashtext(language))))


def place(tx: Connection, article_id: int, grouping: Grouping, now: datetime) -> int:
    """Put an article into its story, or begin one with it, and keep the reason; gives the story's id."""
    c = articles.c
    known = select(c.title, c.language, c.outlet, c.text_hash, c.published_at).where(c.id == article_id)
    article: Any = tx.execute(known).one()
    if grouping.story_id is None:
        story_id = _begin(tx, article, now)
    else:
        story_id = grouping.story_id
        _extend(tx, story_id, article, grouping.kind, now)
    tx.execute(update(articles).where(articles.c.id == article_id).values(story_id=story_id))
    decided = {"kind": grouping.kind, "of_article_id": grouping.of_article_id, "score": grouping.score}
    row = {"article_id": article_id, "story_id": story_id, "why": grouping.why, "decided_at": now}
    tx.execute(groupings.insert().values(row | decided))
    return story_id


def _begin(tx: Connection, article: Any, now: datetime) -> int:
    row = {
        "title": article.title,
        "language": article.language,
        "first_at": article.published_at,
        "last_at": article.published_at,
        "changed_at": now,
        "article_count": 1,
        "text_count": 1,
        "outlet_count": 1,
    }
    story_id: int = tx.execute(stories.insert().values(row).returning(stories.c.id)).scalar_one()
    return story_id


def _extend(tx: Connection, story_id: int, article: Any, kind: GroupingKind, now: datetime) -> None:
    story = tx.execute(select(stories).where(stories.c.id == story_id).with_for_update()).one_or_none()
    if story is None:
        raise NotFound(f"there is no story {story_id}")
    outlet = _held(articles.c.story_id == story_id, articles.c.outlet == article.outlet)
    same_text = _held(articles.c.story_id == story_id, articles.c.text_hash == article.text_hash)
    has_outlet, has_text = tx.execute(select(outlet, same_text)).one()
    text_is_new = kind is not GroupingKind.COPY and not has_text
    tx.execute(
        update(stories)
        .where(stories.c.id == story_id)
        .values(
            first_at=min(story.first_at, article.published_at),
            last_at=max(story.last_at, article.published_at),
            changed_at=now,
            article_count=story.article_count + 1,
            text_count=story.text_count + text_is_new,
            outlet_count=story.outlet_count + (not has_outlet),
        )
    )


def _held(*conditions: ColumnElement[bool]) -> Exists:
    return exists(select(articles.c.id).where(*conditions))


def get(tx: Connection, story_id: int) -> Story:
    """Give a story; raises NotFound."""
    row = tx.execute(_select().where(stories.c.id == story_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no story {story_id}")
    return Story(*row)


def recent(tx: Connection, limit: int) -> list[Story]:
    """Give the stories that grew last, the last first."""
    found = _select().order_by(stories.c.changed_at.desc(), stories.c.id.desc()).limit(limit)
    return [Story(*row) for row in tx.execute(found)]


def articles_of(tx: Connection, story_id: int) -> list[StoredArticle]:
    """Give a story's articles, by their effective date."""
    found = select_articles().where(articles.c.story_id == story_id)
    return [stored(row) for row in tx.execute(found.order_by(articles.c.published_at, articles.c.id))]


def groupings_of(tx: Connection, story_id: int) -> dict[int, Grouping]:
    """Give why each of a story's articles is in it, by article id."""
    found = select(groupings).where(groupings.c.story_id == story_id).order_by(groupings.c.article_id)
    return {
        row.article_id: Grouping(row.kind, row.story_id, row.of_article_id, row.score, row.why)
        for row in tx.execute(found)
    }


def _select() -> Select[Any]:
    c = stories.c
    return select(c.id, c.title, c.first_at, c.last_at, c.article_count, c.text_count, c.outlet_count)
