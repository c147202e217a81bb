"""The search for programs.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: the cursor is how many stories were given, so articles that
come meanwhile move what follows; who must miss nothing asks for a span of time that is over.
"""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from dashboard.api.shapes import Page, Shape
from dashboard.sources import Sources
from pipeline.searching import Search, StoryHits, search

Word = Annotated[str, Query(max_length=200)]
MOST_SKIPPED = 10_000


class HitShape(Shape):
    """An article that was found; `matched` are the words as they stand in it."""

    article_id: int
    title: str
    outlet: str
    language: str
    published_at: datetime | None
    passage: str
    matched: tuple[str, ...]


class StoryHitsShape(Shape):
    """A story with the newest of its articles that were found."""

    story_id: int
    title: str
    article_count: int
    outlet_count: int
    found_count: int
    hits: tuple[HitShape, ...]

    @classmethod
    def of(cls, one: StoryHits) -> "StoryHitsShape":
        """Write a story that was found."""
        return cls(
            story_id=one.story.id,
            title=one.story.title,
            article_count=one.story.article_count,
            outlet_count=one.story.outlet_count,
            found_count=one.found_count,
            hits=tuple(HitShape.model_validate(hit) for hit in one.hits),
        )


def search_api_routes(sources: Sources) -> APIRouter:
    """Make the route of the search."""
    router = APIRouter(tags=["stories"])

    @router.get("/search", summary="Search the archive with a query; a fault in it comes with its position")
    async def search_archive(
        q: Annotated[str, Query(min_length=1, max_length=4000)],
        days: Annotated[int, Query(ge=1, le=36_500)] = 30,
        language: Word = "",
        outlet: Word = "",
        folder: Word = "",
        subscription: Annotated[int | None, Query(ge=1, le=2**53 - 1)] = None,
        cursor: Annotated[int, Query(ge=0, le=MOST_SKIPPED)] = 0,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Page[StoryHitsShape]:
        since = sources.clock() - timedelta(days=days)
        asked = Search(q, since, language, outlet, folder, subscription)
        found = await sources.database.look(search, asked, cursor, limit)
        goes_on = cursor + limit < min(found.story_count, MOST_SKIPPED)
        items = [StoryHitsShape.of(one) for one in found.stories]
        return Page(items=items, next=str(cursor + limit) if goes_on else None)

    return router
