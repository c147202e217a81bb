"""A small chart of one figure over time, as points of an SVG line.

In: instants and values. Out: a `Chart` for the template. Hides nothing; pure. Trap: a gap between two samples is
a gap in the line, since nobody was there to count; it must not look like a steady figure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

WIDTH, HEIGHT = 600.0, 90.0
GAP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines to draw in a box of `WIDTH` by `HEIGHT`, and what stands beside them."""

    lines: tuple[str, ...]  #: each the `points` of a polyline
    top: int  #: the value at the upper edge
    last: int


Point = tuple[datetime, int]


def chart(points: Sequence[Point], start: datetime, end: datetime) -> Chart:
    """Draw the points between two instants; `points` are in the order of time."""
    top = max((value for _, value in points), default=0)
    drawn = tuple(_line(run, start, end, max(top, 1)) for run in _runs(points))
    return Chart(drawn, top, points[-1][1] if points else 0)


def _runs(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Cut the points where nobody counted for long."""
    run = list(points[:1])
    for before, after in pairwise(points):
        if after[0] - before[0] > GAP:
            yield run
            run = []
        run.append(after)
    if run:
        yield run


def _line(run: Sequence[Point], start: datetime, end: datetime, top: int) -> str:
    length = (end - start) / timedelta(seconds=1) or 1.0
    places = (
        ((at - start) / timedelta(seconds=1) / length * WIDTH, HEIGHT - value / top * HEIGHT) for at, value in run
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
