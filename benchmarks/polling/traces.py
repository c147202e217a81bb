"""Give the feeds of the simulation: when each published, and how many entries its document shows.

In: the real feeds beside the checkout. Out: `Trace`s. A feed shows only its last entries, so the real dates are played
as they stand, with the document cut to a third, and beside them processes fitted to each feed: its hours, its days, how
its entries bunch. Hides random. Trap: real feeds of private people publish seldom, so every shape is also played at the
rates of news desks; without that, nothing would be said about losing entries.
"""

import math
import random
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import Permanent
from pipeline.feeds.parse import parse

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "feeds" / "real.zip"
SEEN_AT = datetime(2026, 2, 18, tzinfo=UTC)  # the day after the newest entry in them
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLAYED_HOURS = 28 * 24.0
LONGEST_REAL_HOURS = 180 * 24.0
NEWS_RATES = (0.05, 8.0)  # entries an hour, from one a day to a wire service
WINDOWS = (10, 15, 20, 25, 30, 50, 100)
LEAST_WINDOW_HOURS = 6.0  # of its usual entries that a desk's document holds
LEAST_ENTRIES = 6


@dataclass(frozen=True, slots=True)
class Trace:
    """One feed: `times` ascending, in hours since 1970; polled from `start` to `end`, known before by its document."""

    name: str
    times: tuple[float, ...]
    window: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a feed's process is kept when it is played at any rate."""

    name: str
    window: int
    rate: float  #: entries an hour
    hours: tuple[float, ...]  #: share of each hour of the day, times 24
    days: tuple[float, ...]  #: share of each day of the week, times 7
    spread: float  #: shape of the gamma by which the rate of a half day strays; small is bursty


def real_dates() -> Iterator[tuple[str, list[float]]]:
    """Yield the dates of each real feed, ascending; those that give only days are left out."""
    with zipfile.ZipFile(REAL) as archive:
        for name in sorted(archive.namelist()):
            try:
                shown = parse(archive.read(name), url="https://feeds.example/", now=SEEN_AT).entries
            except Permanent:
                continue
            dates = sorted((e.published_at - EPOCH).total_seconds() / 3600 for e in shown if e.published_at)
            if len(set(dates)) >= LEAST_ENTRIES and sum(at % 24 == 0 for at in dates) * 4 < len(dates):
                yield name, dates


def made_up_dates() -> Iterator[tuple[str, list[float]]]:
    """Yield dates without the data: thirty feeds, each with its working hours."""
    for number in range(30):
        rng = random.Random(number)
        start, span = 490_000.0, rng.uniform(100, 4000)
        wanted = [start + rng.random() * span for _ in range(200)]
        dates = [at for at in wanted if (at + number) % 24 < 10 and (int(at) // 24 + 3) % 7 < 6]
        yield f"made-up-{number}", sorted(dates[: rng.randint(10, 40)])


def as_they_stand(feeds: Sequence[tuple[str, list[float]]]) -> list[Trace]:
    """Give the real dates: a third of them is known at the beginning, and the document shows that many."""
    traces = []
    for name, dates in feeds:
        window = max(3, len(dates) // 3)
        known = max(window, sum(at < dates[-1] - LONGEST_REAL_HOURS for at in dates))
        if known < len(dates):
            start = dates[known - 1] + 0.01
            traces.append(Trace(name, tuple(dates), window, start, dates[-1] + 24))
    return traces


def fitted(name: str, dates: list[float]) -> Shape:
    """Fit hours, days and bursts, drawn towards evenness as far as there is little to go by."""
    span = max(dates[-1] - dates[0], 1.0)
    hours = Counter(int(at) % 24 for at in dates)
    days = Counter((int(at) // 24 + 3) % 7 for at in dates)
    halves = Counter(int(at) // 12 for at in dates)
    mean = len(dates) / max(span / 12, 1)
    variance = sum((halves.get(half, 0) - mean) ** 2 for half in range(int(dates[0]) // 12, int(dates[-1]) // 12 + 1))
    excess = variance / max(span / 12, 1) - mean
    return Shape(
        name,
        window=max(10, len(dates)),
        rate=len(dates) / span,
        hours=_shares([_soft(hours, h, 24) for h in range(24)], len(dates)),
        days=_shares([days[d] for d in range(7)], len(dates)),
        spread=min(max(mean * mean / excess if excess > 0 else 20.0, 0.3), 20.0),
    )


def _soft(counts: Counter[int], place: int, size: int) -> float:
    return (counts[(place - 1) % size] + 2 * counts[place] + counts[(place + 1) % size]) / 4


def _shares(counts: Sequence[float], total: int) -> tuple[float, ...]:
    even = 3.0
    return tuple((count + even / len(counts)) * len(counts) / (total + even) for count in counts)


def at_desk(shape: Shape, seed: int) -> Shape:
    """Give the shape at a news desk's rate, with a document that fits it."""
    rng = random.Random(f"{shape.name} desk {seed}")
    low, high = map(math.log, NEWS_RATES)
    rate = math.exp(rng.uniform(low, high))  # evenly over the orders of magnitude
    window = rng.choice([window for window in WINDOWS if window >= rate * LEAST_WINDOW_HOURS])
    # How a diary's posts bunch over half days says little about a desk; it strays by half, as a gamma of 4 does.
    return replace(shape, rate=rate, window=window, spread=max(shape.spread, 4.0))


def drawn(shape: Shape, seed: int, *, played: float = PLAYED_HOURS) -> Trace:
    """Draw a feed of this shape; what it published before the play fills its first document."""
    rate = shape.rate
    rng = random.Random(f"{shape.name} {rate:.4f} {seed}")
    before = min(max(shape.window / rate, 24.0), 365 * 24.0)
    start = 490_000.0 + rng.random() * 168
    times: list[float] = []
    burst = 1.0
    for hour in range(int(start - before), int(start + played)):
        if hour % 12 == 0:
            burst = rng.gammavariate(shape.spread, 1 / shape.spread)
        expected = rate * burst * shape.hours[hour % 24] * shape.days[(hour // 24 + 3) % 7]
        times += sorted(hour + rng.random() for _ in range(_poisson(expected, rng)))
    return Trace(f"{shape.name} {rate:.3f}/h", tuple(times), shape.window, start, start + played)


def _poisson(mean: float, rng: random.Random) -> int:
    limit, product, count = math.exp(-min(mean, 50.0)), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
