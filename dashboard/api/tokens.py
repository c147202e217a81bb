"""Tokens for programs, for an admin's token alone.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: the answer to POST is the only time that a token is shown; and
it belongs to the user who asks, or a demoted admin would keep the operator's rights by a token made before.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from dashboard.api.shapes import MadeToken, NewToken, Page, TokenShape
from dashboard.door import visitor_of
from dashboard.sources import Sources
from pipeline.store import tokens


def token_routes(sources: Sources) -> APIRouter:
    """Make the routes of tokens."""
    router = APIRouter(tags=["tokens"])

    @router.get("/tokens", summary="List the tokens given out")
    async def all_tokens() -> Page[TokenShape]:
        found = await sources.database.look(tokens.list_all)
        return Page(items=[TokenShape.model_validate(one) for one in found])

    @router.post("/tokens", summary="Make a token", status_code=201)
    async def make(request: Request, new: NewToken) -> MadeToken:
        owner_id = visitor_of(request).id
        made, text = await sources.database.run(tokens.make, new.name, new.scope, sources.clock(), owner_id)
        return MadeToken(**TokenShape.model_validate(made).model_dump(), token=text)

    @router.delete("/tokens/{name:path}", summary="Take a token back", status_code=204)
    async def revoke(name: Annotated[str, Path(max_length=100)]) -> Response:
        await sources.database.run(tokens.revoke, name)
        return Response(status_code=204)

    return router
