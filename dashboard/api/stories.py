"""Stories and articles for programs.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: a cursor is opaque to whoever gives it back, but it is
only the last story's place, so a made-up one leads somewhere harmless.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BeforeValidator
from sqlalchemy import Connection

from dashboard.api.shapes import AlertShape, ArticleShape, Page, StoryDetail, StoryShape
from dashboard.looking import look_at_article, look_at_story
from dashboard.sources import Sources
from pipeline.store import story_list
from pipeline.store.story_list import ListedStory, StoryFilter, StoryOrder, StoryPlace

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Word = Annotated[str, Query(max_length=200)]
Cursor = Annotated[str, Query(pattern=r"^([0-9]{1,16}~[0-9]{1,16})?$")]


def _written(value: object) -> object:
    """Refuse what pydantic would take for a count of seconds."""
    if isinstance(value, str) and "-" not in value[1:]:
        raise ValueError("write it as in 2026-03-01T12:00:00Z")
    return value


Since = Annotated[AwareDatetime, BeforeValidator(_written)]


def story_routes(sources: Sources) -> APIRouter:
    """Make the routes of stories and articles."""
    router = APIRouter(tags=["stories"])

    @router.get("/stories", summary="List stories")
    async def stories(
        order: StoryOrder = StoryOrder.NEWEST,
        language: Word = "",
        outlet: Word = "",
        folder: Word = "",
        subscription: Annotated[int | None, Query(ge=1, le=2**53 - 1)] = None,
        since: Since | None = None,
        cursor: Cursor = "",
        limit: Limit = 50,
    ) -> Page[StoryShape]:
        wanted = StoryFilter(language, outlet, folder, subscription, since)
        return await sources.database.look(_list, order, wanted, sources.clock(), _place(cursor), limit)

    @router.get("/stories/{story_id}", summary="Show a story with its articles and alerts")
    async def story(story_id: Id) -> StoryDetail:
        facts = await sources.database.look(look_at_story, story_id)
        articles = [
            ArticleShape.of(stored, facts.groupings.get(stored.id), with_text=False) for stored in facts.articles
        ]
        alerts = [AlertShape.of(one.alert) for one in facts.alerts]
        told = StoryDetail.model_fields.keys() - {"articles", "alerts"}
        return StoryDetail(**{name: getattr(facts.story, name) for name in told}, articles=articles, alerts=alerts)

    @router.get("/articles/{article_id}", summary="Show an article with its text")
    async def article(article_id: Id) -> ArticleShape:
        facts = await sources.database.look(look_at_article, article_id)
        return ArticleShape.of(facts.stored, facts.grouping, with_text=True)

    return router


def _list(
    tx: Connection, order: StoryOrder, wanted: StoryFilter, now: datetime, after: StoryPlace | None, limit: int
) -> Page[StoryShape]:
    if order is StoryOrder.GROWING:
        found = story_list.growing(tx, wanted, now, limit)
        return Page(items=[StoryShape.of(one) for one in found])
    found = story_list.newest(tx, wanted, now, after, limit + 1)
    shown = [StoryShape.of(one) for one in found[:limit]]
    return Page(items=shown, next=_cursor(found[limit - 1]) if len(found) > limit else None)


def _cursor(one: ListedStory) -> str:
    return f"{(one.place.changed_at - EPOCH) // MICROSECOND}~{one.place.story_id}"


def _place(cursor: str) -> StoryPlace | None:
    """Read a cursor, whose form the route has checked."""
    if not cursor:
        return None
    at, _, number = cursor.partition("~")
    return StoryPlace(EPOCH + int(at) * MICROSECOND, int(number))
