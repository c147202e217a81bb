"""The page of users, for admins: who may sign in and as what, with the buttons beside each.

In: requests. Out: the page; after a new password, the page that shows it this once. Hides FastAPI's routing. Trap: a
made password is in one answer to a POST and nowhere else, so that answer is no redirect and must not be cached.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.door import Keys, visitor_of
from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from pipeline.errors import NotFound, Unusable
from pipeline.model import Role, User
from pipeline.passwords import fresh_password
from pipeline.store import users

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]

log = structlog.get_logger()


class UserVerb(StrEnum):
    """What an admin can do to a user without more words."""

    DISABLE = "disable"
    ENABLE = "enable"
    SIGN_OUT = "sign-out"


CHANGES: dict[UserVerb, Callable[[Connection, int], None]] = {
    UserVerb.DISABLE: lambda tx, user_id: users.set_disabled(tx, user_id, disabled=True),
    UserVerb.ENABLE: lambda tx, user_id: users.set_disabled(tx, user_id, disabled=False),
    UserVerb.SIGN_OUT: users.end_sessions,
}


def user_routes(sources: Sources, framing: Framing, keys: Keys) -> APIRouter:
    """Make the routes of the users' page."""
    router = APIRouter(default_response_class=HTMLResponse)
    page = _UserPage(sources, framing, keys)

    @reading(router, "/users")
    async def all_users(request: Request) -> HTMLResponse:
        return await page.shown(request)

    @router.post("/users/add")
    async def add(request: Request) -> Response:
        form = await framing.read_change(request)
        password = fresh_password()
        new_hash = await keys.accounts.hashed(password)
        wanted = form.get("name", ""), form.get("role", "")
        problem = await page.change(lambda tx: users.add(tx, wanted[0], _role(wanted[1]), new_hash, sources.clock()))
        if problem:
            return await page.shown(request, problem)
        made = await sources.database.look(users.get_by_name, wanted[0])
        log.info("user_added", user_id=made.id, role=made.role)
        return await page.shown(request, made=(made, password))

    @router.post("/users/{user_id}/password")
    async def reset(request: Request, user_id: Id) -> Response:
        await framing.read_change(request)
        user = await sources.database.look(users.get, user_id)
        password = fresh_password()
        await sources.database.run(users.set_password, user.id, await keys.accounts.hashed(password))
        log.info("password_reset", user_id=user.id)
        return await page.shown(request, made=(user, password))

    @router.post("/users/{user_id}/role")
    async def change_role(request: Request, user_id: Id) -> Response:
        role = (await framing.read_change(request)).get("role", "")
        problem = await page.change(lambda tx: users.set_role(tx, user_id, _role(role)))
        log.info("role_changed", user_id=user_id, role=role, problem=problem)
        return await page.after(request, problem)

    @router.post("/users/{user_id}/{verb}")
    async def change(request: Request, user_id: Id, verb: UserVerb) -> Response:
        await framing.read_change(request)
        problem = await page.change(lambda tx: CHANGES[verb](tx, user_id))
        log.info("user_changed", user_id=user_id, verb=verb, problem=problem)
        return await page.after(request, problem)

    return router


class _UserPage:
    """Shows the page, and makes changes that leave somebody who may administer."""

    def __init__(self, sources: Sources, framing: Framing, keys: Keys) -> None:
        self._sources = sources
        self._framing = framing
        self._by_settings = keys.accounts.has_settings_password

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

    async def after(self, request: Request, problem: str) -> Response:
        """Show what was wrong, or the page afresh."""
        return await self.shown(request, problem) if problem else RedirectResponse("/users", status_code=303)

    async def change(self, wanted: Callable[[Connection], object]) -> str:
        """Make a change and give nothing; or make none and give what is wrong with it."""
        try:
            await self._sources.database.run(_guarded, wanted, by_settings=self._by_settings)
        except NotFound:
            raise
        except Unusable as error:
            return str(error)
        return ""


def _guarded(tx: Connection, wanted: Callable[[Connection], object], *, by_settings: bool) -> None:
    wanted(tx)
    users.check_administered(tx, by_settings=by_settings)


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError as error:
        raise Unusable("a role is reader, editor or admin") from error
