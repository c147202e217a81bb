"""Stories that change after their articles were placed: merged, split, kept apart, and all of it undone.

In: ids of stories and articles. Out: rows of `story_acts`, each of which can be undone. Trap: a merged story's row
stays, for alerts and addresses that name it; `merged_into_id` always names a living one. Alerts and watches move with
their articles, except where the kept story has one of the same subscription: so nobody is told twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, exists, func, or_, select, update

from pipeline.errors import NotFound
from pipeline.model import ActKind, GroupingKind
from pipeline.store.tables import alerts, apart_pairs, articles, groupings, stories, story_acts, story_moves, watches


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done to stories."""

    id: int
    kind: ActKind
    story_id: int  #: the one kept, the one split, or one of two kept apart
    other_story_id: int
    by_hand: bool
    why: str
    acted_at: datetime
    undone_at: datetime | None


def record(
    tx: Connection, kind: ActKind, story_id: int, other_story_id: int, why: str, now: datetime, *, by_hand: bool
) -> int:
    """Note an act; gives its id."""
    row = {"kind": kind, "story_id": story_id, "other_story_id": other_story_id}
    row |= {"by_hand": by_hand, "why": why, "acted_at": now}
    act_id: int = tx.execute(story_acts.insert().values(row).returning(story_acts.c.id)).scalar_one()
    return act_id


def get_act(tx: Connection, act_id: int) -> Act:
    """Give an act; raises NotFound."""
    row = tx.execute(select(story_acts).where(story_acts.c.id == act_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no act {act_id}; `storywatch stories acts` lists them")
    return Act(*row)


def recent_acts(tx: Connection, limit: int) -> list[Act]:
    """Give the last acts, the newest first."""
    return [Act(*row) for row in tx.execute(select(story_acts).order_by(story_acts.c.id.desc()).limit(limit))]


def acts_of(tx: Connection, story_id: int) -> list[Act]:
    """Give the acts that a story took part in, the oldest first."""
    its = or_(story_acts.c.story_id == story_id, story_acts.c.other_story_id == story_id)
    return [Act(*row) for row in tx.execute(select(story_acts).where(its).order_by(story_acts.c.id))]


def close(tx: Connection, act_id: int, now: datetime) -> None:
    """Note that an act was undone; the pairs it ended live again, those it made end."""
    tx.execute(update(story_acts).where(story_acts.c.id == act_id).values(undone_at=now))
    tx.execute(update(apart_pairs).where(apart_pairs.c.ended_by_act_id == act_id).values(ended_by_act_id=None))
    tx.execute(update(apart_pairs).where(apart_pairs.c.act_id == act_id).values(ended_by_act_id=act_id))


# Moving


def redirect(tx: Connection, gone_id: int, kept_id: int) -> None:
    """Lead a story's id, and those that led to it, to another story."""
    led = or_(stories.c.id == gone_id, stories.c.merged_into_id == gone_id)
    tx.execute(update(stories).where(led).values(merged_into_id=kept_id))


def revive(tx: Connection, story_id: int, kept_id: int) -> None:
    """Let a merged story live again, and lead to it those that had been merged into it before."""
    parents = _merged_into(tx)
    led = tx.execute(select(stories.c.id).where(stories.c.merged_into_id == kept_id)).scalars().all()
    back = [each for each in led if story_id in _ancestors(each, parents)]
    tx.execute(update(stories).where(stories.c.id == story_id).values(merged_into_id=None))
    tx.execute(update(stories).where(stories.c.id.in_(back)).values(merged_into_id=story_id))


def _merged_into(tx: Connection) -> dict[int, int]:
    c = story_acts.c
    done = select(c.other_story_id, c.story_id).where(c.kind == ActKind.MERGE, c.undone_at.is_(None))
    return {row.other_story_id: row.story_id for row in tx.execute(done.order_by(c.id))}


def _ancestors(story_id: int, parents: dict[int, int]) -> list[int]:
    found = []
    while (parent := parents.get(story_id)) is not None and parent not in found:
        found.append(parent)
        story_id = parent
    return found


def article_ids(tx: Connection, story_id: int) -> list[int]:
    """Give the ids of a story's articles, the oldest first."""
    found = (
        select(articles.c.id).where(articles.c.story_id == story_id).order_by(articles.c.published_at, articles.c.id)
    )
    return list(tx.execute(found).scalars())


def moved_ids(tx: Connection, act_id: int, story_id: int) -> list[int]:
    """Give the articles that an act moved and that are still in this story."""
    moved = select(articles.c.id).join(story_moves, story_moves.c.article_id == articles.c.id)
    return list(tx.execute(moved.where(story_moves.c.act_id == act_id, articles.c.story_id == story_id)).scalars())


def note_moves(tx: Connection, act_id: int, moved: Sequence[int]) -> None:
    """Keep which articles an act moves."""
    if moved:
        tx.execute(story_moves.insert(), [{"act_id": act_id, "article_id": article_id} for article_id in moved])


def move(tx: Connection, moved: Sequence[int], from_id: int, to_id: int) -> None:
    """Bring articles to another story, with their alerts and watches."""
    tx.execute(update(articles).where(articles.c.id.in_(moved)).values(story_id=to_id))
    for table in (alerts, watches):
        its = and_(table.c.story_id == from_id, table.c.article_id.in_(moved), ~_told(table, to_id))
        tx.execute(update(table).where(its).values(story_id=to_id))


def _told(table: Table, story_id: int) -> ColumnElement[bool]:
    """Condition that a story has a row of the same subscription already."""
    other = table.alias("told")
    same = other.c.subscription_id == table.c.subscription_id
    return exists(select(other.c.story_id).where(same, other.c.story_id == story_id))


def begin_like(tx: Connection, story_id: int, article_id: int, now: datetime) -> int:
    """Begin a story in the language of another, with the title of an article."""
    title = tx.execute(select(articles.c.title).where(articles.c.id == article_id)).scalar_one()
    like = tx.execute(select(stories).where(stories.c.id == story_id)).mappings().one()
    row = {name: value for name, value in like.items() if name != "id"} | {"title": title, "changed_at": now}
    new_id: int = tx.execute(stories.insert().values(row).returning(stories.c.id)).scalar_one()
    return new_id


def recount(tx: Connection, story_id: int, now: datetime) -> datetime:
    """Count a story's articles, texts and outlets anew; gives the middle of their dates."""
    c = articles.c
    own = c.story_id == story_id
    bounds = tx.execute(select(func.min(c.published_at), func.max(c.published_at), func.count()).where(own)).one()
    outlet_count = tx.execute(select(func.count(c.outlet.distinct())).where(own)).scalar_one()
    counts = {"article_count": bounds[2], "text_count": max(1, _text_count(tx, own)), "outlet_count": outlet_count}
    row = {"first_at": bounds[0], "last_at": bounds[1], "changed_at": now}
    tx.execute(update(stories).where(stories.c.id == story_id).values(row | counts))
    dates = tx.execute(select(c.published_at).where(own)).scalars().all()
    first: datetime = bounds[0]
    return first + sum((date - first for date in dates), start=first - first) / len(dates)


def _text_count(tx: Connection, own: ColumnElement[bool]) -> int:
    texts = select(func.count(articles.c.text_hash.distinct()))
    joined = texts.join(groupings, groupings.c.article_id == articles.c.id)
    return tx.execute(joined.where(own, groupings.c.kind != GroupingKind.COPY)).scalar_one()


# Not the same


def keep_apart(tx: Connection, one_article_id: int, other_article_id: int, act_id: int) -> None:
    """Say that whatever stories hold these two articles are never the same."""
    row = {"one_article_id": one_article_id, "other_article_id": other_article_id, "act_id": act_id}
    tx.execute(apart_pairs.insert().values(row))


def are_apart(tx: Connection, one_id: int, other_id: int) -> bool:
    """Tell whether a hand said that two stories are not the same."""
    return tx.execute(_pairs(one_id, other_id).limit(1)).first() is not None


def end_apart(tx: Connection, one_id: int, other_id: int, act_id: int) -> None:
    """Take back that two stories are not the same."""
    ids = tx.execute(_pairs(one_id, other_id)).scalars().all()
    tx.execute(update(apart_pairs).where(apart_pairs.c.id.in_(ids)).values(ended_by_act_id=act_id))


def _pairs(one_id: int, other_id: int) -> Select[tuple[int]]:
    one, other = articles.alias("one"), articles.alias("other")
    way = select(apart_pairs.c.id).join(one, one.c.id == apart_pairs.c.one_article_id)
    way = way.join(other, other.c.id == apart_pairs.c.other_article_id)
    held = or_(
        and_(one.c.story_id == one_id, other.c.story_id == other_id),
        and_(one.c.story_id == other_id, other.c.story_id == one_id),
    )
    return way.where(apart_pairs.c.ended_by_act_id.is_(None), held)
