"""The texts that an article had before the one it has.

In: an article that is about to take another text. Out: `Revision`s, the newest text among them. Trap: only so many are
kept; the first always is, so that what was published stays known, and numbers have gaps after that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from pipeline.errors import NotFound
from pipeline.model import EditCause, TextSource
from pipeline.store import articles
from pipeline.store.articles import StoredArticle
from pipeline.store.tables import article_revisions

MOST_KEPT = 10  #: earlier texts of one article: the first and the newest nine


@dataclass(frozen=True, slots=True)
class Revision:
    """A text of an article, from when we had it until when it was replaced."""

    number: int  #: 1 is the first
    title: str
    text: str
    text_source: TextSource
    read_at: datetime
    replaced_at: datetime | None  #: None: it is the newest
    cause: EditCause | None  #: of the look that found what replaced it


def keep(tx: Connection, stored: StoredArticle, cause: EditCause, now: datetime) -> None:
    """Keep the text that an article has, because another takes its place."""
    row = {
        "article_id": stored.id,
        "number": stored.revision_count + 1,
        "title": stored.article.title,
        "text": stored.article.text,
        "text_source": stored.article.text_source,
        "read_at": stored.read_at,
        "replaced_at": now,
        "cause": cause,
    }
    tx.execute(article_revisions.insert(), row)
    _forget_the_middle(tx, stored.id)


def _forget_the_middle(tx: Connection, article_id: int) -> None:
    c = article_revisions.c
    kept = select(c.id).where(c.article_id == article_id).order_by(c.number)
    ids: Sequence[int] = tx.execute(kept).scalars().all()
    if len(ids) > MOST_KEPT:
        tx.execute(delete(article_revisions).where(c.id.in_(ids[1 : len(ids) - MOST_KEPT + 1])))


def all_of(tx: Connection, article_id: int) -> list[Revision]:
    """Give the texts of an article, the first one first and the newest last; raises NotFound."""
    stored = articles.get(tx, article_id)
    c = article_revisions.c
    columns = (c.number, c.title, c.text, c.text_source, c.read_at, c.replaced_at, c.cause)
    earlier = [
        Revision(*row) for row in tx.execute(select(*columns).where(c.article_id == article_id).order_by(c.number))
    ]
    article = stored.article
    newest = (stored.revision_count + 1, article.title, article.text, article.text_source, stored.read_at)
    return [*earlier, Revision(*newest, None, None)]


def choose(found: Sequence[Revision], number: int | None) -> tuple[Revision, Revision]:
    """Give a revision, or the newest, and the one before it; raises NotFound for one that is not kept."""
    asked = found[-1].number if number is None else number
    place = next((n for n, one in enumerate(found) if one.number == asked), None)
    if place is None or len(found) == 1 or place == 0:
        kept = ", ".join(str(one.number) for one in found)
        raise NotFound(f"there is no revision {asked} with one before it; kept are {kept}")
    return found[place - 1], found[place]
