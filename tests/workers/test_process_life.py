"""Heartbeats, signals, the watchdog and the subscriptions a process holds."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

from pipeline.model import Matchable
from pipeline.store import processes, subscriptions
from pipeline.store.database import Database
from tests.store.making import NOW
from tests.workers.support import eventually
from workers.clock import utc_now
from workers.current_index import CurrentIndex
from workers.heartbeat import beat_until, process_name
from workers.patience import Patience, pause
from workers.signals import ONE_STOP_SECONDS, Stops, stop_on_signals

PATIENCE_SECONDS = 60
HANGS = """
import asyncio, time
from workers.watchdog import watch_loop
async def main():
    watching = asyncio.create_task(watch_loop(asyncio.Event(), hang_seconds={hang}))
    await asyncio.sleep({alive})
    time.sleep({hung})
    print("went on")
asyncio.run(main())
"""


async def test_a_process_beats_and_leaves(database: Database) -> None:
    """R15: a living process has a fresh row with what it says of itself; one that ends has none."""
    stop = asyncio.Event()
    name = process_name("worker")
    run = asyncio.create_task(beat_until(stop, database, name, "worker", lambda: {"running": 3}, seconds=0.05))

    def row() -> list[processes.Process]:
        with database.read() as tx:
            return processes.list_all(tx)

    await eventually(row)
    [before] = row()
    assert (before.name, before.kind, before.pid, before.detail) == (name, "worker", os.getpid(), {"running": 3})
    assert utc_now() - before.beat_at < timedelta(seconds=10)
    await eventually(lambda: row()[0].beat_at > before.beat_at)
    stop.set()
    await run
    assert not row()


async def test_the_first_signal_stops_and_the_second_hurries() -> None:
    """R13: warm at first, cold at the second; two at once are one, and two SIGTERM are so for longer."""
    with stop_on_signals() as stops:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stops.stop.wait(), 60)
        os.kill(os.getpid(), signal.SIGTERM)
        stops.first_at += 3600  # however slow this machine is, the second came soon after the first
        await asyncio.sleep(0.1)
        assert not stops.hurry.is_set()
        stops.first_at = time.monotonic() - ONE_STOP_SECONDS
        stops.heard(signal.SIGTERM)
        assert not stops.hurry.is_set()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(stops.hurry.wait(), 60)
    assert isinstance(stops, Stops)


def run_hanging(hang: float, alive: float, hung: float) -> subprocess.CompletedProcess[str]:
    script = HANGS.format(hang=hang, alive=alive, hung=hung)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=200)  # noqa: S603 - the script above


def test_a_hanging_loop_ends_the_process() -> None:
    """R9, R10: a job that holds the whole loop is ended from outside it, with the place where it hung."""
    done = run_hanging(hang=1, alive=0.1, hung=100)
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "line 7 in main" in done.stderr
    assert "went on" not in done.stdout


def test_a_busy_loop_lives() -> None:
    """The watchdog leaves a loop alone that is only sometimes slow."""
    done = run_hanging(hang=4, alive=5, hung=0.3)
    assert (done.returncode, done.stdout) == (0, "went on\n")


async def test_the_index_follows_the_store(sqlite_database: Database) -> None:
    """A subscription added or removed anywhere is followed soon, without a restart."""
    index = CurrentIndex(sqlite_database)
    assert len(await index.get()) == 0
    with sqlite_database.write() as tx:
        added = subscriptions.add(tx, "dam", "dam", ["log"], NOW)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not len(await index.get()):  # noqa: ASYNC110 - the index sets no event
            await asyncio.sleep(0.05)
    held = await index.get()
    assert [match.subscription_id for match in held.match(Matchable("The dam broke", ""))] == [added.id]
    with sqlite_database.write() as tx:
        subscriptions.remove(tx, added.id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(await index.get()):  # noqa: ASYNC110 - the index sets no event
            await asyncio.sleep(0.05)
    assert held.match(Matchable("The dam broke", "")) == []


def test_patience_grows_and_forgets() -> None:
    """The pause doubles up to its limit, and begins anew after a success."""
    patience = Patience("queue_unavailable")
    error = OSError("away")
    assert [patience.failed(error) for _ in range(6)] == [0.5, 1, 2, 4, 5, 5]
    patience.succeeded()
    assert patience.failed(error) == 0.5


async def test_a_pause_ends_with_the_stop() -> None:
    """Nobody waits out a pause when told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, stop.set)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await pause(stop, 10 * PATIENCE_SECONDS)
