"""Read the dates of `published:`.

In: what stands after the colon. Out: `Published`, or BadQuery. Pure. Trap: a day is a day in UTC; `now` is the instant
at which the article was first seen, so that a query means the same when it is tried on the archive.
"""

import re
from datetime import UTC, datetime, timedelta

from pipeline.alerts.query.tree import Published
from pipeline.errors import BadQuery
from pipeline.model import Matchable

Bound = datetime | timedelta | None

_RANGE = re.compile(r"[\[{]\s*(\S+)\s+TO\s+(\S+)\s*[\]}]")
_COMPARISON = re.compile(r"(>=|<=|>|<)?(.+)")
_RELATIVE = re.compile(r"now(?:-(\d{1,5})([hdw]))?")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2}):(\d{2}))?)?)?")
_HOURS = {"h": 1, "d": 24, "w": 168}
_FORM = "write a day as 2026-03-31, or a range as [2026-03-01 TO 2026-03-31] or [now-7d TO now]"


def read_dates(text: str, position: int) -> Published:
    """Read a date, a comparison or a range."""
    found = _RANGE.fullmatch(text)
    if found:
        low, high = _span(found[1], position)[0], _span(found[2], position)[1]
    else:
        low, high = _compared(text, position)
    absolute = isinstance(low, datetime) and isinstance(high, datetime) and low >= high
    if absolute or (isinstance(low, timedelta) and isinstance(high, timedelta) and low <= high):
        raise BadQuery(f"the range '{text}' is empty: it ends before it begins", position)
    return Published(low, high, text, position)


def is_within(asked: Published, article: Matchable) -> bool:
    """Tell whether an article's date lies in the range; an article without a date lies in none."""
    published, seen = article.published_at, article.seen_at or article.published_at
    if published is None or seen is None:
        return False
    low = seen - asked.low if isinstance(asked.low, timedelta) else asked.low
    high = seen - asked.high if isinstance(asked.high, timedelta) else asked.high
    return (low is None or published >= low) and (high is None or published < high)


def _compared(text: str, position: int) -> tuple[Bound, Bound]:
    found = _COMPARISON.fullmatch(text)
    if not found:
        raise BadQuery(f"'{text}' is no date; {_FORM}", position)
    low, high = _span(found[2], position)
    chosen: dict[str | None, tuple[Bound, Bound]] = {
        None: (low, high),
        ">=": (low, None),
        ">": (high, None),
        "<": (None, low),
        "<=": (None, high),
    }
    return chosen[found[1]]


def _span(text: str, position: int) -> tuple[Bound, Bound]:
    """Give when a day, month, year, minute or `now-7d` begins and ends; `*` has neither."""
    if text == "*":
        return None, None
    if relative := _RELATIVE.fullmatch(text):
        back = timedelta(hours=int(relative[1] or 0) * _HOURS[relative[2] or "h"])
        return back, back or None
    found = _DATE.fullmatch(text)
    if not found:
        raise BadQuery(f"'{text}' is no date; {_FORM}", position)
    try:
        return _absolute([int(part) for part in found.groups() if part])
    except ValueError:
        raise BadQuery(f"there is no date '{text}'", position) from None


def _absolute(parts: list[int]) -> tuple[datetime, datetime]:
    year, month, day, hour, minute = [*parts, *(1, 1, 1, 0, 0)[len(parts) :]]
    start = datetime(year, month, day, hour, minute, tzinfo=UTC)
    match len(parts):
        case 1:
            return start, start.replace(year=start.year + 1)
        case 2:
            return start, (start + timedelta(days=32)).replace(day=1)
        case 3:
            return start, start + timedelta(days=1)
    return start, start + timedelta(minutes=1)
