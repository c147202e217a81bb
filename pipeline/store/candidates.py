"""The few stored articles and stories that a new article might belong with.

In: a `Sketch` and a `Profile`. Out: `Candidate`s, those that share most text first, and `StoryCandidate`s. Trap: of
each key only the newest articles are looked at, so that a boilerplate band or a worn-out term costs no more than any
other key, however many articles there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    LargeBinary,
    Row,
    Text,
    TextClause,
    TextualSelect,
    bindparam,
    select,
    text,
)

from pipeline.model import Candidate, Profile, Sketch, StoryCandidate
from pipeline.store.dialects import bound, is_postgresql, with_each
from pipeline.store.json_text import dump
from pipeline.store.tables import articles, stories, story_profiles
from pipeline.store.types import CleanText, Instant, Json, clean_text

SAME_TEXT_LIMIT = 20  #: newest articles looked at for one text
BAND_LIMIT = 30  #: likewise for one band
TERM_LIMIT = 200  #: likewise for one term
LIKELY_LIMIT = 48  #: stories, by the terms they share, of which time and language are looked at
TEXT_LIMIT = 20  #: articles given that may share their text
STORY_LIMIT = 16  #: stories given; 12 lose 0.1 points on copies, 30 or 100 group no better

_TEXT_WEIGHT = 100  # an equal text counts more than every band together

# The inner brackets are for SQLite, which takes no LIMIT inside a UNION.
_SAME_TEXT = """
    SELECT article_id, {weight} AS weight
    FROM (
        SELECT id AS article_id FROM articles WHERE text_hash = :text_hash ORDER BY id DESC LIMIT {limit}
    ) AS same_text
"""
# The newest articles of each band. All bands are one parameter: to bind one for each costs more than to look them up.
_SAME_BANDS_LATERAL = """
    SELECT newest.article_id, 1 AS weight
    FROM unnest(CAST(:bands AS BIGINT[])) AS asked (band) CROSS JOIN LATERAL (
        SELECT article_id FROM article_bands WHERE band = asked.band ORDER BY article_id DESC LIMIT {limit}
    ) AS newest
"""
# SQLite has no LATERAL: the oldest of the newest is found first, and the index is read from it on.
_SAME_BANDS_FROM = """
    SELECT held.article_id, 1 AS weight FROM json_each(:bands) AS asked CROSS JOIN article_bands AS held
    WHERE held.band = asked.value AND held.article_id >= coalesce((
        SELECT article_id FROM article_bands WHERE band = asked.value
        ORDER BY article_id DESC LIMIT 1 OFFSET {limit} - 1
    ), 0)
"""
_TEXTS = """
    SELECT ranked.article_id
    FROM (SELECT article_id, sum(weight) AS weight FROM ({parts}) AS shared GROUP BY article_id) AS ranked
    JOIN articles ON articles.id = ranked.article_id
    WHERE (articles.language IN (:language, '') OR :language = '') AND articles.published_at BETWEEN :since AND :until
      AND articles.story_id IS NOT NULL
    ORDER BY ranked.weight DESC, ranked.article_id DESC LIMIT :limit
"""
# The newest articles of each term, likewise; older ones than any of the window are not looked at, because a rare term's
# newest may be of last year, and what comes out must be few before stories are read.
_SAME_TERMS_LATERAL = """
    SELECT DISTINCT newest.story_id, asked.key, CAST(asked.value AS FLOAT) AS weight
    FROM jsonb_each_text(CAST(:terms AS JSONB)) AS asked CROSS JOIN LATERAL (
        SELECT story_id FROM article_terms WHERE term = asked.key AND article_id >= ({oldest})
        ORDER BY article_id DESC LIMIT {limit}
    ) AS newest
"""
_SAME_TERMS_FROM = """
    SELECT DISTINCT held.story_id, asked.key, asked.value AS weight
    FROM json_each(:terms) AS asked CROSS JOIN article_terms AS held
    WHERE held.term = asked.key AND held.article_id >= max(({oldest}), coalesce((
        SELECT article_id FROM article_terms WHERE term = asked.key ORDER BY article_id DESC LIMIT 1 OFFSET {limit} - 1
    ), 0))
"""
_OLDEST = """
    SELECT min(id) FROM articles WHERE stored_at = (SELECT min(stored_at) FROM articles WHERE stored_at >= :since)
"""
# Only the likeliest are read: of a million articles a term's newest lead to hundreds of stories.
_STORIES = """
    SELECT stories.id, stories.title, stories.article_count, story_profiles.mean_at, story_profiles.weights
    FROM (
        SELECT living.id AS story_id, sum(likely.weight) AS weight
        FROM (
            SELECT story_id, sum(weight) AS weight FROM ({shared}) AS shared
            GROUP BY story_id ORDER BY weight DESC, story_id DESC LIMIT {likely}
        ) AS likely
        JOIN stories AS placed ON placed.id = likely.story_id
        JOIN stories AS living ON living.id = coalesce(placed.merged_into_id, placed.id)
        WHERE (living.language IN (:language, '') OR :language = '')
          AND living.last_at >= :since AND living.first_at <= :until
        GROUP BY living.id ORDER BY weight DESC, living.id DESC LIMIT :limit
    ) AS ranked
    JOIN stories ON stories.id = ranked.story_id JOIN story_profiles ON story_profiles.story_id = stories.id
    ORDER BY ranked.weight DESC, stories.id DESC
"""
_INDEX_TERMS = """
    INSERT INTO article_terms (term, article_id, story_id) SELECT value, :article_id, :story_id FROM ({each}) AS asked
"""
_MOVE_TERMS = """
    UPDATE article_terms SET story_id = :story_id WHERE article_id = :article_id AND term IN ({each})
"""
_FORGET_TERMS = "DELETE FROM article_terms WHERE article_id = :article_id AND term IN ({each})"
_SKETCHED = (
    *("id", "story_id", "outlet", "title", "published_at"),
    *("text_hash", "minhash", "bands", "terms", "word_count"),
)
_articles = select(*(articles.c[name] for name in _SKETCHED)).where(articles.c.id.in_(bindparam("ids", expanding=True)))
_stories = (
    select(stories.c.id, stories.c.title, stories.c.article_count, story_profiles.c.mean_at, story_profiles.c.weights)
    .join(story_profiles, story_profiles.c.story_id == stories.c.id)
    .where(stories.c.id.in_(bindparam("ids", expanding=True)))
)


def find_texts(tx: Connection, sketch: Sketch, language: str, since: datetime, until: datetime) -> list[Candidate]:
    """Give articles published between two instants that have the same text or share bands.

    They are of this language or of an unknown one; of any, if this one is unknown.
    """
    asked = {"text_hash": sketch.text_hash, "language": language, "since": since, "until": until, "limit": TEXT_LIMIT}
    asked["bands"] = bound(tx, sorted(set(sketch.bands)))
    ids: Sequence[int] = tx.execute(_ranked_texts(is_postgresql(tx)), asked).scalars().all()
    if not ids:
        return []
    rows = {row.id: row for row in tx.execute(_articles, {"ids": ids})}
    return [_candidate(rows[article_id]) for article_id in ids]


def find_stories(
    tx: Connection,
    strongest: Mapping[str, float],
    language: str,
    since: datetime,
    until: datetime,
    also: Iterable[int] = (),
) -> list[StoryCandidate]:
    """Give living stories of one time that share terms, and those asked for by id; the likeliest first.

    Languages are as for `find_texts`.
    """
    asked = {"language": language, "since": since, "until": until, "limit": STORY_LIMIT}
    terms = dump({clean_text(term): weight for term, weight in strongest.items()})
    found = tx.execute(_ranked_stories(is_postgresql(tx)), asked | {"terms": terms}).all() if strongest else ()
    rows = {row.id: row for row in found}
    first = list(dict.fromkeys(also))
    if missing := [story_id for story_id in first if story_id not in rows]:
        rows |= {row.id: row for row in tx.execute(_stories, {"ids": missing}).all()}
    ids = dict.fromkeys([*first, *(row.id for row in found)])
    return [_story(rows[story_id]) for story_id in ids if story_id in rows]


def index_terms(tx: Connection, article_id: int, story_id: int, terms: Iterable[str]) -> None:
    """Make an article's story one that these terms find."""
    values = bound(tx, sorted({clean_text(term) for term in terms}))
    asked = {"article_id": article_id, "story_id": story_id, "values": values}
    tx.execute(with_each(tx, _INDEX_TERMS, "TEXT"), asked)


def forget_terms(tx: Connection, article_id: int, terms: Iterable[str]) -> None:
    """Let these terms find an article no more; they may be more than are indexed."""
    values = bound(tx, sorted({clean_text(term) for term in terms}))
    tx.execute(with_each(tx, _FORGET_TERMS, "TEXT"), {"article_id": article_id, "values": values})


def move_terms(tx: Connection, article_id: int, story_id: int, terms: Iterable[str]) -> None:
    """Make another story the one that an article's terms find; `terms` may be more than are indexed."""
    values = bound(tx, sorted({clean_text(term) for term in terms}))
    asked = {"article_id": article_id, "story_id": story_id, "values": values}
    tx.execute(with_each(tx, _MOVE_TERMS, "TEXT"), asked)


@cache
def _ranked_texts(lateral: bool) -> TextClause:
    types = {"text_hash": LargeBinary(), "language": CleanText(), "since": Instant(), "until": Instant()}
    same_text = _SAME_TEXT.format(weight=_TEXT_WEIGHT, limit=SAME_TEXT_LIMIT)
    same_bands = (_SAME_BANDS_LATERAL if lateral else _SAME_BANDS_FROM).format(limit=BAND_LIMIT)
    return _typed(_TEXTS.format(parts=f"{same_text} UNION ALL {same_bands}"), types)


@cache
def _ranked_stories(lateral: bool) -> TextualSelect:
    types = {"language": CleanText(), "since": Instant(), "until": Instant()}
    shared = (_SAME_TERMS_LATERAL if lateral else _SAME_TERMS_FROM).format(oldest=_OLDEST, limit=TERM_LIMIT)
    found = _typed(_STORIES.format(shared=shared, likely=LIKELY_LIMIT), types)
    return found.columns(id=BigInteger, title=Text, article_count=Integer, mean_at=Instant, weights=Json)


def _typed(statement: str, types: Mapping[str, Any]) -> TextClause:
    return text(statement).bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))


def _candidate(row: Row[Any]) -> Candidate:
    sketch = Sketch(bytes(row.text_hash), row.minhash, row.bands, row.terms, row.word_count)
    return Candidate(row.id, row.story_id, row.outlet, row.title, row.published_at, sketch)


def _story(row: Any) -> StoryCandidate:
    story_id, title, article_count, mean_at, weights = row
    return StoryCandidate(story_id, title, article_count, mean_at, Profile(weights))
