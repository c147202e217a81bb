"""How long things took: gathered in a process, summed over all of them, shown as a histogram."""

import asyncio

import pytest

from dashboard.metrics import histogram
from pipeline.store import durations
from pipeline.store.database import Database
from pipeline.store.durations import EDGES, Tally, Timed, bucket_of
from tests.store.making import NOW
from workers.heartbeat import beat_until
from workers.timing import TIMING, Timing


@pytest.mark.parametrize(("seconds", "bucket"), [(0.0, 0), (0.1, 0), (0.11, 1), (7200.0, 11), (7201.0, len(EDGES))])
def test_a_length_falls_into_the_first_bucket_that_holds_it(seconds: float, bucket: int) -> None:
    """An edge belongs to its own bucket, as `le` says."""
    assert bucket_of(seconds) == bucket


def test_processes_add_up(database: Database) -> None:
    """Two processes that count into the same bucket give one sum; what could not be stored is kept."""
    one, two = Timing(), Timing()
    for timing in (one, two):
        timing.note(Timed.POLL, 0.2)
        timing.note(Timed.FETCH, -5.0)
    two.add(two.take())
    for timing in (one, two):
        with database.write() as tx:
            durations.add(tx, timing.take())
    assert one.take() == {}
    with database.read() as tx:
        found = durations.read(tx)
    assert found == {(Timed.POLL, 1): Tally(2, 400_000), (Timed.FETCH, 0): Tally(2, 0)}


async def test_the_heartbeat_takes_them_to_the_store(database: Database) -> None:
    """What was timed until the end of a process is stored when it leaves."""
    TIMING.take()
    TIMING.note(Timed.DELIVERY, 1.5)
    stop = asyncio.Event()
    stop.set()
    await beat_until(stop, database, "w", "worker", dict, clock=lambda: NOW)
    with database.read() as tx:
        assert durations.read(tx) == {(Timed.DELIVERY, bucket_of(1.5)): Tally(1, 1_500_000)}


def test_a_histogram_is_cumulative_and_bounded() -> None:
    """Each bucket holds those before it, the last holds all; there is a series for each step, and no more."""
    family = histogram({(Timed.POLL, 0): Tally(2, 100_000), (Timed.POLL, len(EDGES)): Tally(1, 9_000_000)})
    polls = {
        s.labels["le"]: s.value for s in family.samples if s.name.endswith("_bucket") and s.labels["step"] == "poll"
    }
    assert (polls["0.1"], polls["7200.0"], polls["+Inf"]) == (2, 2, 3)
    assert {s.labels["step"] for s in family.samples} == {step.value for step in Timed}
    assert [s.value for s in family.samples if s.name.endswith("_sum") and s.labels["step"] == "poll"] == [9.1]
