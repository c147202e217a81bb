"""kill -9 at every point between an article and its receiver (checklist R4, R5)."""

from pathlib import Path

import pytest

from benchmarks.outbox.points import MAY_REPEAT, POINTS
from benchmarks.outbox.rounds import play

ROUNDS = 42


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_alert_comes_and_repeats_carry_its_id(tmp_path: Path) -> None:
    """R4, R5: each point in turn; every alert at least once, no made-up id, repeats only where we cannot know."""
    tallies = play(tmp_path, ROUNDS)
    assert [tally.point for tally in tallies] == list(POINTS)
    for tally in tallies:
        assert tally.killed == tally.rounds == tally.alerts == ROUNDS // len(POINTS), tally
        assert (tally.lost, tally.changed) == (0, 0), tally
        assert tally.repeated == (tally.rounds if tally.point in MAY_REPEAT else 0), tally
