"""Polling by a feed's own rhythm, played on real dates and on processes fitted to them, as benchmarks/polling does."""

from pathlib import Path

import pytest

from benchmarks.polling.policies import EntryFrequency, Fixed, OwnRhythm
from benchmarks.polling.simulate import play
from benchmarks.polling.traces import as_they_stand, at_desk, drawn, fitted, real_dates

pytestmark = pytest.mark.corpus


def test_news_desks_are_read_sooner_with_fewer_requests(shared_data: Path) -> None:
    """F32: with default settings: fewer requests than one an hour, entries seen sooner, and none missed."""
    assert shared_data.is_dir()
    shapes = [at_desk(fitted(name, dates), 7) for name, dates in list(real_dates())[1::8]]
    traces = [drawn(shape, 7) for shape in shapes]
    ours, hourly, rival = (play(traces, rule) for rule in (OwnRhythm, lambda: Fixed(1.0), EntryFrequency))
    assert ours.missed_count == 0
    assert ours.poll_count < hourly.poll_count
    assert ours.mean_minutes < hourly.mean_minutes
    # Requests times delay: two rules that differ in both are compared by it, since half the interval is half the delay.
    ours_cost, hourly_cost, rival_cost = (each.poll_count * each.mean_minutes for each in (ours, hourly, rival))
    assert ours_cost < 0.75 * hourly_cost
    assert ours_cost < 0.8 * rival_cost


def test_seldom_feeds_are_asked_a_quarter_as_often(shared_data: Path) -> None:
    """F32: real dates as they stand: six requests a day in place of 24, nothing missed."""
    assert shared_data.is_dir()
    traces = as_they_stand(list(real_dates())[1::8])
    ours, hourly = play(traces, OwnRhythm), play(traces, lambda: Fixed(1.0))
    assert ours.missed_count == 0
    assert ours.poll_count < 0.3 * hourly.poll_count
    assert ours.mean_minutes < 150
