"""The origin: every outlet on its own host name, one port, conditional requests answered properly.

In: a newsroom and where to listen. Out: a running aiohttp server. Hides aiohttp.web.
Trap: the host name of the request says which outlet is asked; with port 0 the port is known only once bound.
"""

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from http import HTTPStatus

from aiohttp import web

from demo.feeds import ENTRY_COUNT, Feeds
from demo.model import Outlet, Validator
from demo.newsroom import Newsroom
from demo.opml import newsroom_opml
from demo.pages import RELATED_COUNT, Pages, robots

CONSENT_COOKIE = "consent"
_FRONT_COUNT = 30


def utc_now() -> datetime:
    """Give the present instant."""
    return datetime.now(UTC)


class Origin:
    """Answers requests for the outlets of one newsroom."""

    def __init__(self, newsroom: Newsroom, port: int, clock: Callable[[], datetime]) -> None:
        self._newsroom = newsroom
        self._port = port
        self._clock = clock
        self._feeds = Feeds()
        self._pages = Pages()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer any GET or HEAD by host and path."""
        host = request.host.rsplit(":", 1)[0].lower()
        outlet = self._newsroom.outlets.get(host.removesuffix(".localhost"))
        if outlet is not None:
            return self._of_outlet(request, outlet)
        return self._of_plain_host(request)

    def _of_plain_host(self, request: web.Request) -> web.Response:
        if request.path == "/newsroom.opml":
            return web.Response(body=newsroom_opml(self._port), content_type="text/x-opml")
        if request.path != "/":
            return web.Response(status=HTTPStatus.NOT_FOUND, text="Not here.")
        count = self._newsroom.published_count(self._clock())
        return _html(self._pages.index(self._newsroom.outlets.values(), count, self._port))

    def _of_outlet(self, request: web.Request, outlet: Outlet) -> web.Response:
        now = self._clock()
        if request.path == outlet.feed_path:
            return self._feed(request, outlet, now)
        if request.path == "/":
            return _html(self._pages.front(outlet, self._newsroom.newest_of(outlet, now, _FRONT_COUNT)))
        if request.path == "/robots.txt":
            return web.Response(text=robots(outlet))
        if request.path == "/dossier":
            return _html(self._pages.dossier(outlet))
        return self._article(request, outlet, now)

    def _article(self, request: web.Request, outlet: Outlet, now: datetime) -> web.Response:
        slug = outlet.find_slug(request.path, request.query_string)
        piece = self._newsroom.find(outlet, slug, now) if slug else None
        if piece is None:
            return web.Response(status=HTTPStatus.NOT_FOUND, text="404 - page not found", content_type="text/html")
        if piece.walled and CONSENT_COOKIE not in request.cookies:
            return _consented(request.path) if "consent" in request.query else _html(self._pages.wall(outlet))
        others = self._newsroom.newest_of(outlet, now, RELATED_COUNT + 1)
        return _html(self._pages.article(outlet, piece, others, now, self._port))

    def _feed(self, request: web.Request, outlet: Outlet, now: datetime) -> web.Response:
        pieces = self._newsroom.newest_of(outlet, now, ENTRY_COUNT)
        body, media_type = self._feeds.write(outlet, pieces, self._port)
        response = web.Response(body=body, content_type=media_type, charset="utf-8")
        changed_at = pieces[0].published_at.replace(microsecond=0) if pieces else self._newsroom.start
        if Validator.ETAG in outlet.validators:
            response.etag = blake2b(body, digest_size=9).hexdigest()
        if Validator.LAST_MODIFIED in outlet.validators:
            response.last_modified = changed_at
        if not is_unchanged(request, response):
            return response
        unchanged = web.Response(status=HTTPStatus.NOT_MODIFIED)
        unchanged.etag, unchanged.last_modified = response.etag, response.last_modified
        return unchanged


def is_unchanged(request: web.Request, response: web.Response) -> bool:
    """Decide whether the asker holds what `response` would bring; If-None-Match rules alone (RFC 9110, 13.2.2)."""
    held = request.if_none_match
    if held is not None:
        return response.etag is not None and any(tag.value in {response.etag.value, "*"} for tag in held)
    since = request.if_modified_since
    return since is not None and response.last_modified is not None and response.last_modified <= since


async def serve(newsroom: Newsroom, host: str, port: int, clock: Callable[[], datetime] = utc_now) -> web.AppRunner:
    """Serve the newsroom until the runner's `cleanup()`; raises OSError if the port is taken. See `port_of`."""
    return await serve_on(newsroom, socket.create_server((host, port)), clock)


async def serve_on(
    newsroom: Newsroom, listener: socket.socket, clock: Callable[[], datetime] = utc_now
) -> web.AppRunner:
    """Serve the newsroom on a socket that listens already."""
    app = web.Application()
    app.router.add_get("/{path:.*}", Origin(newsroom, listener.getsockname()[1], clock).answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


def port_of(runner: web.AppRunner) -> int:
    """Give the port a running origin listens on."""
    port: int = runner.addresses[0][1]
    return port


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html")


def _consented(path: str) -> web.Response:
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})
    response.set_cookie(CONSENT_COOKIE, "yes")
    return response
