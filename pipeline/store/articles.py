"""Articles, and the index by which grouping finds those that may belong together.

In: `Article` and `Sketch`. Out: `StoredArticle`. Trap: terms are counted over all articles ever stored, but only
an article's strongest terms are indexed, strongest by the counts of the moment it was stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, text

from pipeline.errors import NotFound
from pipeline.model import Article, Sketch
from pipeline.store import terms
from pipeline.store.dialects import bound, each
from pipeline.store.tables import articles
from pipeline.store.types import key_of
from pipeline.urls import canonical

_INDEX = "INSERT INTO {table} ({column}, article_id) SELECT value, :article_id FROM ({each}) AS asked"


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its place."""

    id: int
    entry_id: int
    story_id: int | None  #: None only inside the transaction that stores it
    stored_at: datetime
    article: Article


def insert(tx: Connection, entry_id: int, article: Article, sketch: Sketch, now: datetime) -> int:
    """Store an entry's article and index its sketch; gives its id. One entry has one article."""
    row = {field.name: getattr(article, field.name) for field in fields(Article)} | _sketch_row(sketch)
    row |= {"entry_id": entry_id, "url_key": key_of(canonical(article.url)), "stored_at": now}
    strongest = terms.strongest(sketch.terms, terms.frequencies(tx, sketch.terms))
    article_id: int = tx.execute(articles.insert().values(row).returning(articles.c.id)).scalar_one()
    terms.count(tx, sketch.terms)
    _index(tx, article_id, sketch.bands, strongest)
    return article_id


def _sketch_row(sketch: Sketch) -> dict[str, Any]:
    return {
        "text_hash": sketch.text_hash,
        "minhash": sketch.minhash,
        "bands": sketch.bands,
        "terms": dict(sketch.terms),
        "word_count": sketch.word_count,
    }


def _index(tx: Connection, article_id: int, bands: Iterable[int], strongest: Iterable[str]) -> None:
    by_band = _INDEX.format(table="article_bands", column="band", each=each(tx, "BIGINT"))
    tx.execute(text(by_band), {"article_id": article_id, "values": bound(tx, sorted(set(bands)))})
    by_term = _INDEX.format(table="article_terms", column="term", each=each(tx, "TEXT"))
    tx.execute(text(by_term), {"article_id": article_id, "values": bound(tx, sorted(strongest))})


def get(tx: Connection, article_id: int) -> StoredArticle:
    """Give an article; raises NotFound."""
    found = _find(tx, articles.c.id == article_id)
    if found is None:
        raise NotFound(f"there is no article {article_id}")
    return found


def find_by_entry(tx: Connection, entry_id: int) -> StoredArticle | None:
    """Give the article of an entry, if it came to one."""
    return _find(tx, articles.c.entry_id == entry_id)


def find_by_url(tx: Connection, url: str) -> StoredArticle | None:
    """Give the newest article of an address, however written."""
    return _find(tx, articles.c.url_key == key_of(canonical(url)))


def recent(tx: Connection, limit: int) -> list[StoredArticle]:
    """Give the articles stored last, the newest first."""
    return [stored(row) for row in tx.execute(select_articles().order_by(articles.c.id.desc()).limit(limit))]


def select_articles() -> Select[Any]:
    """Select what `stored` reads."""
    names = [field.name for field in fields(Article)]
    own = ("id", "entry_id", "story_id", "stored_at")
    return select(*(articles.c[name] for name in (*own, *names)))


def stored(row: Row[Any]) -> StoredArticle:
    """Read a row of `select_articles`."""
    article = Article(**{field.name: getattr(row, field.name) for field in fields(Article)})
    return StoredArticle(row.id, row.entry_id, row.story_id, row.stored_at, article)


def _find(tx: Connection, condition: ColumnElement[bool]) -> StoredArticle | None:
    row = tx.execute(select_articles().where(condition).order_by(articles.c.id.desc()).limit(1)).one_or_none()
    return stored(row) if row else None
