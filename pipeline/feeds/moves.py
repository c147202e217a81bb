"""Decide whether a feed has moved for good: permanent redirects are believed slowly (checklist F13, F14).

In: the feed as stored, one good answer. Out: the trail of its moves, and whether it is long enough. Hides the
patience. Trap: a 301 is said as easily as a 302 and as often by mistake (a captive portal, a wrong rule for a day),
and what is adopted wrongly is lost quietly; so the trail breaks at the first answer from anywhere else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model import Feed, Response

PERMANENT_REDIRECTS = frozenset({301, 308})  # RFC 9110, 15.4.2 and 15.4.9
MOVE_COUNT = 6  # good answers from there
MOVE_AGE = timedelta(days=4)  # longer than a weekend with nobody at the server


@dataclass(frozen=True, slots=True)
class Trail:
    """Where permanent redirects have led, without a break; without `since_at` a stranger, who is never believed."""

    url: str | None = None
    since_at: datetime | None = None
    count: int = 0


def trail_after(feed: Feed, response: Response, at: datetime) -> Trail:
    """Give the trail with this answer, which was a feed or a 304; none if it came from the feed's own address."""
    url = moved_to(response)
    if url is None:
        return Trail()
    if url != feed.moved_url:
        return Trail(url, at, 1)
    if (
        feed.moved_since_at is None
    ):  # its first answer showed nothing that we knew; what it brought since proves nothing
        return Trail(url)
    return Trail(url, feed.moved_since_at, feed.moved_count + 1)


def moved_to(response: Response) -> str | None:
    """Give where an answer came from if every step there was permanent; None otherwise."""
    steps = [status for status, _target in response.redirects]
    return response.url if steps and all(status in PERMANENT_REDIRECTS for status in steps) else None


def is_believed(trail: Trail, at: datetime) -> bool:
    """Tell whether the move is to be adopted."""
    return trail.since_at is not None and trail.count >= MOVE_COUNT and at - trail.since_at >= MOVE_AGE
