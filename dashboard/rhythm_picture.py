"""A feed's rhythm as a small picture: how many entries it brings by hour of the day and by day of the week.

In: the rhythm as stored. Out: bars to draw, and the same in words. Pure; hides nothing. Trap: hours are of the UTC day,
and what was watched only for a few hours is drawn towards the usual rate, as the poller does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.feeds.rhythm import from_text, shaped_rates

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HEIGHT = 40.0
BAR, STEP = 8.0, 10.0
LEAST = 1.5  #: an hour that brings next to nothing is still seen to be there
FEWEST = 3.0  #: entries known, below which nothing is said of hours and days


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour or day."""

    x: float
    y: float
    height: float
    told: str  #: for a pointer that rests on it
    is_busy: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """A row of bars and what it says."""

    bars: tuple[Bar, ...]
    width: float
    words: str
    ticks: tuple[str, ...]  #: along the lower edge, evenly


@dataclass(frozen=True, slots=True)
class RhythmPicture:
    """How often a feed publishes, and when."""

    words: str
    hours: Bars | None  #: None while too little is known
    days: Bars | None


def rhythm_picture(stored: str | None) -> RhythmPicture | None:
    """Draw a stored rhythm; None if there is none yet."""
    known = from_text(stored) if stored else None
    if known is None:
        return None
    words = f"{rate_words(known.usual_rate)}; its document shows {known.window} at once"
    if sum(known.day_counts) < FEWEST:
        return RhythmPicture(f"{words}. Too little is known yet to tell hours and days apart.", None, None)
    hours, days = shaped_rates(known)
    named = [f"{hour:02d}:00" for hour in range(24)]
    return RhythmPicture(
        words,
        _bars(hours, named, f"Most at {named[_busiest(hours)]} UTC", ("0", "6", "12", "18")),
        _bars(days, DAYS, f"Most on {DAYS[_busiest(days)]}", tuple(day[0] for day in DAYS)),
    )


def rate_words(per_hour: float) -> str:
    """Say how often something comes, in the unit that reads best."""
    for factor, unit in ((1, "an hour"), (24, "a day"), (24 * 7, "a week")):
        if per_hour * factor >= 1:
            return f"about {per_hour * factor:.0f} {'entry' if round(per_hour * factor) == 1 else 'entries'} {unit}"
    return "less than an entry a week"


def _busiest(rates: Sequence[float]) -> int:
    return max(range(len(rates)), key=rates.__getitem__)


def _bars(rates: Sequence[float], names: Sequence[str], words: str, ticks: tuple[str, ...]) -> Bars:
    top = max(rates) or 1.0
    bars = []
    for place, (rate, name) in enumerate(zip(rates, names, strict=True)):
        height = max(LEAST, rate / top * HEIGHT)
        told = f"{name}: {rate_words(rate)}"
        bars.append(Bar(place * STEP, round(HEIGHT - height, 1), round(height, 1), told, rate >= 0.75 * top))
    return Bars(tuple(bars), len(bars) * STEP - (STEP - BAR), words, ticks)
