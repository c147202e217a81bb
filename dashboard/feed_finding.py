"""The pages on which a person looks before watching: the feeds of a site with a preview, and what a poll sees.

In: requests with an address. Out: filled templates; a feed that is stored with the answer that showed it. Hides
FastAPI's routing. Trap: both ask the outside, so they are POST, pass the guarded transport in the host's next slot, and
every visitor may do so only a few times a minute (checklist S35).
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.allowance import Allowance, asker_of
from dashboard.feed_words import fault_words
from dashboard.frame import Framing
from dashboard.previews import Previews, preview_rows
from dashboard.rendering import render
from dashboard.sources import Sources
from dashboard.words import span
from pipeline.errors import Failure, NotFound, TooOften, Unusable
from pipeline.feeds.check import Step
from pipeline.feeds.discover import Discovery, FoundFeed
from pipeline.masking import masked_text, masked_url
from pipeline.store import feeds
from pipeline.urls import is_web_url
from workers.feed_check import check_address, check_feed
from workers.feed_rules import FeedRules
from workers.feed_search import Wanted, add_found, search

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
LONGEST = 2000

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looking:
    """What looking works with; page and API share it, so that nobody may look twice as often by using both."""

    sources: Sources
    rules: FeedRules
    allowance: Allowance
    previews: Previews

    def admit(self, request: Request) -> None:
        """Count one look of whoever asks; raises TooOften if it is one too many."""
        wait_seconds = self.allowance.take(asker_of(request.scope), self.sources.clock())
        if wait_seconds > 0:
            words = f"that is more looking than web.checks_per_minute allows; try again in {span(wait_seconds + 1)}"
            raise TooOften(words, wait_seconds)

    async def find(self, request: Request, url: str) -> Discovery:
        """Search an address and keep what its feeds answered; raises Unusable with what to do."""
        checked_address(url)
        self.admit(request)
        try:
            discovery = await search(self.rules, self.sources.database, url)
        except Failure as failure:
            self.previews.keep([url], [], self.sources.clock())
            words = f"{fault_words(failure.reason)} {masked_url(url)}: {masked_text(str(failure))}."
            raise Unusable(words) from failure
        self.previews.keep(discovery.asked, discovery.feeds, self.sources.clock())
        return discovery

    async def add(self, url: str, wanted: Wanted) -> int:
        """Store a feed, with the answer of a search a moment ago as its first poll; gives its number."""
        asked = self.previews.take(url, self.sources.clock())
        found = asked.found if asked and asked.found else FoundFeed(url)
        asked_at = asked.at if asked and not asked.found else None
        return (await add_found(self.rules, self.sources.database, found, wanted, asked_at)).id

    async def check(self, request: Request, target: int | str) -> list[Step]:
        """Explain a poll of a stored feed or of an address."""
        if isinstance(target, int):
            await self.sources.database.look(feeds.get, target)
            self.admit(request)
            return await check_feed(self.rules, self.sources.database, target)
        checked_address(target)
        self.admit(request)
        return await check_address(self.rules, self.sources.database, target)


def checked_address(url: str) -> None:
    """Raise Unusable for what is no address that can be asked."""
    if len(url) > LONGEST or not is_web_url(url):
        raise Unusable(
            "that is not an http or https address that can be asked; write it in full and without user and password, "
            "as in https://example.org/"
        )


def feed_finding_routes(looking: Looking, framing: Framing) -> APIRouter:
    """Make the routes of searching and adding."""
    router = APIRouter(default_response_class=HTMLResponse)
    sources = looking.sources

    @router.post("/feeds/find")
    async def find(request: Request) -> Response:
        form = await framing.read_change(request)
        url, folder = form.get("url", "").strip(), form.get("folder", "").strip()
        known = await sources.database.look(feeds.find_by_url, url) if is_web_url(url) else None
        if known is not None:
            return RedirectResponse(f"/feeds/{known.id}", status_code=303)
        problem, discovery = "", Discovery((), ())
        try:
            discovery = await looking.find(request, url)
        except Unusable as error:
            problem = str(error)
        found, asked = preview_rows(discovery, sources.clock()), [masked_url(one) for one in discovery.asked]
        shown = {"url": url, "folder": folder, "problem": problem, "found": found, "asked": asked}
        page = {"frame": framing.of(request, "feeds"), "can_add": is_web_url(url), **shown}
        return render("feed_find.html", page)

    @router.post("/feeds/add")
    async def add(request: Request) -> Response:
        form = await framing.read_change(request)
        wanted = Wanted(form.get("title", "").strip()[:200], form.get("folder", "").strip()[:200])
        try:
            checked_address(form.get("url", "").strip())
            feed_id = await looking.add(form.get("url", "").strip(), wanted)
        except Unusable as error:
            return RedirectResponse(f"/feeds?problem={quote(str(error))}", status_code=303)
        log.info("feed_added", feed_id=feed_id)
        return RedirectResponse(f"/feeds/{feed_id}", status_code=303)

    return router


def feed_check_routes(looking: Looking, framing: Framing) -> APIRouter:
    """Make the routes that explain a poll, of a feed or of any address."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.post("/feeds/check")
    async def check_any(request: Request) -> Response:
        form = await framing.read_change(request)
        return await _checked(looking, framing, request, form.get("url", "").strip())

    @router.post("/feeds/{feed_id}/check")
    async def check_one(request: Request, feed_id: Id) -> Response:
        await framing.read_change(request)
        return await _checked(looking, framing, request, feed_id)

    return router


async def _checked(looking: Looking, framing: Framing, request: Request, target: int | str) -> Response:
    problem, steps = "", list[Step]()
    try:
        steps = await looking.check(request, target)
    except Unusable as error:
        if isinstance(error, NotFound):
            raise
        problem = str(error)
    shown = {"steps": steps, "problem": problem, "feed_id": target if isinstance(target, int) else None}
    return render("feed_check.html", {"frame": framing.of(request, "feeds"), **shown})
