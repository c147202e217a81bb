"""The pages a person opens.

In: requests. Out: filled templates. Hides FastAPI's routing. Trap: the overview costs milliseconds for each
hundred thousand entries and every open browser asks for it every three seconds, so what was read within the
last second is shown again.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from dashboard.frame import Framing
from dashboard.hands import hands
from dashboard.looking import OverviewFacts, look_at_overview
from dashboard.pace import SPANS, PaceCard, pace_card
from dashboard.picture import picture
from dashboard.queue_view import depths
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.rows import alert_rows, beats, feed_rows, host_rows, missing_kinds
from dashboard.sources import Sources
from dashboard.story_list import PAGE, SPAN_WORDS, address, look_at_stories, next_page, read_asked
from pipeline.store import pace

SHOWN_AGAIN = timedelta(seconds=1)
DRAWN_AGAIN = timedelta(seconds=15)
#: What fits the databases' largest integer; a larger number names nothing.
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


def page_routes(sources: Sources, framing: Framing) -> APIRouter:
    """Make the routes of the pages."""
    router = APIRouter(default_response_class=HTMLResponse)
    freshest = _Freshest(sources)

    @reading(router, "/")
    async def overview(request: Request) -> HTMLResponse:
        return render("overview.html", {"frame": framing.of(request, "overview"), **await _overview(sources, freshest)})

    @reading(router, "/live")
    async def live() -> HTMLResponse:
        return render("live.html", await _overview(sources, freshest))

    @reading(router, "/stories")
    async def stories(request: Request) -> HTMLResponse:
        now = sources.clock()
        asked = read_asked(request.query_params, now)
        facts = await sources.database.look(look_at_stories, asked, now)
        choices = {"folders": facts.folders, "subscriptions": facts.subscriptions, "spans": SPAN_WORDS}
        shown = {"asked": asked, "stories": facts.stories[:PAGE], "more": next_page(asked, facts.stories)}
        frame = framing.of(request, "stories")
        return render("stories.html", {"frame": frame, "now": now, "address": address, **choices, **shown})

    return router


class _Freshest:
    """Reads the overview's facts and the queue's depths at most once a second, however many look."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._seen: tuple[OverviewFacts, dict[str, int | None]] | None = None
        self._drawn: tuple[datetime, tuple[PaceCard, ...]] | None = None
        self._reading = asyncio.Lock()

    async def get(self) -> tuple[OverviewFacts, dict[str, int | None]]:
        async with self._reading:
            now = self._sources.clock()
            if self._seen is None or not timedelta(0) <= now - self._seen[0].at < SHOWN_AGAIN:
                reading = self._sources.database.look(look_at_overview, now)
                self._seen = await asyncio.gather(reading, depths(self._sources.queue))
            return self._seen

    async def paces(self) -> tuple[PaceCard, ...]:
        """Give the charts, drawn at most every `DRAWN_AGAIN`: they read the articles of a day."""
        async with self._reading:
            now = self._sources.clock()
            if self._drawn is None or not timedelta(0) <= now - self._drawn[0] < DRAWN_AGAIN:
                self._drawn = now, await self._sources.database.look(_draw, now)
            return self._drawn[1]


def _draw(tx: Connection, now: datetime) -> tuple[PaceCard, ...]:
    return tuple(pace_card(key, unit, pace.over(tx, span, now, slices)) for key, span, slices, unit in SPANS)


async def _overview(sources: Sources, freshest: _Freshest) -> dict[str, object]:
    facts, waiting = await freshest.get()
    shown_feeds = feed_rows(facts.feeds, facts.at)
    missing = missing_kinds(facts.processes, sources.required_kinds, facts.at)
    return {
        "now": facts.at,
        "picture": picture(facts.overview, waiting, missing, shown_feeds.trouble_count, facts.at),
        "stories": facts.stories,
        "alerts": alert_rows(facts.alerts, facts.at),
        "feeds": shown_feeds,
        "beats": beats(facts.processes, facts.at),
        "hosts": host_rows(facts.hosts, facts.at),
        "hands": hands(facts.incidents, facts.at),
        "paces": await freshest.paces(),
    }
