"""The pages a person opens.

In: requests. Out: filled templates. Hides FastAPI's routing. Trap: what the overview shows is read by
`dashboard.freshest` at most once a second, so a test that changes something must let its clock go on.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse

from dashboard.frame import Framing
from dashboard.freshest import Freshest
from dashboard.hands import hands
from dashboard.pace import SPANS, pace_card
from dashboard.picture import picture
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.rows import alert_rows, beats, feed_rows, host_rows, missing_kinds
from dashboard.sources import Sources
from dashboard.story_list import PAGE, SPAN_WORDS, address, look_at_stories, next_page, read_asked

#: What fits the databases' largest integer; a larger number names nothing.
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]


def page_routes(sources: Sources, framing: Framing, freshest: Freshest) -> APIRouter:
    """Make the routes of the pages."""
    router = APIRouter(default_response_class=HTMLResponse)

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


async def _overview(sources: Sources, freshest: Freshest) -> dict[str, object]:
    facts, waiting = await freshest.get()
    paces = await freshest.paces()
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
        "paces": [pace_card(key, unit, paces[key]) for key, _, _, unit in SPANS],
    }
