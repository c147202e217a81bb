"""The few stored articles that a new one might belong with.

In: a `Sketch`. Out: `Candidate`s, those that share most first. Trap: of each key only the newest articles are
looked at, so that a boilerplate band or a worn-out term costs no more than any other key, however many articles
there are.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, LargeBinary, Row, TextClause, bindparam, select, text

from pipeline.model import Candidate, Sketch
from pipeline.store import terms
from pipeline.store.tables import articles
from pipeline.store.types import CleanText, Instant

SAME_TEXT_LIMIT = 20  #: newest articles looked at for one text
BAND_LIMIT = 30  #: likewise for one band
TERM_LIMIT = 200  #: likewise for one term

# What one shared key counts: an equal text beats every band, one band beats all terms together.
_TEXT_WEIGHT = 100_000
_BAND_WEIGHT = terms.STRONGEST_COUNT + 1

# The inner brackets are for SQLite, which takes no LIMIT inside a UNION.
_PART = "SELECT article_id, {weight} AS weight FROM ({newest}) AS {name}"
_SAME_TEXT = "SELECT id AS article_id FROM articles WHERE text_hash = :text_hash ORDER BY id DESC LIMIT {limit}"
_SAME_KEY = "SELECT article_id FROM {table} WHERE {column} = :{name} ORDER BY article_id DESC LIMIT {limit}"
_RANKED = """
    SELECT ranked.article_id
    FROM (SELECT article_id, sum(weight) AS weight FROM ({parts}) AS shared GROUP BY article_id) AS ranked
    JOIN articles ON articles.id = ranked.article_id
    WHERE articles.language = :language AND articles.published_at >= :since AND articles.story_id IS NOT NULL
    ORDER BY ranked.weight DESC, ranked.article_id DESC LIMIT :limit
"""
_SKETCHED = (
    "id",
    "story_id",
    "outlet",
    "title",
    "published_at",
    "text_hash",
    "minhash",
    "bands",
    "terms",
    "word_count",
)
_found = select(*(articles.c[name] for name in _SKETCHED)).where(articles.c.id.in_(bindparam("ids", expanding=True)))


def find_candidates(tx: Connection, sketch: Sketch, language: str, since: datetime, limit: int) -> list[Candidate]:
    """Give articles of one language published since an instant that share text, bands or strong terms."""
    strongest = terms.strongest(sketch.terms, terms.frequencies(tx, sketch.terms))
    bands = sorted(set(sketch.bands))
    asked = {"text_hash": sketch.text_hash, "language": language, "since": since, "limit": limit}
    keys = {f"band_{n}": band for n, band in enumerate(bands)} | {f"term_{n}": term for n, term in enumerate(strongest)}
    ids: Sequence[int] = tx.execute(_ranking(len(bands), len(strongest)), asked | keys).scalars().all()
    if not ids:
        return []
    rows = {row.id: row for row in tx.execute(_found, {"ids": ids})}
    return [_candidate(rows[article_id]) for article_id in ids]


@lru_cache(maxsize=256)
def _ranking(band_count: int, term_count: int) -> TextClause:
    """Write the query for so many keys; as text, because SQLAlchemy needs 20 ms to put fifty selects together."""
    parts = [_PART.format(weight=_TEXT_WEIGHT, newest=_SAME_TEXT.format(limit=SAME_TEXT_LIMIT), name="same_text")]
    types: dict[str, Any] = {"text_hash": LargeBinary(), "language": CleanText(), "since": Instant()}
    for number in range(band_count):
        types[f"band_{number}"] = BigInteger()
        parts.append(_part("article_bands", "band", number, BAND_LIMIT, _BAND_WEIGHT))
    for number in range(term_count):
        types[f"term_{number}"] = CleanText()
        parts.append(_part("article_terms", "term", number, TERM_LIMIT, 1))
    statement = text(_RANKED.format(parts=" UNION ALL ".join(parts)))
    return statement.bindparams(*(bindparam(name, type_=kind) for name, kind in types.items()))


def _part(table: str, column: str, number: int, limit: int, weight: int) -> str:
    name = f"{column}_{number}"
    return _PART.format(
        weight=weight, newest=_SAME_KEY.format(table=table, column=column, name=name, limit=limit), name=name
    )


def _candidate(row: Row[Any]) -> Candidate:
    sketch = Sketch(bytes(row.text_hash), row.minhash, row.bands, row.terms, row.word_count)
    return Candidate(row.id, row.story_id, row.outlet, row.title, row.published_at, sketch)
