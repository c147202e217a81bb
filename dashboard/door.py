"""The door: every request passes it, whatever stands behind, the queue pages and the static files too.

In: an ASGI request. Out: the application's answer, or a refusal in the layout of all pages.
Hides the reading of headers and cookies. Trap: the rules themselves are in `dashboard.rules`; here is only
the carrying out, so that no route can be forgotten.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from typing import cast
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from config.settings import WebSettings
from dashboard.accounts import Accounts, Standing
from dashboard.bearer import NO_TOKEN, Bearers, Bearing, Claim
from dashboard.faults import fault_of_status, fault_page, wants_html
from dashboard.may import OPERATOR, Deed, Visitor
from dashboard.rules import Verdict, Visit, decide, host_name, is_for_anybody, takes_token
from dashboard.sessions import FormTokens, Session, Sessions
from dashboard.throttle import Throttle
from pipeline.errors import Unavailable
from pipeline.model import Scope as TokenScope

SESSION_COOKIE = "storywatch_session"
VISIT_COOKIE = "storywatch_visit"
FORWARDING_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Keys:
    """What the door and the login page share."""

    settings: WebSettings
    clock: Clock
    accounts: Accounts
    sessions: Sessions = field(default_factory=Sessions)
    tokens: FormTokens = field(default_factory=FormTokens)
    throttle: Throttle = field(default_factory=Throttle)
    bearer_throttle: Throttle = field(default_factory=Throttle)  #: its own, or wrong tokens would lock the login

    @property
    def host_names(self) -> frozenset[str]:
        """Give the names we answer to besides localhost and plain addresses."""
        named = (self.settings.host, *self.settings.hosts, urlsplit(self.settings.public_url).netloc)
        return frozenset(host_name(name) for name in named if name)


def cookie(headers: Headers, name: str) -> str:
    """Read one cookie; empty if it is absent or the header cannot be read."""
    jar = SimpleCookie()
    for part in headers.get("cookie", "").split(";"):
        if part.strip().startswith(f"{name}="):
            jar.load(part.strip())
    return jar[name].value if name in jar else ""


def read_visit(scope: Scope, standing: Standing, bearing: Bearing = NO_TOKEN) -> Visit:
    """Gather the facts that the rules ask for."""
    headers = Headers(scope=scope)
    peer = scope.get("client")
    return Visit(
        method=scope["method"],
        path=scope["path"],
        host=headers.get("host", ""),
        peer=peer[0] if peer else "",
        forwarded=any(name in headers for name in FORWARDING_HEADERS),
        origin=headers.get("origin"),
        fetch_site=headers.get("sec-fetch-site"),
        has_login=standing.has_login,
        visitor=None if standing.user is None else Visitor.of(standing.user),
        bearing=bearing,
        asked_names=frozenset(name.lower() for name in QueryParams(scope["query_string"])),
    )


def visit_of(request: Request) -> Visit:
    """Give the facts the door gathered about a request that it let in."""
    return cast("Visit", request.state.visit)


def visitor_of(request: Request) -> Visitor:
    """Give who asks; raises 401 on pages that are open to strangers, where nobody is known."""
    visit = visit_of(request)
    known = visit.visitor or visit.bearing.visitor
    if known is None and visit.has_login:
        raise HTTPException(401)
    return known or OPERATOR


def is_admin(request: Request) -> bool:
    """Tell whether an admin asks, and if with a token, with one of that scope: for what only admins are shown."""
    scope = visit_of(request).bearing.scope
    return visitor_of(request).may(Deed.OPERATE) and scope in {None, TokenScope.ADMIN}


class Door:
    """Let in, refuse, or show the way to the login page."""

    def __init__(self, app: ASGIApp, keys: Keys, check: Bearers) -> None:
        self._app = app
        self._keys = keys
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; there are no websockets here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._pass(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        bearing = await self._bearing(scope)
        if isinstance(bearing, Response):
            await bearing(scope, receive, send)
            return
        session = self._session(scope)
        asks_nobody = is_for_anybody(scope["path"])
        standing = Standing(has_login=True) if asks_nobody else await self._keys.accounts.standing(session)
        visit = read_visit(scope, standing, bearing)
        verdict = decide(visit, self._keys.host_names)
        if verdict is Verdict.ENTER:
            scope.setdefault("state", {}).update(visit=visit)
            await self._app(scope, receive, send)
        elif verdict is Verdict.SIGN_IN and standing.is_guess:
            answer = fault_of_status(503, html=wants_html(Headers(scope=scope)), headers={"Retry-After": "5"})
            await answer(scope, receive, send)
        else:
            await refusal(verdict, visit, scope)(scope, receive, send)

    def _session(self, scope: Scope) -> Session | None:
        """Find the session that a request's cookie opens."""
        return self._keys.sessions.find(cookie(Headers(scope=scope), SESSION_COOKIE), self._keys.clock())

    async def _bearing(self, scope: Scope) -> Bearing | Response:
        """Check the token of a request for the API; an answer if it cannot be checked."""
        if not takes_token(scope["path"]):
            return NO_TOKEN
        now, peer = self._keys.clock(), scope["client"][0] if scope.get("client") else ""
        headers = Headers(scope=scope)
        try:
            bearing = await self._check(headers, now)
        except Unavailable:
            return fault_of_status(503, html=False, headers={"Retry-After": "5"})
        if bearing.claim is not Claim.WRONG:
            return bearing
        wait_seconds = self._keys.bearer_throttle.wait_seconds(peer, now)
        if wait_seconds > 0:
            return too_many_guesses(wait_seconds)
        self._keys.bearer_throttle.note_failure(peer, now)
        return bearing


def too_many_guesses(wait_seconds: float) -> Response:
    """Answer whoever keeps sending wrong tokens; a right one is heard all the same, as nobody can guess 256 bits."""
    text = "Too many wrong tokens came from this address. Wait, and check the token."
    headers = {"Retry-After": retry_after(wait_seconds)}
    return fault_page(429, "Too many wrong tokens", text, html=False, headers=headers)


def refusal(verdict: Verdict, visit: Visit, scope: Scope) -> Response:
    """Answer whoever may not enter: pages are led to the login, everything else gets a plain status."""
    html = wants_html(Headers(scope=scope))
    if verdict is Verdict.SIGN_IN:
        if html and visit.method == "GET":
            return RedirectResponse(f"/login?next={quote(_wanted(scope), safe='')}", status_code=303)
        return fault_page(401, "Sign in first", "This needs a session.", html=html)
    status, title, text = REFUSALS[verdict]
    return fault_page(status, title, text, html=html)


REFUSALS = {
    Verdict.WRONG_BEARER: (
        401,
        "No such token",
        "The Authorization header needs 'Bearer' and a token that `storywatch tokens list` shows as given out.",
    ),
    Verdict.BEARER_IN_ADDRESS: (
        400,
        "A token in the address",
        "Addresses end up in logs. Send the token in the Authorization header, and revoke this one.",
    ),
    Verdict.BEYOND_SCOPE: (
        403,
        "More than this token may do",
        "Make a token with a wider scope: `storywatch tokens add NAME --scope write`.",
    ),
    Verdict.BEYOND_ROLE: (
        403,
        "Not for your role",
        "Your user may look, but not do this. Ask an admin, who can give you another role on the page of users.",
    ),
    Verdict.WRONG_HOST: (
        421,
        "Not a name of this dashboard",
        "If you reach it under this name on purpose, add the name to web.hosts in the settings.",
    ),
    Verdict.AWAY: (
        403,
        "Only from this machine",
        (
            "There is neither a user nor a password, so the dashboard answers only to the machine it runs on and to "
            "no proxy. Set web.password or make a user to reach it from elsewhere: storywatch users add NAME."
        ),
    ),
    Verdict.FOREIGN: (
        403,
        "Sent by another page",
        "This request changes something and did not come from a page of this dashboard. Nothing was done.",
    ),
}


def _wanted(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def retry_after(wait_seconds: float) -> str:
    """Write a wait as a Retry-After header: whole seconds, rounded up."""
    return str(max(1, math.ceil(wait_seconds)))
