"""Stories: which articles tell of one event, and why we think so.

In: an article and a `Grouping`. Out: `Story`, and candidates for the next article. Trap: a decision holds only if
nobody else decides for the same language meanwhile; take `lock_language` before `find_stories`.
An id of a merged story leads to the living one wherever a story is asked for.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, bindparam, exists, func, select, true, update

from pipeline.errors import NotFound
from pipeline.model import Grouping, GroupingKind, Profile, Story
from pipeline.store import candidates, terms
from pipeline.store.articles import StoredArticle, select_articles, stored
from pipeline.store.dialects import Inserter, inserter, is_postgresql
from pipeline.store.tables import articles, groupings, stories, story_profiles

find_texts = candidates.find_texts
find_stories = candidates.find_stories
frequencies = terms.frequencies
count_terms = terms.count

# Written once, and few: putting a statement together costs as much as running it, sending it half as much, and these
# run for every article.
_KNOWN = select(articles.c.title, articles.c.language, articles.c.published_at).where(
    articles.c.id == bindparam("known_id")
)
_PLACE = update(articles).where(articles.c.id == bindparam("placed_id")).values(story_id=bindparam("in_story_id"))
_KEEP_WHY = groupings.insert()
_BEGIN = stories.insert().returning(stories.c.id)
_OWN = stories.c.id == bindparam("of_story_id")
_EXTENT = (
    update(stories)
    .where(_OWN)
    .values({name: bindparam(name) for name in ("first_at", "last_at", "changed_at")})
    .values({name: bindparam(name) for name in ("article_count", "text_count", "outlet_count")})
)
_SPEAK = update(stories).where(_OWN).values(language=bindparam("spoken"))
_ASKED = stories.alias("asked")
_LED_TO = select(func.coalesce(_ASKED.c.merged_into_id, _ASKED.c.id)).where(_ASKED.c.id == bindparam("asked_story_id"))
_OTHERS = articles.alias("others")
_IN_STORY = _OTHERS.c.story_id == stories.c.id


def _has_one_of_same(column: str) -> ColumnElement[bool]:
    same = select(_OTHERS.c.id).where(_IN_STORY, _OTHERS.c[column] == articles.c[column])
    return exists(same.correlate(articles, stories)).label(f"has_{column}")


#: An article that is about to join a story, what that story is so far, and what of the article it has already.
_JOINING = (
    select(
        *(articles.c[name] for name in ("published_at", "language")),
        *(stories.c[name].label(f"story_{name}") for name in ("id", "language", "first_at", "last_at")),
        *(stories.c[name] for name in ("article_count", "text_count", "outlet_count")),
        story_profiles.c.mean_at,
        *(_has_one_of_same(name) for name in ("outlet", "text_hash")),
    )
    .select_from(articles.join(stories, true()).outerjoin(story_profiles, story_profiles.c.story_id == stories.c.id))
    .where(articles.c.id == bindparam("joining_id"), stories.c.id == _LED_TO.scalar_subquery())
    .with_for_update(of=stories)
)

_ID = stories.c.id == bindparam("story_id")
_LIVING = select(stories.c.id, stories.c.merged_into_id).where(_ID)
_PROFILE = select(story_profiles.c.weights).where(story_profiles.c.story_id == bindparam("story_id"))
_LANGUAGES = select(stories.c.language).where(stories.c.id.in_(bindparam("story_ids", expanding=True)))

_STORIES = select(
    *(stories.c[name] for name in ("id", "title", "first_at", "last_at")),
    *(stories.c[name] for name in ("article_count", "text_count", "outlet_count")),
)
_STORY = _STORIES.where(_ID)

UNKNOWN = ""  #: the language of an article of which neither page nor feed says it
_LOCK_SPACE = 0x53746F72  # the first key of our advisory locks, "Stor"
#: Keeps articles of unknown languages from being placed, and nobody else.
_SHARE_UNKNOWN = func.pg_advisory_xact_lock_shared(_LOCK_SPACE, func.hashtext(UNKNOWN))


def lock_language(tx: Connection, language: str) -> None:
    """Keep other transactions from placing articles of this language until this one ends; SQLite always does.

    An article of an unknown language may belong to a story of any, so it keeps all others away, and they it.
    """
    if is_postgresql(tx):
        # Functions of a SELECT are called from left to right: whoever holds the second has the first.
        tx.execute(select(_SHARE_UNKNOWN, _lock(language)) if language != UNKNOWN else select(_lock(UNKNOWN)))


def _lock(language: str) -> ColumnElement[Any]:
    return func.pg_advisory_xact_lock(_LOCK_SPACE, func.hashtext(language))


def place(tx: Connection, article_id: int, grouping: Grouping, now: datetime) -> int:
    """Put an article into its story, or begin one with it, and keep the reason; gives the story's id."""
    if grouping.story_id is None:
        story_id = _begin(tx, article_id, grouping.profile, now)
    else:
        story_id = _extend(tx, grouping.story_id, article_id, grouping, now)
    tx.execute(_PLACE, {"placed_id": article_id, "in_story_id": story_id})
    decided = {"kind": grouping.kind, "of_article_id": grouping.of_article_id, "score": grouping.score}
    row = {"article_id": article_id, "story_id": story_id, "why": grouping.why, "decided_at": now}
    tx.execute(_KEEP_WHY, row | decided | {"evidence": dict(grouping.evidence)})
    candidates.index_terms(tx, article_id, story_id, grouping.keys)
    return story_id


def _begin(tx: Connection, article_id: int, profile: Profile, now: datetime) -> int:
    article: Any = tx.execute(_KNOWN, {"known_id": article_id}).one()
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
    story_id: int = tx.execute(_BEGIN, row).scalar_one()
    put_profile(tx, story_id, profile, article.published_at)
    return story_id


def _extend(tx: Connection, asked_id: int, article_id: int, grouping: Grouping, now: datetime) -> int:
    """Let a story grow by an article; gives the story that its id leads to."""
    found = _joining(tx, asked_id, article_id)
    text_is_new = grouping.kind is not GroupingKind.COPY and not found.has_text_hash
    count = found.article_count + 1
    grown = {
        "first_at": min(found.story_first_at, found.published_at),
        "last_at": max(found.story_last_at, found.published_at),
        "changed_at": now,
        "article_count": count,
        "text_count": found.text_count + text_is_new,
        "outlet_count": found.outlet_count + (not found.has_outlet),
    }
    story_id: int = found.story_id
    put_extent(tx, story_id, **grown)
    if found.story_language == UNKNOWN != found.language:
        tx.execute(_SPEAK, {"of_story_id": story_id, "spoken": found.language})
    mean_at = found.mean_at
    middle = found.published_at if mean_at is None else mean_at + (found.published_at - mean_at) / count
    put_profile(tx, story_id, grouping.profile, middle)
    return story_id


def _joining(tx: Connection, asked_id: int, article_id: int) -> Any:
    """Look at an article and the story it is about to join, and lock that; raises NotFound.

    The lock of its language keeps others away, but for a story of an unknown one: who has waited for its row sees the
    row as it is by then and, of the articles in it, only those of before, so it looks again.
    """
    asked = {"joining_id": article_id, "asked_story_id": asked_id}
    found: Any = tx.execute(_JOINING, asked).one_or_none()
    if found is None:
        raise NotFound(f"there is no story {asked_id}")
    return found if found.story_language in {UNKNOWN, found.language} else tx.execute(_JOINING, asked).one()


def put_extent(tx: Connection, story_id: int, **extent: Any) -> None:
    """Keep from when to when a story goes and what it counts: every column of `_EXTENT` by its name."""
    tx.execute(_EXTENT, {"of_story_id": story_id, **extent})


def put_profile(tx: Connection, story_id: int, profile: Profile, mean_at: datetime) -> None:
    """Keep what a story speaks of, and the middle of its articles' dates."""
    row = {"story_id": story_id, "weights": dict(profile.weights), "mean_at": mean_at}
    tx.execute(_keep_profile(inserter(tx)), row)


@cache
def _keep_profile(begin: Inserter) -> Executable:
    statement = begin(story_profiles)
    changed = {"weights": statement.excluded.weights, "mean_at": statement.excluded.mean_at}
    return statement.on_conflict_do_update(index_elements=["story_id"], set_=changed)


def find_profile(tx: Connection, story_id: int) -> Profile | None:
    """Give what a story speaks of; None of one begun before stories had profiles."""
    weights = tx.execute(_PROFILE, {"story_id": story_id}).scalar_one_or_none()
    return None if weights is None else Profile(weights)


def lock(tx: Connection, *story_ids: int) -> None:
    """Keep articles of these stories' languages from being placed meanwhile, in one order for everybody.

    A story of an unknown language is not locked for itself: two that place articles of known ones share that lock, and
    if both wanted it for themselves they would wait for each other.
    """
    if is_postgresql(tx):
        languages = tx.execute(_LANGUAGES, {"story_ids": story_ids}).scalars()
        for language in sorted(set(languages) - {UNKNOWN}):
            lock_language(tx, language)
        tx.execute(select(_SHARE_UNKNOWN))


def living(tx: Connection, story_id: int) -> int:
    """Give the story that an id leads to: itself, or the one it was merged into; raises NotFound."""
    row = tx.execute(_LIVING, {"story_id": story_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no story {story_id}")
    return story_id if row.merged_into_id is None else int(row.merged_into_id)


def get(tx: Connection, story_id: int) -> Story:
    """Give a living story; raises NotFound."""
    return Story(*tx.execute(_STORY, {"story_id": living(tx, story_id)}).one())


def recent(tx: Connection, limit: int) -> list[Story]:
    """Give the stories that grew last, the last first."""
    found = _STORIES.where(stories.c.merged_into_id.is_(None))
    ordered = found.order_by(stories.c.changed_at.desc(), stories.c.id.desc()).limit(limit)
    return [Story(*row) for row in tx.execute(ordered)]


def articles_of(tx: Connection, story_id: int) -> list[StoredArticle]:
    """Give a story's articles, by their effective date."""
    found = select_articles().where(articles.c.story_id == living(tx, story_id))
    return [stored(row) for row in tx.execute(found.order_by(articles.c.published_at, articles.c.id))]


def groupings_of(tx: Connection, story_id: int) -> dict[int, Grouping]:
    """Give why each of a story's articles is in it, by article id."""
    own = select(groupings).join(articles, articles.c.id == groupings.c.article_id)
    found = own.where(articles.c.story_id == living(tx, story_id)).order_by(groupings.c.article_id)
    return {row.article_id: _grouping(row) for row in tx.execute(found)}


def evidence_of(tx: Connection, story_id: int, limit: int) -> dict[int, Mapping[str, Any]]:
    """Give what the newest of a story's articles were compared with when they were placed, by article id."""
    own = select(groupings.c.article_id, groupings.c.evidence).join(articles, articles.c.id == groupings.c.article_id)
    found = own.where(articles.c.story_id == living(tx, story_id)).order_by(groupings.c.article_id.desc()).limit(limit)
    return {row.article_id: row.evidence for row in tx.execute(found)}


def find_grouping(tx: Connection, article_id: int) -> tuple[Grouping, datetime] | None:
    """Give how an article was placed, with the evidence, and when; None if it has no story yet."""
    row = tx.execute(select(groupings).where(groupings.c.article_id == article_id)).one_or_none()
    return (replace(_grouping(row), evidence=row.evidence), row.decided_at) if row else None


def regroup(
    tx: Connection, article_id: int, kind: GroupingKind, of_article_id: int | None, score: float, why: str
) -> Grouping:
    """Decide anew how an article stands in its story; what it was compared with at first is kept."""
    changed = update(groupings).where(groupings.c.article_id == article_id)
    tx.execute(changed.values(kind=kind, of_article_id=of_article_id, score=score, why=why))
    return _grouping(tx.execute(select(groupings).where(groupings.c.article_id == article_id)).one())


def retitle(tx: Connection, story_id: int, old: str, new: str) -> None:
    """Let a story that bears an article's title bear its newer one."""
    tx.execute(update(stories).where(stories.c.id == story_id, stories.c.title == old).values(title=new))


def touch(tx: Connection, story_id: int, now: datetime) -> None:
    """Note that a story changed."""
    tx.execute(update(stories).where(stories.c.id == story_id).values(changed_at=now))


def _grouping(row: Any) -> Grouping:
    return Grouping(row.kind, row.story_id, row.of_article_id, row.score, row.why)
