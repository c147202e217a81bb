"""The form that gives a subscription to another user.

In: a form of an admin. Out: a redirect to the subscription, with what was wrong. Hides FastAPI's routing. Trap: it must
come before the routes of other buttons, which take any word after a subscription's number.
"""

from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from dashboard.door import visitor_of
from dashboard.frame import Framing
from dashboard.sources import Sources
from dashboard.subscriptions.giving import give
from pipeline.errors import Unusable

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]

log = structlog.get_logger()


def give_routes(sources: Sources, framing: Framing, most: int) -> APIRouter:
    """Make the route; no user is given more than `most`."""
    router = APIRouter()

    @router.post("/subscriptions/{subscription_id}/give")
    async def hand_over(request: Request, subscription_id: Id) -> Response:
        owner = (await framing.read_change(request)).get("owner", "")
        here = f"/subscriptions/{subscription_id}"
        try:
            await sources.database.run(give, subscription_id, owner, visitor_of(request), most)
        except Unusable as error:
            return RedirectResponse(f"{here}?problem={quote(str(error))}", status_code=303)
        log.info("subscription_given", subscription_id=subscription_id, owner=owner)
        return RedirectResponse(here, status_code=303)

    return router
