"""Processes killed at random while there is work: afterwards every entry has its end."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from pipeline.model import EntryState
from pipeline.store.database import Database
from tests.workers.support import alive, eventually
from tests.workers.test_dispatcher import states
from tests.workers.test_worker_process import dispatching, seed
from workers.data_folder import DataFolder
from workers.embedded import prepare
from workers.supervisor import ProcessSpec, Supervisor

ROOT = Path(__file__).parents[2]
KILLS = 9
ENTRIES = 400


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_random_kills_lose_nothing(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R31 in short: Valkey and two workers are killed again and again; all entries end, all processes are back."""
    monkeypatch.chdir(ROOT)  # the children find the project from where they start
    dice = random.Random(31)
    seed(sqlite_database, ENTRIES)
    with DataFolder(tmp_path / "data") as folder:
        plan = prepare(folder.path)
        worker = [sys.executable, "-m", "tests.workers.worker_process", plan.url, sqlite_url]
        supervisor = Supervisor(
            [
                ProcessSpec("valkey", plan.command, last=True, inherit=(folder.lock_fd,)),
                ProcessSpec("worker", worker, count=2),
            ]
        )
        stop = asyncio.Event()
        run = asyncio.create_task(supervisor.run(stop))
        async with dispatching(sqlite_database, plan.url):
            for _ in range(KILLS):
                await asyncio.sleep(dice.uniform(0.5, 2.5))
                await eventually(lambda: _living(supervisor))
                os.kill(dice.choice(_living(supervisor)), signal.SIGKILL)
            await eventually(lambda: sum(_ended(sqlite_database)) == ENTRIES, 400)
            await eventually(lambda: len(_living(supervisor)) == 3)
        pids = _living(supervisor)
        assert sum(child.restarts for child in supervisor.states()) == KILLS
        stop.set()
        await run
    done, quarantined = _ended(sqlite_database)
    assert done > quarantined, "only what was in hand at three kills is given up"
    assert not any(alive(pid) for pid in pids)


def _living(supervisor: Supervisor) -> list[int]:
    return [child.pid for child in supervisor.states() if child.pid and alive(child.pid)]


def _ended(database: Database) -> tuple[int, int]:
    found = states(database)
    return found[EntryState.DONE], found[EntryState.QUARANTINED]
