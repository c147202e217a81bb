"""Hours of kills on a clock that jumps: the real jobs, sweeps and releases over a real store (checklist R31)."""

import pytest

from benchmarks.killed_day.play import play
from workers.sweeper import Sweeper


@pytest.mark.slow
def test_an_hour_of_kills_loses_nothing() -> None:
    """R31, R6, R8: killed anywhere, before or just after a commit, every 5 to 30 s; nothing lost, doubled or left."""
    came = play(1.0)
    assert came.account.broken == ()
    assert came.settled_seconds is not None
    assert came.kills.total() > 150
    assert set(came.kills) == {"poller", "dispatcher", "worker", "deliverer"}
    assert came.account.entries > 100
    assert came.account.alerts > 40


@pytest.mark.slow
def test_the_same_without_sweeps_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """R31: whatever a killed process held stays with it then, and the play says so."""

    async def nothing(_: Sweeper) -> None:
        return

    monkeypatch.setattr(Sweeper, "sweep", nothing)
    monkeypatch.setattr("benchmarks.killed_day.play.PUBLISH_SECONDS", 6.0)
    came = play(0.4, patience_seconds=600)  # 70 kills; of the 17 in a tenth of an hour each may strike nobody
    assert came.settled_seconds is None
    assert came.account.lost > 0
