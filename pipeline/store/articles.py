"""Articles, and the index by which grouping finds their copies.

In: `Article` and `Sketch`. Out: `StoredArticle`. Trap: a new article's terms are counted before it is stored, when they
are weighed (`pipeline.store.terms.count`); those by which later reports find it are indexed only when it has its
story, see `pipeline.store.stories.place`.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, select, update

from pipeline.errors import NotFound
from pipeline.model import Article, Sketch
from pipeline.store import terms
from pipeline.store.dialects import bound, with_each
from pipeline.store.tables import article_bands, articles
from pipeline.store.types import key_of
from pipeline.urls import canonical

_INSERT = articles.insert().returning(articles.c.id)
_INDEX = "INSERT INTO article_bands (band, article_id) SELECT value, :article_id FROM ({each}) AS asked"


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its place."""

    id: int
    entry_id: int
    story_id: int | None  #: None only inside the transaction that stores it
    stored_at: datetime
    article: Article
    revision_count: int = 0  #: texts it had before this one
    revised_at: datetime | None = None  #: when this text took the place of the one before

    @property
    def read_at(self) -> datetime:
        """When its text was read: stored first, or last found changed."""
        return self.revised_at or self.article.fetched_at or self.stored_at


def insert(tx: Connection, entry_id: int, article: Article, sketch: Sketch, now: datetime) -> int:
    """Store an entry's article and index its sketch; gives its id. One entry has one article."""
    row = {field.name: getattr(article, field.name) for field in fields(Article)} | _sketch_row(sketch)
    row |= {"entry_id": entry_id, "url_key": key_of(canonical(article.url)), "stored_at": now}
    article_id: int = tx.execute(_INSERT, row).scalar_one()
    _index_bands(tx, article_id, sketch)
    return article_id


def _index_bands(tx: Connection, article_id: int, sketch: Sketch) -> None:
    asked = {"article_id": article_id, "values": bound(tx, sorted(set(sketch.bands)))}
    tx.execute(with_each(tx, _INDEX, "BIGINT"), asked)


def renew(tx: Connection, article_id: int, article: Article, sketch: Sketch, now: datetime) -> None:
    """Give an article another text, and index its sketch in place of the one it had; its place stays."""
    old = sketch_of(tx, article_id)
    row = {field.name: getattr(article, field.name) for field in fields(Article)} | _sketch_row(sketch)
    row |= {"revision_count": articles.c.revision_count + 1, "revised_at": now}
    tx.execute(update(articles).where(articles.c.id == article_id).values(row))
    terms.count(tx, sketch.terms.keys() - old.terms.keys())
    gone = (article_bands.c.article_id == article_id) & article_bands.c.band.in_(sorted(set(old.bands)))
    tx.execute(delete(article_bands).where(gone))
    _index_bands(tx, article_id, sketch)


def _sketch_row(sketch: Sketch) -> dict[str, Any]:
    return {
        "text_hash": sketch.text_hash,
        "minhash": sketch.minhash,
        "bands": sketch.bands,
        "terms": dict(sketch.terms),
        "word_count": sketch.word_count,
    }


def sketch_of(tx: Connection, article_id: int) -> Sketch:
    """Give an article's sketch."""
    c = articles.c
    row = tx.execute(select(c.text_hash, c.minhash, c.bands, c.terms, c.word_count).where(c.id == article_id)).one()
    return Sketch(bytes(row.text_hash), row.minhash, row.bands, row.terms, row.word_count)


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
    own = ("id", "entry_id", "story_id", "stored_at", "revision_count", "revised_at")
    return select(*(articles.c[name] for name in (*own, *names)))


def stored(row: Row[Any]) -> StoredArticle:
    """Read a row of `select_articles`."""
    article = Article(**{field.name: getattr(row, field.name) for field in fields(Article)})
    place = (row.id, row.entry_id, row.story_id, row.stored_at)
    return StoredArticle(*place, article, row.revision_count, row.revised_at)


def _find(tx: Connection, condition: ColumnElement[bool]) -> StoredArticle | None:
    row = tx.execute(select_articles().where(condition).order_by(articles.c.id.desc()).limit(1)).one_or_none()
    return stored(row) if row else None
