"""What comes in: entries at hosts, as unevenly as news comes.

In: how many a day, how many hosts, a seed. Out: arrivals by the second. Hides nothing. Trap: hosts follow a power law
whose first has one entry in a hundred; a host with more than its gap lets through waits for ever, and that is counted.
"""

import bisect
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

HOSTS = 100_000
EXPONENT = (
    0.7  #: the first host then has one percent of everything, 49,000 pages a day of the 86,400 that a second allows
)
PEAK = 2.5  #: the busiest hour against the mean of the day


@dataclass(frozen=True, slots=True)
class World:
    """A day's news, of which the busiest hour is played."""

    articles_a_day: int = 5_000_000
    hosts: int = HOSTS
    exponent: float = EXPONENT
    peak: float = PEAK

    @property
    def a_second(self) -> float:
        """Say how many entries come in a second of the busiest hour."""
        return self.articles_a_day / 86_400 * self.peak

    def arrivals(self, seconds: int, seed: int) -> Iterator[list[int]]:
        """Give, second by second, the hosts at which an entry appears; a poll brings several at once."""
        dice = random.Random(seed)
        ends = list(itertools.accumulate((rank + 1) ** -self.exponent for rank in range(self.hosts)))
        owed = 0.0
        for _ in range(seconds):
            owed += self.a_second * dice.uniform(0.5, 1.5)
            found: list[int] = []
            while owed >= 1:
                count = min(dice.choice((1, 1, 1, 2, 2, 5)), int(owed))
                found += [bisect.bisect(ends, dice.random() * ends[-1])] * count
                owed -= count
            yield found
