"""The pages of feeds: all of them, one of them with why it is asked when it is, and the buttons beside it.

In: requests. Out: filled templates, and redirects after a change. Hides FastAPI's routing. Trap: "ask now" only
says that nobody needs to wait longer; floor, host and Retry-After still hold (F7).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.feed_list import FeedFacts, can_move_back, choose, feeds_address, look_at_feed, read_asked_feeds
from dashboard.feed_words import fault_words
from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.rhythm_picture import rhythm_picture
from dashboard.rows import feed_row
from dashboard.sources import Sources
from pipeline.errors import NotFound, Unusable
from pipeline.feeds.explain import explain
from pipeline.store import feeds, moves
from workers.feed_rules import FeedRules

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]

log = structlog.get_logger()


class FeedVerb(StrEnum):
    """What can be done to a feed."""

    REFRESH = "refresh"
    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"
    MOVE_BACK = "move-back"
    WHOLE = "whole"


def feed_page_routes(sources: Sources, framing: Framing, rules: FeedRules) -> APIRouter:
    """Make the routes of the feeds' pages."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/feeds")
    async def all_feeds(request: Request) -> HTMLResponse:
        now, asked = sources.clock(), read_asked_feeds(request.query_params)
        found = await sources.database.look(feeds.list_all)
        folders = sorted({feed.folder for feed in found if feed.folder})
        shown = {"page": choose(found, asked, now), "asked": asked, "folders": folders, "address": feeds_address}
        problem = request.query_params.get("problem", "")[:500]
        return render("feeds.html", {"frame": framing.of(request, "feeds"), "now": now, "problem": problem, **shown})

    @reading(router, "/feeds/{feed_id}")
    async def one_feed(request: Request, feed_id: Id) -> HTMLResponse:
        now = sources.clock()
        facts = await sources.database.look(look_at_feed, feed_id, now)
        return render("feed.html", {"frame": framing.of(request, "feeds"), "now": now, **_shown(facts, rules, now)})

    @router.post("/feeds/{feed_id}/{verb}")
    async def change(request: Request, feed_id: Id, verb: FeedVerb) -> Response:
        await framing.read_change(request)
        try:
            await sources.database.run(_change, feed_id, verb, sources.clock())
        except NotFound:
            raise
        except Unusable as error:
            return RedirectResponse(f"/feeds?problem={quote(str(error))}", status_code=303)
        log.info("feed_changed", feed_id=feed_id, verb=verb)
        return RedirectResponse("/feeds" if verb is FeedVerb.REMOVE else f"/feeds/{feed_id}", status_code=303)

    return router


def _shown(facts: FeedFacts, rules: FeedRules, now: datetime) -> dict[str, object]:
    why = explain(facts.feed, facts.rest, rules.policy, now)
    drawn = rhythm_picture(facts.feed.rhythm)
    shown = {
        "feed": facts.feed,
        "row": feed_row(facts.feed, now),
        "why": why,
        "rhythm": drawn,
        "fault": fault_words(facts.feed.last_reason),
    }
    return {**shown, "push": facts.push, "events": facts.events, "can_move_back": can_move_back(facts.events)}


def _change(tx: Connection, feed_id: int, verb: FeedVerb, now: datetime) -> None:
    match verb:
        case FeedVerb.PAUSE:
            feeds.pause(tx, feed_id)
        case FeedVerb.REMOVE:
            feeds.remove(tx, feed_id)
        case FeedVerb.MOVE_BACK:
            moves.undo(tx, feed_id, now)
        case FeedVerb.WHOLE:
            feeds.forget_validators(tx, feed_id, now)
            feeds.make_due(tx, feed_id, now)
        case _:
            feeds.make_due(tx, feed_id, now)
