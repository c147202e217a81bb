"""Alerts and deliveries for programs.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: sending a parked delivery again keeps its id, so a
receiver that had it can tell.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException

from dashboard.api.shapes import AlertShape, DeliveryShape, Page, page_of
from dashboard.sources import Sources
from pipeline.model import DeliveryState
from pipeline.store import alerts, deliveries

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Only those with a smaller number")]


def alert_routes(sources: Sources) -> APIRouter:
    """Make the routes of alerts and deliveries."""
    router = APIRouter(tags=["alerts"])

    @router.get("/alerts", summary="List alerts, the newest first")
    async def newest(cursor: Before = None, limit: Limit = 50) -> Page[AlertShape]:
        found = await sources.database.look(alerts.before, cursor, limit + 1)
        return page_of([AlertShape.of(one) for one in found], limit, lambda one: str(one.id))

    @router.get("/deliveries", summary="List the newest deliveries")
    async def newest_deliveries(state: DeliveryState | None = None, limit: Limit = 50) -> Page[DeliveryShape]:
        found = await sources.database.look(deliveries.recent, limit, state)
        return Page(items=[DeliveryShape.model_validate(one) for one in found])

    @router.post("/deliveries/{delivery_id}/replay", summary="Send a parked delivery again")
    async def replay(delivery_id: Id) -> DeliveryShape:
        if not await sources.database.run(deliveries.replay, delivery_id, sources.clock()):
            await sources.database.look(deliveries.get, delivery_id)
            raise HTTPException(409, "This delivery is not parked")
        return DeliveryShape.model_validate(await sources.database.look(deliveries.get, delivery_id))

    return router
