"""Articles for programs: text, the texts there were, and the way it went.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: a revision that is no longer kept is missing from the list;
its number is not given to another.
"""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from sqlalchemy import Connection

from dashboard.api.shapes import ArticleShape, Page, Shape
from dashboard.article_pages import Difference, difference, look_at_revision, look_at_two
from dashboard.looking import ArticleFacts, look_at_article
from dashboard.sources import Sources
from pipeline.articles.wording import Piece
from pipeline.model import EditCause, TextSource
from pipeline.store import revisions
from pipeline.why import Trace, trace_of
from pipeline.why.record import Passed, Stage

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
Number = Annotated[int, Path(ge=1, le=10_000)]


class MarkShape(Shape):
    """A word that a subscription met: character offsets into the title or the text."""

    field: str
    start: int
    end: int


class ToldShape(Shape):
    """A subscription that was told of the article's story, and what of its query stands in this text."""

    subscription_id: int
    name: str
    spans: list[MarkShape]


class ArticleDetail(ArticleShape):
    """An article with its newest text, where each fact of it was taken from, and the words that were met."""

    modified_at: datetime | None
    sources: dict[str, str]
    feed_id: int
    told: list[ToldShape]

    @classmethod
    def whole(cls, facts: ArticleFacts, trace: Trace) -> "ArticleDetail":
        """Write an article with all that its page shows."""
        plain = ArticleShape.of(facts.stored, facts.grouping, with_text=True)
        article = facts.stored.article
        told = [ToldShape.model_validate(one) for one in trace.told]
        more = {"modified_at": article.modified_at, "sources": dict(article.sources), "feed_id": trace.feed_id}
        return cls(told=told, **more, **plain.model_dump())


class RevisionShape(Shape):
    """A text that an article has or had; of the newest, `replaced_at` and `cause` are null."""

    number: int
    title: str
    text: str
    text_source: TextSource
    read_at: datetime
    replaced_at: datetime | None
    cause: EditCause | None


class PieceShape(Shape):
    """A stretch of two texts: kept and removed ones make the first, kept and added ones the second."""

    kind: Literal["kept", "removed", "added"]
    text: str


class DifferenceShape(Shape):
    """How two texts differ."""

    title: list[PieceShape]
    text: list[PieceShape]
    added_count: int
    removed_count: int

    @classmethod
    def of(cls, change: Difference) -> "DifferenceShape":
        """Write a difference."""
        counts = {"added_count": change.added_count, "removed_count": change.removed_count}
        return cls(title=_written(change.title), text=_written(change.text), **counts)


class StepShape(Shape):
    """A station of an article's way."""

    stage: Stage
    passed: Passed
    at: datetime | None
    says: str


def article_routes(sources: Sources) -> APIRouter:
    """Make the routes of articles."""
    router = APIRouter(tags=["articles"])

    @router.get("/articles/{article_id}", summary="Show an article with its newest text")
    async def article(article_id: Id) -> ArticleDetail:
        facts, trace = await sources.database.look(_look_at, article_id)
        return ArticleDetail.whole(facts, trace)

    @router.get("/articles/{article_id}/revisions", summary="List the texts an article had, the first one first")
    async def texts(article_id: Id) -> Page[RevisionShape]:
        found = await sources.database.look(revisions.all_of, article_id)
        return Page(items=[RevisionShape.model_validate(one) for one in found])

    @router.get("/articles/{article_id}/revisions/{number}/difference", summary="Show what an edit changed")
    async def edit(article_id: Id, number: Number) -> DifferenceShape:
        _, before, after = await sources.database.look(look_at_revision, article_id, number)
        return DifferenceShape.of(difference((before.title, before.text), (after.title, after.text)))

    @router.get("/articles/{article_id}/beside/{other_id}", summary="Show how two articles differ")
    async def beside(article_id: Id, other_id: Id) -> DifferenceShape:
        one, other = (each.article for each in await sources.database.look(look_at_two, article_id, other_id))
        return DifferenceShape.of(difference((one.title, one.text), (other.title, other.text)))

    @router.get("/articles/{article_id}/way", summary="Show the way of an article, station by station")
    async def way(article_id: Id) -> Page[StepShape]:
        trace = await sources.database.look(trace_of, article_id)
        return Page(items=[StepShape.model_validate(step) for step in trace.steps])

    return router


def _look_at(tx: Connection, article_id: int) -> tuple[ArticleFacts, Trace]:
    return look_at_article(tx, article_id), trace_of(tx, article_id)


def _written(found: list[Piece]) -> list[PieceShape]:
    return [PieceShape(kind=piece.kind.value, text=piece.text) for piece in found]
