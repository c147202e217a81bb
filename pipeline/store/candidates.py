"""The few stored articles that a new one might belong with.

In: a `Sketch`. Out: `Candidate`s, those that share most first. Trap: of each key only the newest articles are
looked at, so that a boilerplate band or a worn-out term costs no more than any other key.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, Table, func, literal, select, union_all

from pipeline.model import Candidate, Sketch
from pipeline.store import terms
from pipeline.store.tables import article_bands, article_terms, articles

SAME_TEXT_LIMIT = 20
BAND_LIMIT = 30  #: newest articles looked at for one band
TERM_LIMIT = 200  #: newest articles looked at for one term

# What one shared key counts: an equal text beats every band, one band beats all terms together.
_TEXT_WEIGHT = 100_000
_BAND_WEIGHT = terms.STRONGEST_COUNT + 1


def find_candidates(tx: Connection, sketch: Sketch, language: str, since: datetime, limit: int) -> list[Candidate]:
    """Give articles of one language published since an instant that share text, bands or strong terms."""
    strongest = terms.strongest(sketch.terms, terms.frequencies(tx, sketch.terms))
    parts = [_newest(articles, "text_hash", "id", sketch.text_hash, SAME_TEXT_LIMIT, _TEXT_WEIGHT)]
    bands = sorted(set(sketch.bands))
    parts += [_newest(article_bands, "band", "article_id", band, BAND_LIMIT, _BAND_WEIGHT) for band in bands]
    parts += [_newest(article_terms, "term", "article_id", term, TERM_LIMIT, 1) for term in strongest]
    shared = union_all(*parts).subquery("shared")
    weight = func.sum(shared.c.weight)
    ranked = select(shared.c.article_id, weight.label("weight")).group_by(shared.c.article_id).subquery("ranked")
    found = (
        select(articles)
        .join(ranked, ranked.c.article_id == articles.c.id)
        .where(articles.c.language == language, articles.c.published_at >= since, articles.c.story_id.is_not(None))
        .order_by(ranked.c.weight.desc(), articles.c.id.desc())
        .limit(limit)
    )
    return [_candidate(row) for row in tx.execute(found)]


def _newest(table: Table, key: str, article: str, value: object, limit: int, weight: int) -> Select[Any]:
    """Select the newest articles of one key; wrapped, because SQLite takes no LIMIT inside a UNION."""
    column, article_id = table.c[key], table.c[article]
    newest = select(article_id.label("article_id")).where(column == value).order_by(article_id.desc()).limit(limit)
    inner = newest.subquery()
    return select(inner.c.article_id, literal(weight, BigInteger).label("weight"))


def _candidate(row: Row[Any]) -> Candidate:
    sketch = Sketch(bytes(row.text_hash), row.minhash, tuple(row.bands), row.terms, row.word_count)
    return Candidate(row.id, row.story_id, row.outlet, row.title, row.published_at, sketch)
