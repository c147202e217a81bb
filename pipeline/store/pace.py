"""How many articles came, and how long they took, over a span of time.

In: a start, an end and how many slices. Out: `Slice`s, the oldest first, also of those in which nothing came. Trap: a
delay here is from an entry first seen to its article stored; what alerts took is told by `delays`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from pipeline.store.delays import quantile
from pipeline.store.types import microseconds

_READ = "SELECT stored_at, first_seen_at FROM articles WHERE stored_at > :start AND stored_at <= :end"
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Slice:
    """The articles of one slice of time; delays are None where none came."""

    at: datetime  #: its end
    article_count: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Pace:
    """A span of time in slices, and as a whole."""

    start: datetime
    end: datetime
    slices: Sequence[Slice]
    whole: Slice


def over(tx: Connection, span: timedelta, now: datetime, slice_count: int) -> Pace:
    """Read the articles of the span that ends now, from the index over their times."""
    start = now - span
    width = (microseconds(now) - microseconds(start)) / slice_count
    found: list[list[float]] = [[] for _ in range(slice_count)]
    for stored, seen in tx.execute(text(_READ), {"start": microseconds(start), "end": microseconds(now)}):
        place = min(int((stored - microseconds(start)) / width), slice_count - 1)
        found[place].append(max(0, stored - seen) / SECOND)
    slices = [_slice(start + span * (place + 1) / slice_count, delays) for place, delays in enumerate(found)]
    return Pace(start, now, slices, _slice(now, [delay for delays in found for delay in delays]))


def _slice(at: datetime, delays: Sequence[float]) -> Slice:
    if not delays:
        return Slice(at, 0, None, None)
    return Slice(at, len(delays), quantile(delays, 0.5), quantile(delays, 0.95))
