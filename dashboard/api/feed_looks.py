"""Feeds for programs, beyond their list: search, check, plan, events, moves, reports, OPML.

In: requests. Out: shapes. Hides FastAPI's routing. Trap: search and check ask the outside; page and API share one
allowance for them (S35). Where a number stands it is said (`{feed_id:int}`), or names like `find` would be taken for
one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from dashboard.api.feed_shapes import (
    Address,
    CostShape,
    EtiquetteShape,
    FeedEventShape,
    FindingShape,
    FoundShape,
    HygieneShape,
    ImportShape,
    IncidentShape,
    PlanShape,
    Refresh,
    SearchShape,
    StepShape,
)
from dashboard.api.shapes import FeedShape, Page
from dashboard.feed_finding import Looking
from dashboard.feed_list import look_at_feed
from dashboard.feed_opml import OPML_TYPE, import_opml, opml_response
from dashboard.feed_report_rows import look_at_coverage
from dashboard.feed_reports import Hygiene
from dashboard.uploads import read_body
from pipeline.feeds.explain import explain
from pipeline.feeds.rhythm import from_text
from pipeline.masking import masked_url
from pipeline.model import Feed
from pipeline.store import feed_events, feeds, moves
from pipeline.store.etiquette import asked_figures

Id = Annotated[int, Path(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Query(ge=1, le=1000)]
OPML_BODY = {"requestBody": {"required": True, "content": {"text/x-opml": {"schema": {"type": "string"}}}}}
OPML_ANSWER: dict[int | str, dict[str, object]] = {200: {"content": {OPML_TYPE.partition(";")[0]: {}}}}


@dataclass(frozen=True, slots=True)
class FeedDoors:
    """What pages and API share for feeds."""

    looking: Looking
    hygiene: Hygiene


def feed_look_routes(doors: FeedDoors) -> APIRouter:
    """Make the routes that look at what a feed says and when it is asked; they change nothing that is stored."""
    router = APIRouter(tags=["feeds"])
    looking, sources = doors.looking, doors.looking.sources

    @router.post("/feeds/find", summary="Look for the feeds of a site, with at most five requests; stores nothing")
    async def find(request: Request, wanted: Address) -> SearchShape:
        found = await looking.find(request, wanted.url)
        shown = [FoundShape.of(one) for one in found.choices()]
        return SearchShape(found=shown, asked=[masked_url(url) for url in found.asked])

    @router.post("/feeds/check", summary="Explain what a poll of an address sees, step by step; stores nothing of it")
    async def check_any(request: Request, wanted: Address) -> list[StepShape]:
        return [StepShape.of(step) for step in await looking.check(request, wanted.url)]

    @router.post(
        "/feeds/{feed_id:int}/check", summary="Explain what a poll of a feed sees, unless politeness forbids one"
    )
    async def check_one(request: Request, feed_id: Id) -> list[StepShape]:
        return [StepShape.of(step) for step in await looking.check(request, feed_id)]

    @router.get("/feeds/{feed_id:int}/plan", summary="Show when a feed is asked next and why, and its rhythm")
    async def plan(feed_id: Id) -> PlanShape:
        now = sources.clock()
        facts = await sources.database.look(look_at_feed, feed_id, now)
        why = explain(facts.feed, facts.rest, looking.rules.policy, now)
        return PlanShape.of(why, from_text(facts.feed.rhythm) if facts.feed.rhythm else None)

    return router


def feed_report_routes(doors: FeedDoors) -> APIRouter:
    """Make the routes of the reports: hygiene, coverage, events, etiquette."""
    router = APIRouter(tags=["feeds"])
    sources = doors.looking.sources

    @router.get("/feeds/hygiene", summary="Report twins, subsets, wrong validators, missing dates and ids, and costs")
    async def hygiene() -> HygieneShape:
        facts = await doors.hygiene.facts()
        return HygieneShape(
            findings=[FindingShape.of(one) for one in facts.findings], costs=[CostShape.of(one) for one in facts.costs]
        )

    @router.get("/feeds/events", summary="List what happened to feeds, the newest first")
    async def events(limit: Limit = 100) -> Page[FeedEventShape]:
        return Page(items=[FeedEventShape.of(one) for one in await sources.database.look(feed_events.recent, limit)])

    @router.get("/feeds/etiquette", summary="Show how the feeds were asked, and what decides their next polls")
    async def etiquette() -> EtiquetteShape:
        return EtiquetteShape.model_validate(await sources.database.look(asked_figures, sources.clock()))

    @router.get("/feeds/{feed_id:int}/events", summary="List what happened to a feed, the newest first")
    async def events_of(feed_id: Id, limit: Limit = 100) -> Page[FeedEventShape]:
        await sources.database.look(feeds.get, feed_id)
        found = await sources.database.look(feed_events.recent, limit, feed_id)
        return Page(items=[FeedEventShape.of(one) for one in found])

    @router.get("/coverage", summary="List what does not come in as it used to, open incidents first")
    async def coverage(limit: Limit = 100) -> Page[IncidentShape]:
        return Page(items=[IncidentShape.of(row) for row in await sources.database.look(look_at_coverage, limit)])

    return router


def feed_deed_routes(doors: FeedDoors) -> APIRouter:
    """Make the routes that change feeds beyond adding and pausing, and those of lists."""
    router = APIRouter(tags=["feeds"])
    looking, sources = doors.looking, doors.looking.sources

    @router.post(
        "/feeds/{feed_id:int}/refresh", summary="Ask a feed as soon as politeness allows, once however often called"
    )
    async def refresh(feed_id: Id, wanted: Refresh) -> FeedShape:
        return FeedShape.of(await sources.database.run(_refresh, feed_id, wanted, sources.clock()))

    @router.post(
        "/feeds/{feed_id:int}/move-back", summary="Bring a feed back to the address it had before its last move"
    )
    async def move_back(feed_id: Id) -> FeedShape:
        await sources.database.run(moves.undo, feed_id, sources.clock())
        return FeedShape.of(await sources.database.look(feeds.get, feed_id))

    @router.get("/opml", summary="Export all feeds as OPML, keys in addresses masked", responses=OPML_ANSWER)
    async def export() -> Response:
        return opml_response(await sources.database.look(feeds.list_all), with_secrets=False)

    @router.get("/opml/whole", summary="Export all feeds as OPML with their keys; admins only", responses=OPML_ANSWER)
    async def export_whole() -> Response:
        return opml_response(await sources.database.look(feeds.list_all), with_secrets=True)

    @router.post("/opml", summary="Import a list of feeds; says what was skipped and why", openapi_extra=OPML_BODY)
    async def take(request: Request) -> ImportShape:
        return ImportShape.of(await import_opml(sources, looking.rules, await read_body(request)))

    return router


def _refresh(tx: Connection, feed_id: int, wanted: Refresh, now: datetime) -> Feed:
    feeds.make_due(tx, feed_id, now)
    if wanted.ignore_cache:
        feeds.forget_validators(tx, feed_id, now)
    return feeds.get(tx, feed_id)
