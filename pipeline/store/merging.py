"""Stories that change after their articles were placed: merged, split, kept apart, and all of it undone.

In: ids of stories and articles. Out: rows of `story_acts`, each of which can be undone. Trap: a merged story's row
stays, for alerts and addresses that name it; `merged_into_id` always names a living one. Alerts and watches move with
their articles, except where the kept story has one of the same subscription: so nobody is told twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from pipeline.errors import NotFound
from pipeline.model import ActKind, GroupingKind
from pipeline.store.stories import put_extent
from pipeline.store.tables import alerts, apart_pairs, articles, groupings, stories, story_acts, story_moves, watches

# Written once: the machine merges within the transaction of an article, and putting the statements of a merge together
# cost as much as all the rest of grouping (8 of 18 ms).
_RECORD = story_acts.insert().returning(story_acts.c.id)
_ACT = select(story_acts).where(story_acts.c.id == bindparam("act_id"))
_REDIRECT = (
    update(stories)
    .where(or_(stories.c.id == bindparam("gone_id"), stories.c.merged_into_id == bindparam("gone_id")))
    .values(merged_into_id=bindparam("kept_id"))
)
_OWN = articles.c.story_id == bindparam("of_story_id")
_OWN_IDS = select(articles.c.id).where(_OWN).order_by(articles.c.published_at, articles.c.id)
_MOVED: BindParameter[Any] = bindparam("moved", expanding=True)
_MOVE = update(articles).where(articles.c.id.in_(_MOVED)).values(story_id=bindparam("to_id"))
_HELD = select(articles.c.published_at, articles.c.outlet).where(_OWN)
_TEXT_COUNT = (
    select(func.count(articles.c.text_hash.distinct()))
    .join(groupings, groupings.c.article_id == articles.c.id)
    .where(_OWN, groupings.c.kind != GroupingKind.COPY)
)
_ONE, _OTHER = articles.alias("one"), articles.alias("other")
_APART = (
    select(apart_pairs.c.id)
    .join(_ONE, _ONE.c.id == apart_pairs.c.one_article_id)
    .join(_OTHER, _OTHER.c.id == apart_pairs.c.other_article_id)
    .where(
        apart_pairs.c.ended_by_act_id.is_(None),
        or_(
            and_(_ONE.c.story_id == bindparam("one_id"), _OTHER.c.story_id == bindparam("other_id")),
            and_(_ONE.c.story_id == bindparam("other_id"), _OTHER.c.story_id == bindparam("one_id")),
        ),
    )
)


def _told(table: Table) -> ColumnElement[bool]:
    """Condition that the story they move to has a row of the same subscription already."""
    other = table.alias("told")
    same = other.c.subscription_id == table.c.subscription_id
    return exists(select(other.c.story_id).where(same, other.c.story_id == bindparam("to_id")))


def _follow(table: Table) -> Update:
    its = and_(table.c.story_id == bindparam("from_id"), table.c.article_id.in_(_MOVED), ~_told(table))
    return update(table).where(its).values(story_id=bindparam("to_id"))


_FOLLOW = tuple(_follow(table) for table in (alerts, watches))


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
    act_id: int = tx.execute(_RECORD, row).scalar_one()
    return act_id


def get_act(tx: Connection, act_id: int) -> Act:
    """Give an act; raises NotFound."""
    row = tx.execute(_ACT, {"act_id": act_id}).one_or_none()
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
    tx.execute(_REDIRECT, {"gone_id": gone_id, "kept_id": kept_id})


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
    return list(tx.execute(_OWN_IDS, {"of_story_id": story_id}).scalars())


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
    asked = {"moved": list(moved), "from_id": from_id, "to_id": to_id}
    for statement in (_MOVE, *_FOLLOW):
        tx.execute(statement, asked)


def begin_like(tx: Connection, story_id: int, article_id: int, now: datetime) -> int:
    """Begin a story in the language of another, with the title of an article."""
    title = tx.execute(select(articles.c.title).where(articles.c.id == article_id)).scalar_one()
    like = tx.execute(select(stories).where(stories.c.id == story_id)).mappings().one()
    row = {name: value for name, value in like.items() if name != "id"} | {"title": title, "changed_at": now}
    new_id: int = tx.execute(stories.insert().values(row).returning(stories.c.id)).scalar_one()
    return new_id


def recount(tx: Connection, story_id: int, now: datetime) -> datetime:
    """Count a story's articles, texts and outlets anew; gives the middle of their dates."""
    own = {"of_story_id": story_id}
    held = tx.execute(_HELD, own).all()
    dates = [row.published_at for row in held]
    first: datetime = min(dates)
    counts = {
        "article_count": len(held),
        "text_count": max(1, tx.execute(_TEXT_COUNT, own).scalar_one()),
        "outlet_count": len({row.outlet for row in held}),
    }
    put_extent(tx, story_id, first_at=first, last_at=max(dates), changed_at=now, **counts)
    return first + sum((date - first for date in dates), start=first - first) / len(dates)


# Not the same


def keep_apart(tx: Connection, one_article_id: int, other_article_id: int, act_id: int) -> None:
    """Say that whatever stories hold these two articles are never the same."""
    row = {"one_article_id": one_article_id, "other_article_id": other_article_id, "act_id": act_id}
    tx.execute(apart_pairs.insert().values(row))


def are_apart(tx: Connection, one_id: int, other_id: int) -> bool:
    """Tell whether a hand said that two stories are not the same."""
    return tx.execute(_APART, {"one_id": one_id, "other_id": other_id}).first() is not None


def end_apart(tx: Connection, one_id: int, other_id: int, act_id: int) -> None:
    """Take back that two stories are not the same."""
    ids = tx.execute(_APART, {"one_id": one_id, "other_id": other_id}).scalars().all()
    tx.execute(update(apart_pairs).where(apart_pairs.c.id.in_(ids)).values(ended_by_act_id=act_id))
