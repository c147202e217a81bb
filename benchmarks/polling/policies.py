"""The rules by which the simulation polls; each gives a wait after a poll, in hours.

In: what a poll showed. Out: a wait. `Fixed` is every reader's default; `EntryFrequency` follows Miniflux's formula as
its options and model describe it, written anew; `OwnRhythm` is ours. Trap: Miniflux looks at its clock only once an
hour by default; here it may poll at any minute, which is in its favour.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pipeline.feeds import rhythm

WEEK_HOURS = 168.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Policy(Protocol):
    """Polls one feed; `shown` are the times of the entries in its document, ascending."""

    def first(self, at: float, shown: Sequence[float]) -> float:
        """Give the wait after the first poll."""

    def next(self, at: float, shown: Sequence[float], fresh: Sequence[float], since: float) -> float:
        """Give the wait after a later one, which found `fresh` entries since the poll at `since`."""


class Fixed:
    """The same wait always."""

    def __init__(self, hours: float) -> None:
        self._hours = hours

    def first(self, _at: float, _shown: Sequence[float]) -> float:
        """Wait the interval."""
        return self._hours

    def next(self, _at: float, _shown: Sequence[float], _fresh: Sequence[float], _since: float) -> float:
        """Wait the interval."""
        return self._hours


class EntryFrequency:
    """A week divided by the entries of a week, from the average distance of those of the last seven days."""

    def __init__(self, factor: float = 1.0, shortest: float = 5 / 60, longest: float = 24.0) -> None:
        self._factor, self._shortest, self._longest = factor, shortest, longest
        self._stored: list[float] = []

    def first(self, at: float, shown: Sequence[float]) -> float:
        """Store what is shown."""
        self._stored = list(shown)
        return self._wait(at)

    def next(self, at: float, _shown: Sequence[float], fresh: Sequence[float], _since: float) -> float:
        """Store what is new."""
        self._stored = [*(one for one in self._stored if one >= at - WEEK_HOURS), *fresh]
        return self._wait(at)

    def _wait(self, at: float) -> float:
        week = [one for one in self._stored if one >= at - WEEK_HOURS]
        span = max(week) - min(week) if len(week) > 1 else 0.0
        count = math.ceil(WEEK_HOURS * (len(week) - 1) / span) if span else 0
        if not count:
            return self._longest
        return min(max(WEEK_HOURS / (count * self._factor), self._shortest), self._longest)


class OwnRhythm:
    """The rule of pipeline.feeds.rhythm."""

    def __init__(self, usual: float = 1.0, shortest: float = 0.5, longest: float = 4.0) -> None:
        self._bounds = rhythm.Bounds(usual, min(shortest, usual), max(longest, usual))
        self._known = rhythm.new_rhythm(EPOCH)

    def first(self, at: float, shown: Sequence[float]) -> float:
        """Learn from the whole document."""
        self._known = rhythm.first_rhythm([_instant(one) for one in shown], _instant(at))
        return rhythm.wait_hours(self._known, _instant(at), self._bounds)

    def next(self, at: float, shown: Sequence[float], fresh: Sequence[float], since: float) -> float:
        """Learn from what is new; halve the wait if nothing of the document was known."""
        now = _instant(at)
        if fresh:
            self._known = rhythm.learn(self._known, [_instant(one) for one in fresh], len(shown), now)
        wait = rhythm.wait_hours(self._known, now, self._bounds)
        lost = len(fresh) >= len(shown) >= rhythm.SMALLEST_WINDOW
        return max(self._bounds.shortest, min(wait, (at - since) / 2)) if lost else wait


def _instant(hours: float) -> datetime:
    return EPOCH + timedelta(hours=hours)
