"""Children that are started, restarted and stopped in order."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.workers.support import alive, eventually, minds_stop
from workers.supervisor import ProcessSpec, Supervisor, pause_after
from workers.tether import ORPHANED

ENDS_WELL = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\ntime.sleep(600)\n"
DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n"
WRITES_AT_END = """
import signal, sys, time
def end(*_):
    time.sleep(float(sys.argv[2]))
    open(sys.argv[1], "a").write(sys.argv[3])
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
time.sleep(600)
"""


def python(script: str, *args: object) -> list[str]:
    return [sys.executable, "-c", script, *map(str, args)]


@asynccontextmanager
async def supervised(*specs: ProcessSpec, grace_seconds: float = 10) -> AsyncIterator[tuple[Supervisor, list[int]]]:
    """Supervise inside the block; the list holds the exit code after it."""
    supervisor = Supervisor(specs, grace_seconds=grace_seconds)
    stop = asyncio.Event()
    run = asyncio.create_task(supervisor.run(stop))
    codes: list[int] = []
    await eventually(lambda: all(child.pid and minds_stop(child.pid) for child in supervisor.states()))
    try:
        yield supervisor, codes
    finally:
        stop.set()
        codes.append(await run)


def pids(supervisor: Supervisor) -> list[int]:
    return [child.pid for child in supervisor.states() if child.pid]


async def test_a_clean_stop_ends_every_child_with_zero() -> None:
    """R13: SIGTERM to each, exit code 0, nobody left."""
    async with supervised(ProcessSpec("one", python(ENDS_WELL), count=2)) as (supervisor, codes):
        running = pids(supervisor)
        assert [child.name for child in supervisor.states()] == ["one-1", "one-2"]
        assert len({os.getsid(pid) for pid in running}) == 2
    assert codes == [0]
    assert not any(alive(pid) for pid in running)


async def test_a_crashed_child_is_started_again() -> None:
    """A killed child comes back with another pid, and the state counts it."""
    async with supervised(ProcessSpec("one", python(ENDS_WELL))) as (supervisor, codes):
        [pid] = pids(supervisor)
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: supervisor.states()[0].restarts == 1 and pids(supervisor))
        [heir] = pids(supervisor)
        assert heir != pid
        assert supervisor.states()[0].exit_code == -signal.SIGKILL
        await eventually(lambda: minds_stop(heir))
    assert codes == [0]


async def test_a_child_that_will_not_end_is_killed_after_the_grace() -> None:
    """R13: the stop ends whatever a child does; the exit code tells."""
    async with supervised(ProcessSpec("deaf", python(DEAF)), grace_seconds=0.5) as (supervisor, codes):
        [pid] = pids(supervisor)
    assert codes == [1]
    assert not alive(pid)


async def test_the_last_is_stopped_after_all_others(tmp_path: Path) -> None:
    """The queue outlives those who use it."""
    written = tmp_path / "order"
    specs = [
        ProcessSpec("queue", python(WRITES_AT_END, written, 0, "queue "), last=True),
        ProcessSpec("slow", python(WRITES_AT_END, written, 0.5, "slow ")),
        ProcessSpec("quick", python(WRITES_AT_END, written, 0, "quick ")),
    ]
    async with supervised(*specs) as (_, codes):
        pass
    *first, last = written.read_text().split()
    assert (sorted(first), last) == (["quick", "slow"], "queue")
    assert codes == [0]


async def test_a_command_that_does_not_exist_is_tried_again_and_stops_cleanly() -> None:
    """A broken command neither ends the others nor holds the stop."""
    supervisor = Supervisor([ProcessSpec("none", ["/nonexistent/command"]), ProcessSpec("one", python(ENDS_WELL))])
    stop = asyncio.Event()
    run = asyncio.create_task(supervisor.run(stop))
    await eventually(lambda: supervisor.states()[0].restarts >= 1)
    await eventually(lambda: all(map(minds_stop, pids(supervisor))) and pids(supervisor))
    stop.set()
    assert await run == 0


@pytest.mark.parametrize(("crashes", "seconds"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (60, 30)])
def test_the_pause_grows_to_half_a_minute(crashes: int, seconds: float) -> None:
    """A child that keeps crashing is started ever more seldom."""
    assert pause_after(crashes) == seconds


def test_a_command_whose_parent_is_gone_is_not_run(tmp_path: Path) -> None:
    """R36: a parent that died before the tether was tied leaves nothing running."""
    script = Path(__file__).parents[2] / "workers" / "tether.py"
    mark = tmp_path / "ran"
    done = subprocess.run([sys.executable, str(script), "1", "touch", str(mark)], check=False)  # noqa: S603 - our own script
    assert done.returncode == ORPHANED
    assert not mark.exists()
