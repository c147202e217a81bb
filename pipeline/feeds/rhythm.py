"""Learn when a feed publishes, and say how long it may be left alone.

In: the instants at which entries appeared, the length of the document, the owner's policy. Out: a `Rhythm`, a few
hundred bytes of text with the feed, and a wait. Pure; hides nothing. The rule: a request is worth as much waiting as
the usual interval costs a feed of one entry an hour; so the feed is asked again when the entries expected meanwhile
have waited that long together. For a steady feed that is the usual interval divided by the square root of its entries
an hour, which for a given number of requests makes the sum of all waiting least. Trap: hours are of the UTC day.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

# Settled on 47 of 94 real feeds and kept for the other 47: docs/polling.md.
MEMORY_HOURS = 60 * 24.0  # half-life of what is known of hours, days and the usual rate
RECENT_HOURS = 24.0  # half-life of the recent rate: bursts, and silence
PRIOR_HOURS = 48.0  # a feed of which nothing is known counts as one that brought half an entry in a day
PRIOR_COUNT = 1.0
SHAPE_WEIGHT = 1.0  # entries that an hour of the day must show before it is believed half
RECENT_WEIGHT = 2.0  # likewise for the recent rate
SLOWEST, FASTEST = 0.25, 8.0  # the recent rate against the usual one, at most
WINDOW_SHARE = 1 / 3  # of the document that may be new at once, as expected: bursts come on top
UNKNOWN_WINDOW = 10
SMALLEST_WINDOW = 3  # a document of one or two entries shares none with the one before quite rightly
WALK_HOURS = 48

_HOUR = timedelta(hours=1)
_LN2 = math.log(2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WEEKDAY = 3  # a Thursday; Monday is 0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of a feed's times. Counts and hours watched fade with `MEMORY_HOURS`."""

    at: float  #: hours since 1970 at which this was learned
    window: int  #: entries the last document showed
    hour_counts: tuple[float, ...]  #: entries by hour of the day
    hour_watched: tuple[float, ...]  #: hours watched, by hour of the day
    day_counts: tuple[float, ...]  #: entries by day of the week, Monday first
    day_watched: tuple[float, ...]
    recent_count: float = 0.0  #: entries, fading with `RECENT_HOURS`
    recent_expected: float = 0.0  #: entries that the usual rate promised meanwhile

    @property
    def usual_rate(self) -> float:
        """Entries an hour over all hours."""
        return (sum(self.day_counts) + PRIOR_COUNT) / (sum(self.day_watched) + PRIOR_HOURS)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which waits to choose, in hours; `usual` is the one for a feed of one entry an hour."""

    usual: float
    shortest: float
    longest: float


def new_rhythm(now: datetime) -> Rhythm:
    """Begin knowing nothing."""
    return Rhythm(_hours(now), UNKNOWN_WINDOW, (0.0,) * 24, (0.0,) * 24, (0.0,) * 7, (0.0,) * 7)


def first_rhythm(published: Sequence[datetime | None], now: datetime) -> Rhythm:
    """Learn from a feed's first document: it was watched, so to say, since its oldest entry.

    A date at midnight sharp is a day without a time, as many feeds write it; its hour is not believed.
    """
    dates = sorted(_hours(min(at, now)) for at in published if at is not None)
    blank = replace(new_rhythm(now), window=max(len(published), 1))
    if len(dates) < 2:
        return blank
    # The oldest entry only marks where the watch begins: counted too, it would make every rate too high.
    known = _watched(replace(blank, at=dates[0]), _hours(now))
    known = _counted(known, dates[1:], timed=[at for at in dates[1:] if at % 24])
    _, expected = _recent(replace(known, at=dates[0], recent_expected=0.0), known.at, known.usual_rate)
    return replace(known, recent_expected=expected)


def learn(rhythm: Rhythm, arrived: Sequence[datetime], window: int, now: datetime) -> Rhythm:
    """Give the rhythm after a document of `window` entries, of which those that `arrived` are new.

    `arrived` are believable instants: what the feed says of an entry where it lies since the poll before, see
    `believed`.
    """
    known = replace(_watched(rhythm, _hours(now)), window=max(window, 1))
    times = [_hours(at) for at in arrived]
    return _counted(known, times, timed=times)


def believed(published: datetime | None, since: datetime, now: datetime) -> datetime:
    """Say when a new entry appeared: as dated if that lies between the polls, else halfway between them."""
    if published is not None and since <= published <= now:
        return published
    return since + (now - since) / 2


def wait_hours(rhythm: Rhythm, now: datetime, bounds: Bounds) -> float:
    """Say how long the feed may be left alone.

    Until the entries expected since have waited as much as a request is worth, or as many are expected as may scroll
    through the document without any being lost; within the bounds.
    """
    price, most = bounds.usual**2 / 2, max(1.0, rhythm.window * WINDOW_SHARE)
    at, waited, count, cost = _hours(now), 0.0, 0.0, 0.0
    rates = _Rates(rhythm, at)
    longest = min(bounds.longest, WALK_HOURS)
    most_expected = rates.highest * longest
    if most_expected <= most and most_expected * longest / 2 <= price:
        return max(bounds.shortest, bounds.longest)  # as for most feeds, which bring an entry a day or fewer
    while waited < longest:
        step = min(1 - (at + waited) % 1, longest - waited)
        rate = rates.at(at + waited)
        more = rate * step
        if count + more > most or cost + (count + more / 2) * step > price:
            return max(bounds.shortest, waited + _reached(price - cost, count, rate, step, most))
        cost += (count + more / 2) * step
        count += more
        waited += step
    return max(bounds.shortest, bounds.longest)


def last_learned(rhythm: Rhythm) -> datetime:
    """Say when the feed last brought something, as far as polls saw it."""
    return _EPOCH + rhythm.at * _HOUR


def usual_entries(rhythm: Rhythm, until: datetime) -> float:
    """Say how many entries the usual rate promised since the last; hours and days count, the recent rate does not."""
    end = _hours(until)
    weeks = max(0, int((end - rhythm.at) // 168))
    rates = _Rates(replace(rhythm, recent_count=0.0, recent_expected=0.0), rhythm.at)
    rest = sum(rates.at(place) * length for place, length in _clock_hours(rhythm.at + weeks * 168, end))
    return rest + weeks * 168 * rhythm.usual_rate


def shaped_rates(rhythm: Rhythm) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give the entries an hour that are expected by hour of the UTC day, and by day of the week, Monday first."""
    usual = rhythm.usual_rate
    hours = tuple(_all_shaped(rhythm.hour_counts, rhythm.hour_watched, usual))
    return hours, tuple(_all_shaped(rhythm.day_counts, rhythm.day_watched, usual))


def _reached(price: float, count: float, rate: float, step: float, most: float) -> float:
    """Say how far into a step of one rate price or number are reached; `step` if neither is."""
    # price = count t + rate t^2 / 2
    root = math.sqrt(count * count + 2 * rate * max(price, 0.0)) - count
    by_price = root / rate if rate > 0 else step
    by_count = max(0.0, most - count) / rate if rate > 0 else step
    return min(by_price, by_count, step)


class _Rates:
    """The entries an hour expected at an instant, as known at another."""

    def __init__(self, rhythm: Rhythm, now: float) -> None:
        usual = self._usual = rhythm.usual_rate
        hours = _all_shaped(rhythm.hour_counts, rhythm.hour_watched, usual)
        # Neighbours count half: a summer hour moves everything by one, and an editor is not a clock.
        self._shape = [
            (left + 2 * hour + right) / 4
            for left, hour, right in zip([hours[-1], *hours[:-1]], hours, [*hours[1:], hours[0]], strict=True)
        ]
        self._days = _all_shaped(rhythm.day_counts, rhythm.day_watched, usual)
        self._now = now
        self._excess = _recent_ratio(rhythm, now, usual) - 1

    @property
    def highest(self) -> float:
        """Give a rate that is not exceeded from now on: what is recent only fades."""
        return max(self._shape) * max(self._days) / self._usual * (1 + max(self._excess, 0.0))

    def at(self, hour: float) -> float:
        """Give the rate in the clock hour that holds an instant."""
        whole = int(hour)
        rate = self._shape[whole % 24] * self._days[(whole // 24 + _EPOCH_WEEKDAY) % 7] / self._usual
        fading = math.exp(_LN2 * (self._now - hour) / RECENT_HOURS)
        return rate * (1 + self._excess * fading)


def _all_shaped(counts: Sequence[float], watched: Sequence[float], usual: float) -> list[float]:
    """Give the rate of each part of the day or week, drawn towards the usual one while it has shown little."""
    least = SHAPE_WEIGHT / usual
    return [(count + SHAPE_WEIGHT) / (hours + least) for count, hours in zip(counts, watched, strict=True)]


def _recent_ratio(rhythm: Rhythm, now: float, usual: float) -> float:
    """Compare the recent rate with the usual one."""
    count, expected = _recent(rhythm, now, usual)
    return min(max((count + RECENT_WEIGHT) / (expected + RECENT_WEIGHT), SLOWEST), FASTEST)


def _recent(rhythm: Rhythm, now: float, usual: float) -> tuple[float, float]:
    """Give the recent entries and those that were to be expected, as they have faded by now."""
    share = 0.5 ** (max(now - rhythm.at, 0.0) / RECENT_HOURS)
    promised = usual * RECENT_HOURS / _LN2 * (1 - share)
    return rhythm.recent_count * share, rhythm.recent_expected * share + promised


def _watched(rhythm: Rhythm, now: float) -> Rhythm:
    """Let time pass: what is known fades, and the hours since count as watched."""
    passed = max(now - rhythm.at, 0.0)
    if not passed:
        return rhythm
    recent_count, recent_expected = _recent(rhythm, now, rhythm.usual_rate)
    share, mean_share = 0.5 ** (passed / MEMORY_HOURS), _mean_share(passed)
    hours, days = [0.0] * 24, [0.0] * 7
    weeks, whole_days = int(passed // 168), int(passed % 168 // 24)
    begin = rhythm.at + weeks * 168
    for day in range(whole_days):  # each brings every hour once, and a part of two days of the week
        place = begin + day * 24
        days[_weekday(place)] += 24 - place % 24
        days[_weekday(place + 24)] += place % 24
    for place, length in _clock_hours(begin + whole_days * 24, now):
        hours[int(place) % 24] += length
        days[_weekday(place)] += length
    hours = [(hour + weeks * 7 + whole_days) * mean_share for hour in hours]
    days = [(day + weeks * 24) * mean_share for day in days]
    return replace(
        rhythm,
        at=now,
        recent_count=recent_count,
        recent_expected=recent_expected,
        hour_counts=tuple(count * share for count in rhythm.hour_counts),
        hour_watched=tuple(old * share + new for old, new in zip(rhythm.hour_watched, hours, strict=True)),
        day_counts=tuple(count * share for count in rhythm.day_counts),
        day_watched=tuple(old * share + new for old, new in zip(rhythm.day_watched, days, strict=True)),
    )


def _mean_share(passed: float) -> float:
    """Give what a watched hour is worth on average after so long a time: the older, the less."""
    faded = passed / MEMORY_HOURS * _LN2
    return (1 - math.exp(-faded)) / faded


def _clock_hours(start: float, end: float) -> Sequence[tuple[float, float]]:
    """Cut less than a week into clock hours: where each piece begins, and its length."""
    pieces = []
    while start < end:
        until = min(math.floor(start) + 1, end)
        pieces.append((start, until - start))
        start = until
    return pieces


def _counted(rhythm: Rhythm, times: Sequence[float], *, timed: Sequence[float]) -> Rhythm:
    """Count entries, each worth what its age leaves of it; those `timed` by their hour of the day too."""
    hours, days, recent = list(rhythm.hour_counts), list(rhythm.day_counts), rhythm.recent_count
    for at in times:
        age = max(rhythm.at - at, 0.0)
        days[_weekday(at)] += 0.5 ** (age / MEMORY_HOURS)
        recent += 0.5 ** (age / RECENT_HOURS)
    # What is believed of the hours must not shrink because some entries do not say theirs.
    weight = len(times) / len(timed) if timed else 0.0
    for at in timed:
        hours[int(at) % 24] += weight * 0.5 ** (max(rhythm.at - at, 0.0) / MEMORY_HOURS)
    if not timed:
        hours = [hour + sum(days) / 24 - sum(rhythm.day_counts) / 24 for hour in hours]
    return replace(rhythm, hour_counts=tuple(hours), day_counts=tuple(days), recent_count=recent)


def to_text(rhythm: Rhythm) -> str:
    """Write a rhythm as text to store: some 300 bytes, at most 900."""
    lists = (rhythm.hour_counts, rhythm.hour_watched, rhythm.day_counts, rhythm.day_watched)
    numbers = [[_short(number) for number in each] for each in lists]
    recent = [_short(rhythm.recent_count), _short(rhythm.recent_expected)]
    return json.dumps([round(rhythm.at, 2), rhythm.window, *numbers, recent], separators=(",", ":"))


def _short(number: float) -> float | int:
    short = float(f"{number:.3g}")
    return int(short) if short.is_integer() else short


def from_text(text: str) -> Rhythm | None:
    """Read a stored rhythm; None if there is none, or one of another make."""
    try:
        at, window, hours, hours_watched, days, days_watched, recent = json.loads(text)
        lists = [tuple(map(float, each)) for each in (hours, hours_watched, days, days_watched)]
        if [len(each) for each in lists] != [24, 24, 7, 7]:
            return None
        first, second, third, fourth = lists
        return Rhythm(float(at), int(window), first, second, third, fourth, float(recent[0]), float(recent[1]))
    except (ValueError, TypeError, LookupError):
        return None


def _hours(at: datetime) -> float:
    return (at - _EPOCH) / _HOUR


def _weekday(hour: float) -> int:
    return (int(hour) // 24 + _EPOCH_WEEKDAY) % 7
