"""New alerts and stories as they come, as server-sent events.

In: a request that stays open. Out: `alert` and `story` events, each with the shape that the lists give. Hides the
event stream's form (HTML, 9.2). Trap: rows of several writers may appear out of the order of their numbers, so
each look goes a little way back and leaves out what was sent.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from dashboard.api.shapes import AlertShape, StoryShape
from dashboard.door import visitor_of
from dashboard.sources import Sources
from pipeline.errors import Unavailable
from pipeline.store import alerts, story_list
from pipeline.store.story_list import StoryFilter

LOOK_SECONDS = 1.0
#: How far each look goes back, in alerts and in time.
BACK_COUNT = 50
BACK = timedelta(seconds=5)
READ_LIMIT = 200
REMEMBERED = 2000
STREAM_LIMIT = 64
USER_LIMIT = 8  #: of one user, so that nobody shuts out the others
LOOKS = 600  #: then the stream ends and its reader comes back past the door, where a revoked token is seen
QUIET_LOOKS = 15  #: after as many looks without news a comment keeps the connection open

#: Kind, number, and for a story how many articles it had.
EventKey = tuple[str, int, int]


class Streams:
    """Counts the streams that are open, of all and of each user."""

    def __init__(self) -> None:
        self._open: Counter[int | None] = Counter()

    def refusal(self, user_id: int | None) -> str:
        """Say why there may be no further stream; empty if there may. Who is no user shares in the sum only."""
        if self._open.total() >= STREAM_LIMIT:
            return "Too many streams are open"
        if user_id is not None and self._open[user_id] >= USER_LIMIT:
            return f"You have {USER_LIMIT} streams open; close one"
        return ""

    @contextmanager
    def taken(self, user_id: int | None) -> Iterator[None]:
        """Count one stream for as long as the block runs."""
        self._open[user_id] += 1
        try:
            yield
        finally:
            self._open[user_id] -= 1


class Sent:
    """Remembers what was sent, the newest few thousand."""

    def __init__(self) -> None:
        self._keys: OrderedDict[EventKey, None] = OrderedDict()

    def take_new(self, keys: Iterable[EventKey]) -> list[EventKey]:
        """Give those of `keys` that were not given before, and remember them."""
        fresh = [key for key in keys if key not in self._keys]
        self._keys.update(dict.fromkeys(fresh))
        while len(self._keys) > REMEMBERED:
            self._keys.popitem(last=False)
        return fresh


@dataclass(frozen=True, slots=True)
class News:
    """What one look found."""

    alerts: list[AlertShape]
    stories: list[StoryShape]


def event_routes(sources: Sources) -> APIRouter:
    """Make the route of the event stream."""
    router = APIRouter(tags=["events"])
    streams = Streams()

    @router.get(
        "/events",
        summary="Follow new alerts and stories (server-sent events)",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "Events `alert` and `story`"}},
    )
    async def events(request: Request, last_event_id: Annotated[str, Header(max_length=40)] = "") -> StreamingResponse:
        user_id = visitor_of(request).id
        if refusal := streams.refusal(user_id):
            raise HTTPException(503, refusal, {"Retry-After": "30"})
        told = _counted(streams.taken(user_id), _stream(request, sources, last_event_id))
        return StreamingResponse(told, media_type="text/event-stream")

    return router


async def _counted(taken: AbstractContextManager[None], stream: AsyncGenerator[str]) -> AsyncIterator[str]:
    """Pass a stream on and hold its place until it is over."""
    with taken:
        async with aclosing(stream):
            async for written in stream:
                yield written


async def _stream(request: Request, sources: Sources, last_event_id: str) -> AsyncGenerator[str]:
    sent, quiet_count = Sent(), 0
    last_alert = await _begin(sources, last_event_id, sent)
    yield ": connected\n\n"
    for _ in range(LOOKS):
        if await request.is_disconnected():
            return
        news = await _look(sources, last_alert)
        last_alert = max([last_alert, *(one.id for one in news.alerts)])
        written = _write(news, sent)
        quiet_count = 0 if written else quiet_count + 1
        if written or quiet_count % QUIET_LOOKS == 0:
            yield written or ": still here\n\n"
        await asyncio.sleep(LOOK_SECONDS)


async def _begin(sources: Sources, last_event_id: str, sent: Sent) -> int:
    """Find the alert to go on behind: the one named, else the newest; what came before it counts as sent."""
    newest = await sources.database.look(alerts.before, None, 1)
    last_alert = newest[0].id if newest else 0
    if last_event_id.isascii() and last_event_id.isdigit():
        last_alert = min(last_alert, int(last_event_id[:18]))
    news = await sources.database.look(_read, last_alert, sources.clock())
    sent.take_new(key for key in _keys(news) if key[0] != "alert" or key[1] <= last_alert)
    return last_alert


async def _look(sources: Sources, last_alert: int) -> News:
    """Look once; nothing is new while the database is away, and the stream stays open."""
    try:
        return await sources.database.look(_read, last_alert, sources.clock())
    except Unavailable:
        return News([], [])


def _read(tx: Connection, last_alert: int, now: datetime) -> News:
    found = alerts.after(tx, last_alert - BACK_COUNT, READ_LIMIT)
    changed = story_list.newest(tx, StoryFilter(since=now - BACK), now, None, READ_LIMIT)
    return News([AlertShape.of(one) for one in found], [StoryShape.of(one) for one in reversed(changed)])


def _keys(news: News) -> list[EventKey]:
    return [*(("alert", one.id, 0) for one in news.alerts), *(_story_key(one) for one in news.stories)]


def _story_key(one: StoryShape) -> EventKey:
    return ("story", one.id, one.article_count)


def _write(news: News, sent: Sent) -> str:
    """Write what was not sent yet; empty if there is nothing."""
    fresh = set(sent.take_new(_keys(news)))
    stories = [_event("story", one) for one in news.stories if _story_key(one) in fresh]
    raised = [_event("alert", one, one.id) for one in news.alerts if ("alert", one.id, 0) in fresh]
    return "".join([*stories, *raised])


def _event(name: str, shape: BaseModel, number: int | None = None) -> str:
    """Write one event; JSON has no line ends, so one data line is enough."""
    numbered = "" if number is None else f"id: {number}\n"
    return f"event: {name}\n{numbered}data: {shape.model_dump_json()}\n\n"
