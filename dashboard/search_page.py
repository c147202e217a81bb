"""The page that searches the archive.

In: what stands in the address. Out: a filled template. Hides nothing but the spelling of addresses. Trap: a query that
cannot be read is the reader's work in progress: the page says where it fails and offers what was perhaps meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse

from dashboard.frame import Framing
from dashboard.reading import reading
from dashboard.rendering import render
from dashboard.sources import Sources
from pipeline.errors import BadQuery
from pipeline.model import Subscription
from pipeline.searching import Results, Search, search
from pipeline.store import feeds, subscriptions

PAGE = 20
LAST_PAGE = 500
#: The choices of how far back; the values stand in addresses.
SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30), "year": timedelta(days=366)}
SPAN_WORDS = {
    "day": "the last day",
    "week": "the last week",
    "month": "the last month",
    "year": "the last year",
    "all": "any time",
}
USUAL = "month"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 200
_LONGEST_QUERY = 4000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    query: str
    span: str
    language: str
    outlet: str
    folder: str
    subscription_id: int | None
    page: int

    def search_since(self, now: datetime) -> Search:
        """Give it as the search takes it."""
        since = now - SPANS[self.span] if self.span in SPANS else _BEGINNING
        return Search(self.query, since, self.language, self.outlet, self.folder, self.subscription_id)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a query cannot be read, cut where it fails."""

    problem: str
    before: str
    at: str
    after: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """What the page shows."""

    results: Results | None
    mistake: Mistake | None
    subscriptions: list[Subscription]
    folders: list[str]


def search_routes(sources: Sources, framing: Framing) -> APIRouter:
    """Make the route of the search."""
    router = APIRouter(default_response_class=HTMLResponse)

    @reading(router, "/search")
    async def search_page(request: Request) -> HTMLResponse:
        now, asked = sources.clock(), read_search(request.query_params)
        facts = await sources.database.look(look_for, asked, now)
        shown = {"asked": asked, "facts": facts, "spans": SPAN_WORDS, "address": search_address, "pages": _pages(facts)}
        return render("search.html", {"frame": framing.of(request, "search"), "now": now, **shown})

    return router


def read_search(query: Mapping[str, str]) -> Asked:
    """Read the address's query; what means nothing is left out, not refused."""
    span = query.get("span", USUAL)
    return Asked(
        query=query.get("q", "").strip()[:_LONGEST_QUERY],
        span=span if span in SPAN_WORDS else USUAL,
        language=query.get("language", "").strip().lower()[:_LONGEST],
        outlet=query.get("outlet", "").strip().lower()[:_LONGEST],
        folder=query.get("folder", "")[:_LONGEST],
        subscription_id=_number(query.get("subscription", "")) or None,
        page=min(max(_number(query.get("page", "")), 1), LAST_PAGE),
    )


def _number(word: str) -> int:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0


def look_for(tx: Connection, asked: Asked, now: datetime) -> SearchFacts:
    """Search, and read the choices of the filters."""
    results, mistake = None, None
    if asked.query:
        try:
            results = search(tx, asked.search_since(now), (asked.page - 1) * PAGE, PAGE)
        except BadQuery as error:
            mistake = shown_mistake(asked.query, error)
    folders = sorted({feed.folder for feed in feeds.list_all(tx) if feed.folder})
    return SearchFacts(results, mistake, subscriptions.list_all(tx), folders)


def shown_mistake(query: str, error: BadQuery) -> Mistake:
    """Cut a query where it fails; a place at its end is shown as a gap."""
    at = min(max(error.position, 0), len(query))
    return Mistake(error.problem, query[:at], query[at : at + 1] or " ", query[at + 1 :], error.suggestion)


def _pages(facts: SearchFacts) -> int:
    return min(-(-facts.results.story_count // PAGE), LAST_PAGE) if facts.results else 0


def search_address(asked: Asked, **changes: str) -> str:
    """Give the address that asks the same, with changes; without a page it is the first."""
    said = {
        "q": asked.query,
        "span": asked.span if asked.span != USUAL else "",
        "language": asked.language,
        "outlet": asked.outlet,
        "folder": asked.folder,
        "subscription": str(asked.subscription_id or ""),
    } | changes
    return "/search?" + urlencode({name: value for name, value in said.items() if value})
