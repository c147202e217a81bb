"""Stories for programs, and the hand that mends them.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: a cursor is opaque to whoever gives it back, but it is
only the last story's place, so a made-up one leads somewhere harmless.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BeforeValidator, Field
from sqlalchemy import Connection

from dashboard.api.shapes import Number, Page, Shape, StoryShape
from dashboard.api.story_shapes import StoryDetail
from dashboard.sources import Sources
from dashboard.story_page import look_at_story_page
from pipeline import regroup
from pipeline.model import ActKind
from pipeline.store import merging, story_list
from pipeline.store import stories as stories_store
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


class ActShape(Shape):
    """Something that was done to stories; `undo` takes it back."""

    id: int
    kind: ActKind
    story_id: int
    other_story_id: int
    by_hand: bool
    why: str
    acted_at: datetime
    undone_at: datetime | None


class OtherStory(Shape):
    """The other of two stories."""

    other: Number


class TakenOut(Shape):
    """The articles to take out of a story."""

    articles: Annotated[list[Number], Field(min_length=1, max_length=1000)]


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

    @router.get("/stories/{story_id}", summary="Show a story: its articles and why each is there, outlets, alerts")
    async def story(story_id: Id) -> StoryDetail:
        return StoryDetail.of(await sources.database.look(look_at_story_page, story_id))

    @router.get("/stories/{story_id}/acts", summary="List what was done to a story, the oldest first")
    async def acts(story_id: Id) -> Page[ActShape]:
        found = await sources.database.look(lambda tx: merging.acts_of(tx, stories_store.get(tx, story_id).id))
        return Page(items=[ActShape.model_validate(one) for one in found])

    @router.post("/stories/{story_id}/merge", summary="Make one story of two; whoever was told is not told again")
    async def merge(story_id: Id, asked: OtherStory) -> ActShape:
        now = sources.clock()
        done = await sources.database.run(lambda tx: regroup.merge(tx, story_id, asked.other, "", now, by_hand=True))
        return ActShape.model_validate(done)

    @router.post("/stories/{story_id}/split", summary="Take articles out of a story into one of their own")
    async def split(story_id: Id, asked: TakenOut) -> ActShape:
        return ActShape.model_validate(
            await sources.database.run(regroup.split, story_id, asked.articles, sources.clock())
        )

    @router.post("/stories/{story_id}/apart", summary="Say that two stories are not the same")
    async def apart(story_id: Id, asked: OtherStory) -> ActShape:
        return ActShape.model_validate(
            await sources.database.run(regroup.apart, story_id, asked.other, sources.clock())
        )

    @router.post("/stories/acts/{act_id}/undo", summary="Take a merge, a split or an apart back")
    async def undo(act_id: Id) -> ActShape:
        return ActShape.model_validate(await sources.database.run(regroup.undo, act_id, sources.clock()))

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
