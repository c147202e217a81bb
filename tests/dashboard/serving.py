"""A dashboard on a real socket for tests, and a plain client for it."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from starlette.types import ASGIApp

from dashboard.serving import bind, serve_on


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]  #: names in lower case
    cookies: dict[str, str]  #: name -> the whole Set-Cookie value
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    """A running dashboard."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, *, method: str = "GET", body: str = "", **headers: str) -> Answer:
        """Ask once; underscores in header names stand for hyphens, a `host` replaces the usual one."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            connection.request(method, path, body.encode() or None, named)
            response = connection.getresponse()
            cookies = {value.partition("=")[0]: value for value in response.msg.get_all("set-cookie", [])}
            lower = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, lower, cookies, response.read().decode())
        finally:
            connection.close()

    def page(self, path: str, **headers: str) -> Answer:
        """Ask as a browser that opens a page."""
        return self.ask(path, accept="text/html,*/*", **headers)

    def post(self, path: str, body: str = "", **headers: str) -> Answer:
        """Ask as a script of our own page."""
        sent = {"origin": self.origin, "content_type": "application/x-www-form-urlencoded", **headers}
        return self.ask(path, method="POST", body=body, **sent)


@contextmanager
def serving(app: ASGIApp) -> Iterator[Site]:
    """Serve `app` on a free port of loopback, in a thread with its own event loop."""
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve_on(app, listener, stop)))
    thread.start()
    try:
        yield Site(port)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(90)
        loop.close()
        assert not thread.is_alive(), "the dashboard did not stop"


async def call(app: ASGIApp, path: str, *, method: str = "GET", peer: str = "203.0.113.9", **headers: str) -> Answer:
    """Ask the application itself, as if from `peer`: loopback has no other addresses to come from."""
    sent: list[Any] = []
    asked: list[bool] = []
    named = {"host": "127.0.0.1:8420", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "client": (peer, 40000),
        "server": ("127.0.0.1", 8420),
        "state": {},
    }

    async def receive() -> Any:
        if not asked:
            asked.append(True)
            return {"type": "http.request", "body": b"", "more_body": False}
        return await asyncio.Event().wait()  # a visitor that stays

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    lower = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], lower, {}, body.decode())
