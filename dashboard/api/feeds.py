"""Feeds for programs.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: whatever is asked, a host is polled no sooner than
politeness allows; `refresh` only says that nobody needs to wait longer.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from dashboard.api.shapes import FeedShape, NewFeed, Page
from dashboard.feed_finding import Looking
from dashboard.sources import Sources
from pipeline.store import feeds
from workers.feed_search import Wanted

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]


def feed_routes(sources: Sources, looking: Looking) -> APIRouter:
    """Make the routes of feeds; no more may be added than the quota says (S35)."""
    router = APIRouter(tags=["feeds"])

    async def shown(feed_id: int) -> FeedShape:
        return FeedShape.of(await sources.database.look(feeds.get, feed_id))

    @router.get("/feeds", summary="List all feeds")
    async def all_feeds() -> Page[FeedShape]:
        return Page(items=[FeedShape.of(one) for one in await sources.database.look(feeds.list_all)])

    @router.post("/feeds", summary="Watch a feed; one that is there already is given back", status_code=201)
    async def add(new: NewFeed) -> FeedShape:
        return await shown(await looking.add(new.url, Wanted(**new.model_dump(exclude={"url"}))))

    @router.get("/feeds/{feed_id:int}", summary="Show a feed")
    async def one(feed_id: Id) -> FeedShape:
        return await shown(feed_id)

    @router.delete("/feeds/{feed_id:int}", summary="Stop watching a feed; its articles stay", status_code=204)
    async def remove(feed_id: Id) -> Response:
        await sources.database.run(feeds.remove, feed_id)
        return Response(status_code=204)

    @router.post("/feeds/{feed_id:int}/pause", summary="Do not poll a feed until it is resumed")
    async def pause(feed_id: Id) -> FeedShape:
        await sources.database.run(feeds.pause, feed_id)
        return await shown(feed_id)

    @router.post("/feeds/{feed_id:int}/resume", summary="Poll a paused or gone feed again")
    async def resume(feed_id: Id) -> FeedShape:
        await sources.database.run(feeds.resume, feed_id, sources.clock())
        return await shown(feed_id)

    return router
