"""Serve an edition on loopback, and receive the alerts.

In: documents by address. Out: real HTTP on one port for every host name below `localhost`, and a `Notice` for each
POST. Hides aiohttp's server. Trap: runs in the caller's event loop; the processes that ask it are others.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any, Self

from aiohttp import web

from benchmarks.replay.edition import Edition
from pipeline.urls import canonical

HOOK_HOST = "receiver.localhost"


@dataclass(frozen=True, slots=True)
class Notice:
    """One alert as the receiver got it."""

    webhook_id: str
    is_signed: bool
    payload: dict[str, Any] = field(repr=False)

    @property
    def alert_id(self) -> str:
        """Give the alert's own id."""
        return str(self.payload["data"]["alert_id"])

    @property
    def subscription(self) -> str:
        """Give the subscription's name."""
        return str(self.payload["data"]["subscription"]["name"])

    @property
    def story_id(self) -> int:
        """Give the story."""
        return int(self.payload["data"]["story"]["id"])


@dataclass(slots=True)
class Origin:
    """The server; `async with Origin() as origin` starts it on a free port."""

    port: int = 0
    notices: list[Notice] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  #: addresses asked for, in order
    _key: bytes = field(default_factory=lambda: token_bytes(32))
    _documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _runner: web.ServerRunner | None = None

    @property
    def hook_url(self) -> str:
        """Where alerts are to be posted."""
        return f"http://{HOOK_HOST}:{self.port}/hook"

    @property
    def secret(self) -> str:
        """Give the signing secret of the webhook."""
        return f"whsec_{base64.b64encode(self._key).decode()}"

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def publish(self, edition: Edition) -> None:
        """Serve an edition's pages and feeds; what stood at their addresses is replaced."""
        self.serve((one.url, "text/html", one.body) for one in edition.publications)
        self.serve((feed.url, feed.media_type, feed.body) for feed in edition.feeds)

    def serve(self, documents: Iterable[tuple[str, str, bytes]]) -> None:
        """Serve documents, each given as address, media type and body."""
        self._documents.update({canonical(url): (media_type, body) for url, media_type, body in documents})

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST":
            self.notices.append(self._notice(request, await request.read()))
            return web.Response(status=204)
        url = canonical(f"http://{request.host}{request.raw_path}")
        self.asked.append(url)
        media_type, body = self._documents.get(url, ("", b""))
        return web.Response(body=body, headers={"Content-Type": media_type}) if media_type else web.Response(status=404)

    def _notice(self, request: web.BaseRequest, body: bytes) -> Notice:
        sent_id, at = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        signed = hmac.new(self._key, f"{sent_id}.{at}.".encode() + body, hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(signed).decode()}"
        is_signed = hmac.compare_digest(request.headers.get("webhook-signature", ""), expected)
        return Notice(sent_id, is_signed, json.loads(body))
