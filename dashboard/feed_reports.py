"""What is to be looked after in the list of feeds: hygiene, coverage, events, how they are asked.

In: requests. Out: filled templates. Hides FastAPI's routing. Trap: hygiene reads whole tables by index, which takes a
second on a large list, so what was read is shown again for a minute, also to whoever asks by the API.
"""

import asyncio
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from dashboard.feed_report_rows import (
    ADVICE,
    HygieneFacts,
    finding_groups,
    look_at_coverage,
    look_at_hygiene,
    open_count,
)
from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from pipeline.feeds.explain import SENTENCES
from pipeline.store import feed_events
from pipeline.store.etiquette import asked_figures
from workers.feed_rules import FeedRules

SHOWN_AGAIN = timedelta(minutes=1)
COST_LIMIT = 20
EVENT_LIMIT = 200


class Hygiene:
    """The hygiene report, read at most once a minute however many ask."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = asyncio.Lock()
        self._read: tuple[datetime, HygieneFacts] | None = None

    async def facts(self) -> HygieneFacts:
        """Give the report, at most a minute old."""
        async with self._lock:
            now = self._sources.clock()
            if self._read is None or not timedelta(0) <= now - self._read[0] < SHOWN_AGAIN:
                self._read = (now, await self._sources.database.look(look_at_hygiene, now))
            return self._read[1]


def feed_report_routes(sources: Sources, framing: Framing, hygiene: Hygiene, rules: FeedRules) -> APIRouter:
    """Make the routes of the reports."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/feeds/hygiene")
    async def show_hygiene(request: Request) -> HTMLResponse:
        facts = await hygiene.facts()
        shown = {"groups": finding_groups(facts.findings), "advice": ADVICE, "costs": facts.costs[:COST_LIMIT]}
        return render("feed_hygiene.html", {"frame": framing.of(request, "feeds"), **shown})

    @reading(router, "/feeds/coverage")
    async def show_coverage(request: Request) -> HTMLResponse:
        rows = await sources.database.look(look_at_coverage)
        shown = {"rows": rows, "open_count": open_count(rows), "now": sources.clock()}
        return render("feed_coverage.html", {"frame": framing.of(request, "feeds"), **shown})

    @reading(router, "/feeds/events")
    async def show_events(request: Request) -> HTMLResponse:
        events = await sources.database.look(feed_events.recent, EVENT_LIMIT)
        shown = {"events": events, "now": sources.clock()}
        return render("feed_events.html", {"frame": framing.of(request, "feeds"), **shown})

    @reading(router, "/feeds/etiquette")
    async def show_etiquette(request: Request) -> HTMLResponse:
        figures = await sources.database.look(asked_figures, sources.clock())
        shown = {"figures": figures, "sentences": SENTENCES, "private": rules.transport.allow_private}
        return render("feed_etiquette.html", {"frame": framing.of(request, "feeds"), **shown})

    return router
