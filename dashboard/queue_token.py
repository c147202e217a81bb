"""The form token of rq-dashboard's pages: none of their buttons counts without it (S11).

In: an ASGI request for a page below `/rq`. Out: the page with the token as a cookie, or 403. Hides how rq-dashboard
takes a token: its script sends the cookie `_csrf_token` back in the header `X-CSRFToken`. Trap: the cookie that comes
with a request proves nothing, since browsers send it along from anywhere; only the header counts, which another site
can neither read nor set.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.door import SESSION_COOKIE, cookie
from dashboard.faults import fault_of_status, wants_html
from dashboard.may import SAFE_METHODS
from dashboard.sessions import FormTokens

GIVEN_COOKIE = "_csrf_token"
GIVEN_HEADER = "X-CSRFToken"
#: Stands for the session where nobody has to sign in; the key of the tokens makes it no less secret.
NO_SESSION = "nobody has to sign in"


class Tokened:
    """An application whose unsafe requests need the token that its pages were given."""

    def __init__(self, app: ASGIApp, tokens: FormTokens, *, https: bool) -> None:
        self._app = app
        self._tokens = tokens
        self._ends = f"; Path=/rq; SameSite=Strict{'; Secure' if https else ''}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 403."""
        headers = Headers(scope=scope)
        holder = cookie(headers, SESSION_COOKIE) or NO_SESSION
        if scope["method"] not in SAFE_METHODS and not self._tokens.fits(headers.get(GIVEN_HEADER, ""), holder):
            await fault_of_status(403, html=wants_html(headers))(scope, receive, send)
            return

        async def send_with_token(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] == "GET":
                given = f"{GIVEN_COOKIE}={self._tokens.make(holder)}{self._ends}"
                MutableHeaders(scope=message).append("Set-Cookie", given)
            await send(message)

        await self._app(scope, receive, send_with_token)
