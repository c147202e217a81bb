"""Alerts a day as bars of an SVG picture.

In: the days of a trial. Out: `Bars` for the template. Pure. Trap: what met the query and what would have been an alert
share one scale, so that a bar's lighter part is what grouping and conditions kept back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.chart import HEIGHT, WIDTH
from dashboard.words import counted
from pipeline.alerts.preview import Day

_GAP = 0.2  #: of a day's width, between two bars
_LEAST = 1.5  #: height of a bar that is not nothing


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: where it stands, how high its matches and alerts reach, and its title."""

    x: str
    width: str
    match_y: str
    match_height: str
    alert_y: str
    alert_height: str
    title: str


@dataclass(frozen=True, slots=True)
class Bars:
    """All days in a box of `WIDTH` by `HEIGHT`."""

    bars: tuple[Bar, ...]
    top: int  #: the value at the upper edge


def bars(days: Sequence[Day]) -> Bars:
    """Draw days from left to right."""
    top = max((max(day.match_count, day.alert_count) for day in days), default=0)
    step = WIDTH / max(len(days), 1)
    return Bars(tuple(_bar(day, number, step, max(top, 1)) for number, day in enumerate(days)), top)


def _bar(day: Day, number: int, step: float, top: int) -> Bar:
    matches, alerts = _height(day.match_count, top), _height(day.alert_count, top)
    return Bar(
        x=f"{(number + _GAP / 2) * step:.2f}",
        width=f"{step * (1 - _GAP):.2f}",
        match_y=f"{HEIGHT - matches:.1f}",
        match_height=f"{matches:.1f}",
        alert_y=f"{HEIGHT - alerts:.1f}",
        alert_height=f"{alerts:.1f}",
        title=f"{day.day:%a %d %b}: {counted(day.alert_count, 'alert')}, {counted(day.match_count, 'article')}",
    )


def _height(count: int, top: int) -> float:
    return max(count / top * HEIGHT, _LEAST) if count else 0.0
