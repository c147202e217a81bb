"""The page of one's own: who one is, another password, the end of all sessions.

In: requests. Out: the page, or a fresh session after a change. Hides FastAPI's routing. Trap: the old password is
asked for once more and counts for the throttle, or an open browser would be enough to take a user over.
"""

from collections.abc import Mapping

import structlog
from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.door import SESSION_COOKIE, Keys, visit_of, visitor_of
from dashboard.frame import Framing
from dashboard.login import welcome
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.words import span
from pipeline.errors import Unusable
from pipeline.model import User
from pipeline.passwords import LEAST_LENGTH, check_password
from pipeline.store import users

log = structlog.get_logger()


def account_routes(sources: Sources, framing: Framing, keys: Keys) -> APIRouter:
    """Make the routes of the visitor's own page."""
    router = APIRouter(default_response_class=HTMLResponse)

    async def mine(request: Request) -> User:
        number = visitor_of(request).id
        if number is None:
            raise HTTPException(404)
        return await sources.database.look(users.get, number)

    def shown(request: Request, user: User, problem: str = "", status: int = 200) -> HTMLResponse:
        facts = {"user": user, "problem": problem, "least_length": LEAST_LENGTH, "now": sources.clock()}
        facts["is_changed"] = "changed" in request.query_params
        return render("account.html", {"frame": framing.of(request, "account"), **facts}, status=status)

    @reading(router, "/account")
    async def account(request: Request) -> HTMLResponse:
        return shown(request, await mine(request))

    @router.post("/account/password")
    async def change(request: Request) -> Response:
        form, user = await framing.read_change(request), await mine(request)
        try:
            await _check_change(keys, visit_of(request).peer, user, form)
        except Unusable as error:
            return shown(request, user, str(error), status=400)
        new_hash = await keys.accounts.hashed(form["new"])
        await sources.database.run(users.set_password, user.id, new_hash)
        log.info("password_changed", user_id=user.id)
        return welcome(request, keys, await mine(request), "/account?changed")

    @router.post("/account/sessions")
    async def leave_everywhere(request: Request) -> Response:
        await framing.read_change(request)
        user = await mine(request)
        await sources.database.run(users.end_sessions, user.id)
        log.info("sessions_ended", user_id=user.id)
        leaving = RedirectResponse("/login", status_code=303)
        leaving.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=keys.settings.https)
        return leaving

    return router


async def _check_change(keys: Keys, peer: str, user: User, form: Mapping[str, str]) -> None:
    """Raise Unusable, for people to read, unless a new password may take the place of the old one."""
    new = form.get("new", "")
    if new != form.get("again", ""):
        raise Unusable("The two new passwords are not the same.")
    check_password(new, user.name)
    now = keys.clock()
    wait_seconds = keys.throttle.wait_seconds(peer, now)
    if wait_seconds > 0:
        raise Unusable(f"Too many wrong passwords. Try again in {span(wait_seconds + 1)}.")
    keys.throttle.note_failure(peer, now)
    if not await keys.accounts.is_password_of(user, form.get("old", "")):
        raise Unusable("The present password is another one.")
    keys.throttle.note_success(peer)
