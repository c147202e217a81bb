"""The headers that every answer carries.

In: an ASGI application. Out: the same one, its answers with content policy, no sniffing, no referrer.
Hides nothing; plain ASGI. Trap: it must stand outside Starlette's own error layer, or a 500 goes out bare
(`dashboard.app.Dashboard` sees to that).
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Nothing may load but our own files; nothing may frame the pages; forms go nowhere else.
STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

#: Of whatever is no page: texts, JSON, feeds and files run nothing even if a browser can be made to show them (S32).
SANDBOX_POLICY = f"{STRICT_POLICY}; sandbox"

STEADY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def caching(path: str) -> str:
    """Choose the Cache-Control of `path`: our files are asked for again by ETag, all else is never kept."""
    return "no-cache" if path.startswith("/static/") else "no-store"


def policy(content_type: str) -> str:
    """Choose the content policy of an answer: what is no page of ours is shut in a sandbox."""
    return STRICT_POLICY if content_type.startswith("text/html") else SANDBOX_POLICY


class SecurityHeaders:
    """Add the headers to each answer that does not bring its own (only the queue pages bring a policy)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; anything but HTTP passes untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in STEADY.items():
                    headers.setdefault(name, value)
                fitting = policy(headers.get("Content-Type", ""))
                headers.setdefault("Content-Security-Policy", fitting)
                headers.setdefault("Cache-Control", caching(scope["path"]))
            await send(message)

        await self._app(scope, receive, send_guarded)
