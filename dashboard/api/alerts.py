"""Alerts and their delays for programs, and why somebody did or did not get something.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: `why` answers for a query as it stands now.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection

from dashboard.api.alert_shapes import AlertDetail, DelayShape, DelaysShape
from dashboard.api.shapes import AlertShape, Page, page_of
from dashboard.api.why_shapes import WhyShape
from dashboard.sources import Sources
from pipeline.errors import NotFound
from pipeline.store import alerts, delays, history, subscriptions
from pipeline.why import Why, find_why_of_any

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Before = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Only those with a smaller number")]
Of = Annotated[int | None, Query(ge=1, le=2**53 - 1, description="Only those of this subscription")]
Most = Annotated[int, Query(ge=1, le=10_000, description="Of so many last alerts")]


def alert_routes(sources: Sources) -> APIRouter:
    """Make the routes of alerts."""
    router = APIRouter(tags=["alerts"])
    database = sources.database

    @router.get("/alerts", summary="List alerts, the newest first")
    async def newest(cursor: Before = None, subscription_id: Of = None, limit: Limit = 50) -> Page[AlertShape]:
        found = await database.look(alerts.before, cursor, limit + 1, subscription_id)
        return page_of([AlertShape.of(one) for one in found], limit, lambda one: str(one.id))

    @router.get("/alerts/{alert_id}", summary="Show an alert with its updates and deliveries")
    async def one_alert(alert_id: Id) -> AlertDetail:
        told = await database.look(history.of_alert, alert_id)
        if told is None:
            raise NotFound(f"there is no alert {alert_id}")
        return AlertDetail.of(told)

    @router.get("/delays", summary="Show how long alerts took, by stage, subscription and host")
    async def measured(subscription_id: Of = None, last: Most = 1_000) -> DelaysShape:
        return await database.look(_delays, subscription_id, last)

    @router.get("/why", summary="Say why an article or story did or did not come to a subscription")
    async def why(
        asked: Annotated[
            str,
            Query(
                min_length=1,
                max_length=2000,
                description="The address or number of an article, or `story` and a number",
                examples=["https://example.org/article", "1234", "story 56"],
            ),
        ],
        subscription: Annotated[
            str, Query(min_length=1, max_length=200, description="Its name or number", examples=["Lock"])
        ],
    ) -> WhyShape:
        return WhyShape.of(await database.look(_why, asked, subscription, sources))

    return router


def _delays(tx: Connection, subscription_id: int | None, last: int) -> DelaysShape:
    found = delays.ways(tx, last) if subscription_id is None else delays.ways_of(tx, subscription_id, last)
    groups = {"stages": delays.by_stage, "subscriptions": delays.by_subscription, "hosts": delays.by_host}
    return DelaysShape(**{name: [DelayShape.model_validate(one) for one in by(found)] for name, by in groups.items()})


def _why(tx: Connection, asked: str, named: str, sources: Sources) -> Why:
    found = subscriptions.find(tx, named)
    if found is None:
        raise NotFound(f"no subscription is named or numbered {named!r}")
    return find_why_of_any(tx, asked, found, sources.clock())
