"""Deliveries for programs: where each stands, and dead letters sent again.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: sending a parked delivery again keeps its id, so a
receiver that had it can tell.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from dashboard.api.shapes import Changed, CrashShape, DeliveryDetail, DeliveryShape, Page, page_of
from dashboard.door import is_admin, visitor_of
from dashboard.may import Deed
from dashboard.queue_facts import crashes_of
from dashboard.sources import Sources
from dashboard.subscriptions.alert_pages import REPLAY_LIMIT, replay_own
from pipeline.model import DeliveryState
from pipeline.store import deliveries
from pipeline.store.crashes import Crash
from pipeline.store.deliveries import StoredDelivery

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Only those with a smaller number")]


def delivery_routes(sources: Sources) -> APIRouter:
    """Make the routes of deliveries."""
    router = APIRouter(tags=["alerts"])
    database = sources.database

    @router.get("/deliveries", summary="List deliveries, the newest first; parked ones are dead letters")
    async def newest_deliveries(
        state: DeliveryState | None = None, cursor: Before = None, limit: Limit = 50
    ) -> Page[DeliveryShape]:
        found = await database.look(deliveries.recent, limit + 1, state, cursor)
        return page_of([DeliveryShape.model_validate(one) for one in found], limit, lambda one: str(one.id))

    @router.get(
        "/deliveries/{delivery_id:int}", summary="Show a delivery, with the last crash if that is what parked it"
    )
    async def one(request: Request, delivery_id: Id) -> DeliveryDetail:
        found, crash = await database.look(_look_at, delivery_id)
        told = CrashShape.model_validate(crash) if crash and is_admin(request) else None
        return DeliveryDetail(delivery=DeliveryShape.model_validate(found), crash=told)

    @router.post("/deliveries/replay", summary="Send every parked delivery again, each with its id")
    async def replay_all(request: Request) -> Changed:
        if not visitor_of(request).may(Deed.OPERATE):
            raise HTTPException(403, "Only admins send everything again; name one delivery")
        return Changed(count=await database.run(deliveries.replay_parked, REPLAY_LIMIT, sources.clock()))

    @router.post("/deliveries/{delivery_id}/replay", summary="Send a parked delivery again, with its id")
    async def replay(request: Request, delivery_id: Id) -> DeliveryShape:
        if not await database.run(replay_own, delivery_id, visitor_of(request), sources.clock()):
            raise HTTPException(409, "This delivery is not parked")
        return DeliveryShape.model_validate(await database.look(deliveries.get, delivery_id))

    return router


def _look_at(tx: Connection, delivery_id: int) -> tuple[StoredDelivery, Crash | None]:
    found = deliveries.get(tx, delivery_id)
    return found, crashes_of(tx, [found]).get(found.channel)
