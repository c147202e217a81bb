"""The running system with its processes killed at random, judged by the invariants (checklist R31)."""

import pytest

from benchmarks.faults.play import play
from benchmarks.faults.plays import FAULTS
from benchmarks.faults.scene import Store, Wish

SECONDS = {Store.SQLITE: 60.0, Store.POSTGRES: 30.0}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("store", SECONDS)
async def test_kills_lose_nothing(store: Store) -> None:
    """R2, R6, R7, R31, R36: kill -9 of every kind of process; nothing lost, doubled, left behind or asked too soon."""
    [kills] = [fault for fault in FAULTS if fault.name == "kills"]
    verdict = await play(kills, Wish(store, seconds=SECONDS[store]))
    assert verdict.broken == ()
    assert verdict.account is not None
    assert verdict.account.entries > 100
    assert verdict.account.alerts > 0
