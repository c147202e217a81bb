"""The page of users, for admins: who may sign in and as what, with the buttons beside each.

In: requests. Out: the page; after a new password, the page that shows it this once. Hides FastAPI's routing. Trap: a
made password is in one answer to a POST and nowhere else, so that answer is no redirect and must not be cached.
"""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.door import visitor_of
from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.user_changes import UserChanges, UserVerb
from pipeline.errors import NotFound, Unusable
from pipeline.model import Role, User
from pipeline.store import users

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


def user_routes(sources: Sources, framing: Framing, changes: UserChanges) -> APIRouter:
    """Make the routes of the users' page."""
    router = APIRouter(default_response_class=HTMLResponse)
    page = _UserPage(sources, framing, by_settings=changes.by_settings)

    @reading(router, "/users")
    async def all_users(request: Request) -> HTMLResponse:
        return await page.shown(request)

    @router.post("/users/add")
    async def add(request: Request) -> Response:
        form = await framing.read_change(request)
        try:
            made = await changes.add(form.get("name", ""), _role(form.get("role", "")))
        except Unusable as error:
            return await page.shown(request, str(error))
        return await page.shown(request, made=made)

    @router.post("/users/{user_id}/password")
    async def reset(request: Request, user_id: Id) -> Response:
        await framing.read_change(request)
        return await page.shown(request, made=await changes.reset(user_id))

    @router.post("/users/{user_id}/role")
    async def change_role(request: Request, user_id: Id) -> Response:
        word = (await framing.read_change(request)).get("role", "")
        return await page.after(request, _set_role(changes, user_id, word))

    @router.post("/users/{user_id}/{verb}")
    async def change(request: Request, user_id: Id, verb: UserVerb) -> Response:
        await framing.read_change(request)
        return await page.after(request, changes.do(user_id, verb))

    return router


class _UserPage:
    """Shows the page, with what was wrong with a change."""

    def __init__(self, sources: Sources, framing: Framing, *, by_settings: bool) -> None:
        self._sources = sources
        self._framing = framing
        self._by_settings = by_settings

    async def shown(self, request: Request, problem: str = "", made: tuple[User, str] | None = None) -> HTMLResponse:
        found = await self._sources.database.look(users.list_all)
        facts = {
            "frame": self._framing.of(request, "users"),
            "now": self._sources.clock(),
            "users": found,
            "roles": list(Role),
            "own_id": visitor_of(request).id,
            "has_login": self._by_settings or bool(found),
            "problem": problem,
            "made": made,
        }
        return render("users.html", facts, status=400 if problem else 200)

    async def after(self, request: Request, change: Awaitable[User]) -> Response:
        """Make a change and show the page afresh, or what is wrong with it."""
        try:
            await change
        except NotFound:
            raise
        except Unusable as error:
            return await self.shown(request, str(error))
        return RedirectResponse("/users", status_code=303)


async def _set_role(changes: UserChanges, user_id: int, word: str) -> User:
    return await changes.set_role(user_id, _role(word))


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError as error:
        raise Unusable("a role is reader, editor or admin") from error
