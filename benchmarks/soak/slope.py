"""Tell whether a figure grows with time.

In: a series of (hours, value). Out: a `Slope`. Pure. The slope is Theil and Sen's, the median of the slopes between all
pairs, which a few outliers do not move. Trap: a start is no growth (caches fill, code is compiled), so the first fifth
is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

WARM_SHARE = 0.2
MOST_POINTS = 250  #: 31,000 pairs

Series = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Slope:
    """How a figure moves."""

    level: float  #: its median
    an_hour: float

    def is_flat(self, share: float, least: float) -> bool:
        """Tell whether an hour adds less than this share of the level, or less than a least amount."""
        return self.an_hour <= max(share * self.level, least)


def slope_of(series: Series) -> Slope:
    """Measure a series; raises ValueError for one of fewer than ten points."""
    warm = _thinned(settled(series))
    if len(warm) < 8:
        raise ValueError(f"{len(series)} points are too few to say how a figure moves")
    steep = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(warm, 2) if x2 > x1]
    return Slope(median(y for _, y in warm), median(steep))


def settled(series: Series) -> Series:
    """Leave the start out."""
    return series[int(len(series) * WARM_SHARE) :]


def _thinned(series: Series) -> Series:
    return series[:: max(1, len(series) // MOST_POINTS)]
