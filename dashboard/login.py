"""Signing in and out.

In: the login form. Out: a session cookie, or the form again with what was wrong. Hides the form's encoding.
Trap: the form is read by hand with tight limits, so no upload parser is needed before anybody is trusted.
"""

import asyncio
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import structlog
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from dashboard.door import SESSION_COOKIE, VISIT_COOKIE, Keys, cookie, retry_after, visit_of
from dashboard.faults import fault_page
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sessions import LONGEST
from dashboard.words import span
from pipeline.model import User

FORM_BYTES = 8192
FORM_SECONDS = 10.0
FIELD_LIMIT = 8

log = structlog.get_logger()


def login_routes(keys: Keys) -> APIRouter:
    """Make the routes of the login page."""
    router = APIRouter()

    @reading(router, "/login")
    async def show(request: Request) -> Response:
        if visit_of(request).visitor or not visit_of(request).has_login:
            return RedirectResponse(local_target(request.query_params.get("next", "")), status_code=303)
        return _form(request, keys, request.query_params)

    @router.post("/login")
    async def sign_in(request: Request) -> Response:
        return await _sign_in(request, keys)

    @router.post("/logout")
    async def sign_out(request: Request) -> Response:
        token = cookie(request.headers, SESSION_COOKIE)
        form = await read_form(request)
        has_login = visit_of(request).has_login
        if has_login and not keys.tokens.fits(form.get("token", ""), token):
            return _stale_form()
        keys.sessions.close(token)
        leaving = RedirectResponse("/login" if has_login else "/", status_code=303)
        leaving.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=keys.settings.https)
        return leaving

    return router


def local_target(target: str) -> str:
    """Give the page to go to after the login: a path of ours, else the first page (no open redirect)."""
    plain = target.startswith("/") and not target.startswith("//") and target.isprintable() and "\\" not in target
    return target if plain and not urlsplit(target).netloc else "/"


async def read_form(
    request: Request, *, most_bytes: int = FORM_BYTES, most_fields: int = FIELD_LIMIT
) -> Mapping[str, str]:
    """Read a small URL-encoded form; what is too large, too slow or malformed counts as empty."""
    try:
        async with asyncio.timeout(FORM_SECONDS):
            body = await _read_small(request, most_bytes)
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=most_fields))
    except (ValueError, TimeoutError, ClientDisconnect):
        return {}


async def _read_small(request: Request, most_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise ValueError("the form is too large")
    return bytes(body)


async def _sign_in(request: Request, keys: Keys) -> Response:
    now, peer = keys.clock(), visit_of(request).peer
    form = await read_form(request)
    target = form.get("next", "")
    if not visit_of(request).has_login:
        return RedirectResponse("/", status_code=303)
    if not keys.tokens.fits(form.get("token", ""), cookie(request.headers, VISIT_COOKIE)):
        return _stale_form()
    wait_seconds = keys.throttle.wait_seconds(peer, now)
    if wait_seconds > 0:
        text = f"Too many wrong passwords. Try again in {span(wait_seconds + 1)}."
        return _form(request, keys, form, problem=text, status=429, wait_seconds=wait_seconds)
    keys.throttle.note_failure(peer, now)  # before the hash is made, so that guesses sent together count as well
    user = await keys.accounts.sign_in(form.get("name", ""), form.get("password", ""), now)
    if user is None:
        log.warning("login_refused", peer=peer)
        return _form(request, keys, form, problem="That is not the name and the password of a user.", status=401)
    keys.throttle.note_success(peer)
    log.info("login", peer=peer, user_id=user.id)
    return welcome(request, keys, user, local_target(target))


def welcome(request: Request, keys: Keys, user: User, target: str) -> Response:
    """Open a fresh session; whatever token the visitor brought along ends here (no fixation)."""
    keys.sessions.close(cookie(request.headers, SESSION_COOKIE))
    entering = RedirectResponse(target, status_code=303)
    entering.set_cookie(
        SESSION_COOKIE,
        keys.sessions.open(user.id, user.session_number, keys.clock()),
        max_age=int(LONGEST.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=keys.settings.https,
    )
    return entering


def _form(
    request: Request,
    keys: Keys,
    given: Mapping[str, str],
    *,
    problem: str = "",
    status: int = 200,
    wait_seconds: float = 0,
) -> Response:
    visit = cookie(request.headers, VISIT_COOKIE) or secrets.token_urlsafe(16)
    headers = {"Retry-After": retry_after(wait_seconds)} if wait_seconds > 0 else None
    shown = {
        "token": keys.tokens.make(visit),
        "target": local_target(given.get("next", "")),
        "name": given.get("name", "")[:100],
        "problem": problem,
        "has_settings_password": keys.accounts.has_settings_password,
    }
    page = render("login.html", shown, status=status, headers=headers)
    page.set_cookie(VISIT_COOKIE, visit, path="/", httponly=True, samesite="lax", secure=keys.settings.https)
    return page


def _stale_form() -> Response:
    return fault_page(
        403, "That form was out of date", "Load the page again and repeat it. Nothing was done.", html=True
    )
