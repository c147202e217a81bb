"""Lists of feeds in and out of the dashboard, as OPML.

In: a file that a person chose, or nothing. Out: a page that says what was added and what was skipped and why; a file.
Hides FastAPI's routing. Trap: keys in addresses leave masked (checklist S21), and what does not fit the quotas is
refused line by line (S35).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import SystemRandom

import structlog
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.uploads import read_upload
from pipeline.errors import Unusable
from pipeline.feeds.opml import OpmlFeed, read_opml, write_opml
from pipeline.feeds.schedule import spread_seconds
from pipeline.masking import has_secret, masked_text, masked_url
from pipeline.model import Feed
from pipeline.store import feeds
from pipeline.store.adding import add_many
from workers.feed_rules import FeedRules

OPML_TYPE = "text/x-opml; charset=utf-8"
SHOWN_LIMIT = 500  #: lines of a report on a page; the API gives them all

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a list."""

    added_count: int
    known_count: int
    skipped: tuple[tuple[str, str], ...]  #: what was named, and why it was not taken over; without keys


async def import_opml(sources: Sources, rules: FeedRules, body: bytes) -> ImportReport:
    """Add all feeds of a list, their first polls spread; raises Unusable if it is no OPML at all."""
    if not body.strip():
        raise Unusable("the file is empty; choose an OPML file, as other readers export it")
    reading_ = await asyncio.to_thread(read_opml, body)
    wanted = [(feed.url, feed.title, feed.folder) for feed in reading_.feeds]
    waits = spread_seconds([rules.policy.interval_seconds] * len(wanted), SystemRandom())
    added = await sources.database.run(add_many, wanted, rules.quota, sources.clock(), waits)
    skipped = [*((masked_text(text), masked_text(why)) for text, why in reading_.skipped), *added.refused]
    log.info("opml_imported", added=len(added.new), known=added.known_count, skipped=len(skipped))
    return ImportReport(len(added.new), added.known_count, tuple(skipped))


def export_opml(listed: Sequence[Feed], *, with_secrets: bool) -> bytes:
    """Write feeds as OPML, keys in their addresses masked unless they are asked for."""
    shown = (OpmlFeed(feed.url if with_secrets else masked_url(feed.url), feed.title, feed.folder) for feed in listed)
    return write_opml(tuple(shown))


def opml_response(listed: Sequence[Feed], *, with_secrets: bool) -> Response:
    """Answer with a file of feeds, and how many of its addresses are masked."""
    masked_count = 0 if with_secrets else sum(has_secret(feed.url) for feed in listed)
    headers = {
        "Content-Disposition": 'attachment; filename="feeds.opml"',
        "Cache-Control": "no-store",
        "Storywatch-Masked": str(masked_count),
    }
    return Response(export_opml(listed, with_secrets=with_secrets), media_type=OPML_TYPE, headers=headers)


def feed_opml_routes(sources: Sources, framing: Framing, rules: FeedRules) -> APIRouter:
    """Make the routes of importing and exporting."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/feeds/feeds.opml")
    async def export() -> Response:
        return opml_response(await sources.database.look(feeds.list_all), with_secrets=False)

    @reading(router, "/feeds/import")
    async def choose(request: Request) -> HTMLResponse:
        listed = await sources.database.look(feeds.list_all)
        return _page(framing, request, masked_count=sum(has_secret(feed.url) for feed in listed))

    @router.post("/feeds/import")
    async def take(request: Request) -> HTMLResponse:
        try:
            upload = await read_upload(request)
            framing.check_change(request, upload.fields)
            return _page(framing, request, report=await import_opml(sources, rules, upload.body))
        except Unusable as error:
            return _page(framing, request, problem=str(error), status=400)

    return router


def _page(
    framing: Framing,
    request: Request,
    *,
    report: ImportReport | None = None,
    problem: str = "",
    masked_count: int = 0,
    status: int = 200,
) -> HTMLResponse:
    shown = {"report": report, "problem": problem, "masked_count": masked_count, "limit": SHOWN_LIMIT}
    return render("feed_import.html", {"frame": framing.of(request, "feeds"), **shown}, status=status)
