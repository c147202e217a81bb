"""Which figures must stay flat, and how flat.

In: samples. Out: `Verdict`s. Pure. Trap: the database and the counts grow by design and are not asked; memory of a
process may move a little for ever, since allocators keep what they had.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.soak.sample import Figures
from benchmarks.soak.slope import Series, Slope, settled, slope_of

SHARE = 0.05  #: of its level, that a figure may add in an hour
LEAST = {"memory, MB": 3.0, "descriptors": 1.0, "threads": 1.0, "log, MB": 1.0, "jobs": 2.0, "s": 0.5}  #: or so much
SKIPPED = ("articles", "database", "restarts", "hours")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure."""

    name: str
    slope: Slope
    highest: float
    allowed: float  #: an hour

    @property
    def holds(self) -> bool:
        """Tell whether it stays flat."""
        return self.slope.an_hour <= self.allowed


def judge(samples: Sequence[Figures]) -> list[Verdict]:
    """Judge every figure that must not grow."""
    names = sorted({name for sample in samples for name in sample if not name.startswith(SKIPPED)})
    return [_judge(name, series(samples, name)) for name in names]


def series(samples: Sequence[Figures], name: str) -> Series:
    """Give one figure over the hours; a sample that lacks it is left out."""
    return [(sample["hours"], sample[name]) for sample in samples if name in sample]


def _judge(name: str, values: Series) -> Verdict:
    slope = slope_of(values)
    least = next((least for unit, least in LEAST.items() if name.endswith(unit)), 0.0)
    return Verdict(name, slope, max(y for _, y in settled(values)), max(SHARE * slope.level, least))
