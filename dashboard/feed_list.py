"""The list of feeds: which to show, page by page; and what one feed's page needs.

In: all feeds and what the address asks. Out: the rows of one page; `FeedFacts`. Hides which store functions give
them. Trap: an address is typed by people too, so whatever in it means nothing is left out, not refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from sqlalchemy import Connection

from dashboard.rows import FeedRow, badness, feed_row
from pipeline.model import Feed, FeedEventKind, FeedState, Push
from pipeline.store import feed_events, feeds, pushes
from pipeline.store.feed_events import FeedEvent
from pipeline.store.hosts import HostRest, rest_of

PAGE = 100
EVENT_LIMIT = 20
_LONGEST = 200


class FeedView(StrEnum):
    """Which feeds to show."""

    ALL = "all"
    TROUBLE = "trouble"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class AskedFeeds:
    """What the address asks for."""

    view: FeedView
    words: str
    folder: str
    page: int  #: from 1


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """A feed's row with its number."""

    feed_id: int
    folder: str
    row: FeedRow


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of the list."""

    rows: tuple[NumberedRow, ...]
    total_count: int
    last_page: int


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What a feed's own page shows."""

    feed: Feed
    rest: HostRest
    events: list[FeedEvent]
    push: Push | None  #: its subscription at a hub


def read_asked_feeds(query: Mapping[str, str]) -> AskedFeeds:
    """Read the address's query."""
    view = query.get("view", "")
    page = query.get("page", "")
    return AskedFeeds(
        view=FeedView(view) if view in set(FeedView) else FeedView.ALL,
        words=query.get("words", "").strip()[:_LONGEST],
        folder=query.get("folder", "")[:_LONGEST],
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
    )


def choose(found: Sequence[Feed], asked: AskedFeeds, now: datetime) -> FeedPage:
    """Choose one page of feeds: trouble first, the worst on top, then by folder, title and address."""
    fitting = [feed for feed in found if _fits(feed, asked)]
    ordered = sorted(fitting, key=lambda feed: -badness(feed))  # stable: within equals the store's order stays
    last_page = max(1, -(-len(ordered) // PAGE))
    start = (min(asked.page, last_page) - 1) * PAGE
    rows = tuple(NumberedRow(feed.id, feed.folder, feed_row(feed, now)) for feed in ordered[start : start + PAGE])
    return FeedPage(rows, len(fitting), last_page)


def _fits(feed: Feed, asked: AskedFeeds) -> bool:
    if asked.view is FeedView.TROUBLE and not badness(feed):
        return False
    if asked.view is FeedView.PAUSED and feed.state is not FeedState.PAUSED:
        return False
    if asked.folder and feed.folder != asked.folder:
        return False
    return asked.words.casefold() in f"{feed.title} {feed.host} {feed.folder}".casefold()


def feeds_address(asked: AskedFeeds, **changes: str) -> str:
    """Give the address that asks the same, with changes."""
    view = "" if asked.view is FeedView.ALL else asked.view.value
    said = {"view": view, "words": asked.words, "folder": asked.folder} | changes
    filled = {name: value for name, value in said.items() if value}
    return "/feeds" + ("?" + urlencode(filled) if filled else "")


def look_at_feed(tx: Connection, feed_id: int, now: datetime) -> FeedFacts:
    """Read one feed, how its host stands and what happened to it; raises NotFound."""
    feed = feeds.get(tx, feed_id)
    events = feed_events.recent(tx, EVENT_LIMIT, feed_id)
    return FeedFacts(feed, rest_of(tx, feed.host, now), events, pushes.find_by_feed(tx, feed_id))


def can_move_back(events: Sequence[FeedEvent]) -> bool:
    """Tell whether the newest move of a feed can be undone."""
    moves = (one for one in events if one.kind in {FeedEventKind.MOVED, FeedEventKind.JOINED})
    newest = next(moves, None)
    return newest is not None and newest.undone_at is None
