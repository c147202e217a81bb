"""Where hubs ask and push: the callbacks of WebSub, open to the world and outside of any login.

In: a hub's question or document at an address that only it knows. Out: the challenge, or 404; 202 for content, whatever
becomes of it. Hides nothing. Trap: a stranger can send anything here, so an address of the wrong shape costs no look
into the store, a body is read only up to its cap, and a bad signature is answered like a good one (checklist F36).
"""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random, SystemRandom

import structlog
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response

from dashboard.door import Clock
from dashboard.pushed_rate import PushedRate
from pipeline.errors import Permanent
from pipeline.feeds import websub
from pipeline.feeds.parse import parse
from pipeline.feeds.replan import learned_of_push
from pipeline.model import ParsedFeed, PollCounts, Push
from pipeline.store import feeds, pushes
from pipeline.store.database import Database

log = structlog.get_logger(__name__)

BODY_BYTES = 3_000_000
BODY_SECONDS = 20.0
READ_AT_ONCE = 2  #: bodies of one subscription, so that one hub fills neither memory nor connections
AT_ONCE = 4  #: documents read at a time; the others wait their turn in their connections
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
NOTHING = PlainTextResponse("nothing here\n", status_code=404)
TAKEN = PlainTextResponse("taken\n", status_code=202)
TOO_MUCH = PlainTextResponse("too much\n", status_code=413)


class Reading:
    """Counts the bodies that are being read for each token."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def begin(self, token: str) -> bool:
        """Begin to read one more body for `token`; False if it has its share."""
        if self._counts[token] >= READ_AT_ONCE:
            return False
        self._counts[token] += 1
        return True

    def end(self, token: str) -> None:
        """End what was begun."""
        self._counts[token] -= 1
        if not self._counts[token]:
            del self._counts[token]


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What the routes work with."""

    database: Database
    clock: Clock
    import_hours: int = 24
    entry_limit: int = 2000
    random: Random = field(default_factory=SystemRandom)
    rate: PushedRate = field(default_factory=PushedRate)
    reading: Reading = field(default_factory=Reading)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def find(self, token: str) -> Push | None:
        """Find the subscription of an address; one of the wrong shape is not looked for."""
        return await self.database.look(pushes.find_by_token, token) if TOKEN.fullmatch(token) else None


def hub_routes(callbacks: Callbacks) -> APIRouter:
    """Make the routes below `/websub/`."""
    router = APIRouter()

    @router.get("/websub/{token}")
    async def asked(token: str, request: Request) -> Response:
        refused = _refusal(callbacks, token)
        return refused or await _verify(callbacks, token, request)

    @router.post("/websub/{token}")
    async def pushed(token: str, request: Request) -> Response:
        refused = _refusal(callbacks, token)
        return refused or await _receive(callbacks, token, request)

    return router


def _refusal(callbacks: Callbacks, token: str) -> Response | None:
    """Refuse what cannot be an address of ours before it is counted, and then what is one too many."""
    return callbacks.rate.refusal(token, callbacks.clock()) if TOKEN.fullmatch(token) else NOTHING


async def _verify(callbacks: Callbacks, token: str, request: Request) -> Response:
    """Answer a hub that asks whether we asked (F35)."""
    push = await callbacks.find(token)
    if push is None:
        return await _let_go(callbacks, token, request)
    verdict = websub.judge(push, dict(request.query_params))
    if verdict is None:
        return NOTHING
    now = callbacks.clock()
    if isinstance(verdict, websub.Denied):
        later = now + timedelta(seconds=websub.DENIED_SECONDS)
        await callbacks.database.run(pushes.deny, push.feed_id, verdict.reason, later)
        log.warning("hub_denied", feed_id=push.feed_id, hub=push.hub_url, reason=verdict.reason)
        return PlainTextResponse("noted\n")
    until = now + timedelta(seconds=verdict.lease_seconds)
    renewal = websub.renew_at(now, verdict.lease_seconds, callbacks.random)
    if not await callbacks.database.run(pushes.confirm, push.feed_id, until, renewal):
        return NOTHING
    callbacks.rate.know(token)
    log.info("hub_confirmed", feed_id=push.feed_id, hub=push.hub_url, until=until.isoformat(timespec="seconds"))
    return PlainTextResponse(verdict.challenge)


async def _let_go(callbacks: Callbacks, token: str, request: Request) -> Response:
    """Answer a hub that asks whether it shall really stop pushing a feed that is polled no more."""
    push = await callbacks.database.look(pushes.find_leaving, token) if TOKEN.fullmatch(token) else None
    challenge = websub.judge_leaving(push, dict(request.query_params)) if push else ""
    if push is None or not challenge:
        return NOTHING
    await callbacks.database.run(pushes.left, push.feed_id, callbacks.clock())
    log.info("hub_left", feed_id=push.feed_id, hub=push.hub_url)
    return PlainTextResponse(challenge)


async def _receive(callbacks: Callbacks, token: str, request: Request) -> Response:
    """Take what a hub pushes (F36)."""
    push = await callbacks.find(token)
    if push is None:
        return NOTHING
    callbacks.rate.know(token)
    if not callbacks.reading.begin(token):
        return PlainTextResponse("later\n", status_code=429, headers={"Retry-After": "60"})
    try:
        body = await _body(request)
    finally:
        callbacks.reading.end(token)
    if body is None:
        await callbacks.database.run(pushes.count_bad, push.feed_id)
        return TOO_MUCH
    async with callbacks.turns:
        if not websub.is_signed(body, request.headers.get("x-hub-signature"), push.secret):
            await callbacks.database.run(pushes.count_bad, push.feed_id)
            log.warning("push_unsigned", feed_id=push.feed_id, hub=push.hub_url)
            return TAKEN
        await _take(callbacks, push, body, request.headers.get("content-type", ""))
    return TAKEN


async def _body(request: Request) -> bytes | None:
    """Read a body; None once it is beyond its cap or its time, or whoever sends it hangs up."""
    pieces, length = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                length += len(piece)
                if length > BODY_BYTES:
                    return None
                pieces.append(piece)
    except (TimeoutError, ClientDisconnect):
        return None
    return b"".join(pieces)


async def _take(callbacks: Callbacks, push: Push, body: bytes, content_type: str) -> None:
    """Store the entries of a document; what is no feed only says that there is something, so the feed is polled."""
    now = callbacks.clock()
    try:
        parsed = await asyncio.to_thread(_parsed, callbacks, push, body, content_type, now)
    except Permanent as failure:
        await callbacks.database.run(feeds.make_due, push.feed_id, now)
        log.info("push_without_feed", feed_id=push.feed_id, error=str(failure))
        return
    counts: PollCounts = await callbacks.database.run(
        pushes.apply, push, parsed.entries, callbacks.import_hours, now, websub.is_trusted, learned_of_push
    )
    log.info("feed_pushed", feed_id=push.feed_id, new_count=counts.new_count, known_count=counts.known_count)


def _parsed(callbacks: Callbacks, push: Push, body: bytes, content_type: str, now: datetime) -> ParsedFeed:
    return parse(body, url=push.topic_url, now=now, content_type=content_type, entry_limit=callbacks.entry_limit)
