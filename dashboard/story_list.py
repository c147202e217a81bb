"""The list of stories: newest or fastest growing, and the filters above it.

In: what stands in the address. Out: `Asked`, and what the template shows. Hides nothing but the spelling of
addresses. Trap: an address is typed by people too, so whatever in it means nothing is left out, not refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import Connection

from pipeline.model import Subscription
from pipeline.store import feeds, story_list, subscriptions
from pipeline.store.story_list import ListedStory, StoryFilter, StoryOrder, StoryPlace

PAGE = 30
#: The choices of how far back; the values stand in addresses.
SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "": None}
SPAN_WORDS = {"hour": "the last hour", "day": "the last day", "week": "the last week", "": "any time"}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    order: StoryOrder
    wanted: StoryFilter
    span: str
    after: StoryPlace | None


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What the page shows."""

    stories: list[ListedStory]
    subscriptions: list[Subscription]
    folders: list[str]


def read_asked(query: Mapping[str, str], now: datetime) -> Asked:
    """Read the address's query."""
    span = query.get("span", "")
    length = SPANS.get(span)
    wanted = StoryFilter(
        language=query.get("language", "").strip().lower()[:_LONGEST],
        outlet=query.get("outlet", "").strip().lower()[:_LONGEST],
        folder=query.get("folder", "")[:_LONGEST],
        subscription_id=_number(query.get("subscription", "")),
        since=now - length if length else None,
    )
    order = StoryOrder.GROWING if query.get("order") == StoryOrder.GROWING else StoryOrder.NEWEST
    return Asked(order, wanted, span if span in SPANS else "", _place(query))


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None


def _place(query: Mapping[str, str]) -> StoryPlace | None:
    try:
        at = datetime.fromisoformat(query.get("at", ""))
    except ValueError:
        return None
    story_id = _number(query.get("after", ""))
    return StoryPlace(at, story_id) if story_id is not None and at.tzinfo else None


def look_at_stories(tx: Connection, asked: Asked, now: datetime) -> ListFacts:
    """Read the list, one story more than a page holds, and the choices of the filters."""
    if asked.order is StoryOrder.GROWING:
        found = story_list.growing(tx, asked.wanted, now, PAGE)
    else:
        found = story_list.newest(tx, asked.wanted, now, asked.after, PAGE + 1)
    folders = sorted({feed.folder for feed in feeds.list_all(tx) if feed.folder})
    return ListFacts(found, subscriptions.list_all(tx), folders)


def next_page(asked: Asked, found: Sequence[ListedStory]) -> str:
    """Give the address of the next page; empty if this is the last."""
    if len(found) <= PAGE:
        return ""
    place = found[PAGE - 1].place
    return address(asked, after=str(place.story_id), at=place.changed_at.isoformat())


def address(asked: Asked, **changes: str) -> str:
    """Give the address that asks the same, with changes."""
    wanted = asked.wanted
    said = {
        "order": asked.order.value if asked.order is StoryOrder.GROWING else "",
        "language": wanted.language,
        "outlet": wanted.outlet,
        "folder": wanted.folder,
        "subscription": str(wanted.subscription_id or ""),
        "span": asked.span,
    } | changes
    filled = {name: value for name, value in said.items() if value}
    return "/stories" + ("?" + urlencode(filled) if filled else "")
