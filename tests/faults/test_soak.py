"""The soak's judgement of what grows."""

import random

import pytest

from benchmarks.soak.picture import draw
from benchmarks.soak.slope import slope_of
from benchmarks.soak.verdict import judge

SAMPLES = 200


def _series(start: float, an_hour: float, noise: float) -> list[tuple[float, float]]:
    dice = random.Random(7)
    return [(n / SAMPLES, start + an_hour * n / SAMPLES + dice.uniform(-noise, noise)) for n in range(SAMPLES)]


@pytest.mark.parametrize(("an_hour", "noise"), [(0, 0), (0, 5), (30, 5), (-30, 5)])
def test_a_slope_is_found_under_noise(an_hour: float, noise: float) -> None:
    """The slope of a noisy line is its own, and an outlier does not move it."""
    series = _series(100, an_hour, noise)
    series[150] = (series[150][0], 100_000.0)
    assert slope_of(series).an_hour == pytest.approx(an_hour, abs=4)


def test_a_start_is_no_growth() -> None:
    """What climbs in the first minutes and then stays is flat."""
    series = [(x, min(100.0, 2000 * x)) for x, _ in _series(0, 0, 0)]
    assert slope_of(series).an_hour == 0


def test_what_grows_is_told_and_drawn() -> None:
    """A leak of a tenth an hour is a leak; noise of that size is none; the database may grow."""
    leak, steady = _series(100, 10, 2), _series(100, 0, 10)
    samples = [
        {"hours": x, "worker: memory, MB": y, "poller: memory, MB": z, "database, MB": 1000 * x}
        for (x, y), (_, z) in zip(leak, steady, strict=True)
    ]
    assert {one.name: one.holds for one in judge(samples)} == {"worker: memory, MB": False, "poller: memory, MB": True}
    assert draw(samples).count("<polyline") == 2
