"""What a subscription would have done: alerts a day, what grouping kept back, and what to doubt.

In: what a query finds in the archive, and when alerts would have been raised. Out: `Preview`. Pure. Trap: without
conditions an alert is counted on the day its story first met the query within the span of time that was asked; a story
that met it before would have raised none.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

BROAD_PER_DAY = 40  #: alerts that nobody reads day after day
BROAD_SHARE = 0.2  #: of all articles
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400_000_000  #: microseconds
_BARS = " ▁▂▃▄▅▆▇█"


class _Placed(Protocol):
    @property
    def story_id(self) -> int: ...
    @property
    def stored(self) -> int: ...


class _Clause(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def excluded(self) -> bool: ...


class _Found(Protocol):
    @property
    def since(self) -> datetime: ...
    @property
    def article_count(self) -> int: ...
    @property
    def met(self) -> Sequence[_Placed]: ...
    @property
    def clauses(self) -> Sequence[_Clause]: ...


@dataclass(frozen=True, slots=True)
class Day:
    """One day of UTC: articles that met the query, and the alerts they would have raised."""

    day: date
    match_count: int
    alert_count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a subscription would have done."""

    since: datetime
    article_count: int  #: articles of that time
    match_count: int  #: of them met the query
    story_count: int  #: stories among these
    alert_count: int  #: of them would have raised an alert
    days: tuple[Day, ...]  #: every day of the time, also those without
    warnings: tuple[str, ...]

    @property
    def suppressed_count(self) -> int:
        """Matches in a story that had met the query before; one alert for all of them."""
        return self.match_count - self.story_count


def preview(found: _Found, until: datetime, raised_at: Iterable[datetime] | None = None) -> Preview:
    """Count what would have happened; without `raised_at` a story's first match raises its alert."""
    seen: set[int] = set()
    matches: Counter[date] = Counter()
    begun: Counter[date] = Counter()
    for placed in found.met:
        day = date.fromordinal(_EPOCH + placed.stored // _DAY)
        matches[day] += 1
        begun[day] += placed.story_id not in seen
        seen.add(placed.story_id)
    alerts = begun if raised_at is None else Counter(at.astimezone(UTC).date() for at in raised_at)
    alert_count = alerts.total()
    first, last = found.since.astimezone(UTC).date(), until.astimezone(UTC).date()
    all_days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = tuple(Day(day, matches[day], alerts[day]) for day in all_days)
    warnings = tuple(_warnings(found, alert_count, (until - found.since) / timedelta(days=1)))
    return Preview(found.since, found.article_count, len(found.met), len(seen), alert_count, days, warnings)


def _warnings(found: _Found, alert_count: int, day_count: float) -> list[str]:
    said: list[str] = []
    if not found.article_count:
        return ["there are no articles of that time, so nothing can be said"]
    per_day = alert_count / max(day_count, 1)
    if per_day > BROAD_PER_DAY:
        said.append(f"too broad: {per_day:.0f} alerts a day; add a word that must be there")
    elif len(found.met) > BROAD_SHARE * found.article_count and found.article_count > 100:
        said.append(f"too broad: {len(found.met) / found.article_count:.0%} of all articles meet it")
    if found.met and not alert_count:
        said.append("no alert: the conditions held back every story that met the query")
    if not found.met:
        said.append(f"never met: none of {found.article_count:,} articles meets it")
    said += [f"{clause.text} never occurs" for clause in found.clauses if not clause.count and not clause.excluded]
    said += [f"{clause.text} excludes nothing" for clause in found.clauses if not clause.count and clause.excluded]
    return said


def bars(counts: Sequence[int]) -> str:
    """Draw counts as a row of bars, the largest the highest; a day with none is blank."""
    most = max(counts, default=0)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] if count else _BARS[0] for count in counts)
