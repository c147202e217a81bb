"""Faults of our own processes: killed, frozen, told to stop all at once, replaced by another version.

In: a scene. Out: the fault, played under load. Trap: `run` itself is killed too; the harness then does what a service
manager does and starts it again.
"""

import asyncio
import json
import os
import signal
import time
import zlib
from collections import Counter
from contextlib import suppress
from functools import partial
from statistics import median

from benchmarks.faults.fault import BOTH, Fault
from benchmarks.faults.scene import PER_SECOND, Scene, loaded
from benchmarks.faults.waiting import until
from workers.queue import PAGES, WorkQueue

EVERY = (5.0, 30.0)  #: seconds between two kills
EVERY_IN_SHORT = (2.0, 7.0)  #: where there are fewer than ten minutes
LONG_SECONDS = 600.0
FROZEN_SECONDS = 40.0  #: longer than a process may be silent before its rows are taken away
HELD_COUNT = 40
HELD_SECONDS = 60.0
BURST_SECONDS = (0.0, 3.0)
STOPPED_COUNT = 12  #: entries that are under way when a stop comes
FULL_ROUNDS = 5  #: more rounds than these get the same number of entries in all
EARLY_EVERY = 5  #: every fifth stop comes while everything is still starting
WORKING_SECONDS = 120.0


async def kills(scene: Scene) -> None:
    """Kill processes at random, each kind as often as the others."""
    every = EVERY if scene.seconds >= LONG_SECONDS else EVERY_IN_SHORT
    killed: Counter[str] = Counter()
    end = time.monotonic() + scene.seconds
    async with loaded(scene):
        while time.monotonic() < end:
            await asyncio.sleep(scene.dice.uniform(*every))
            killed[scene.system.kill_one(scene.dice)] += 1
    del killed[""]
    scene.notes.append("killed " + ", ".join(f"{count} {kind}" for kind, count in sorted(killed.items())))


async def freezes(scene: Scene) -> None:
    """Freeze a worker, the deliverer and the poller for longer than they may be silent, then let them go on."""
    async with loaded(scene):
        await asyncio.sleep(3)
        victims = [scene.system.pids(kind)[0] for kind in ("worker", "deliverer", "poller")]
        for pid in victims:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(FROZEN_SECONDS)
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _heard_more(scene: Scene, than: int) -> bool:
    return len(scene.newsroom.heard) > than


async def stops(scene: Scene) -> None:
    """Stop everything in the midst of work again and again, SIGTERM to every process at once, as a control group does.

    What is published between two stops is what a round can work off, or many rounds would measure a backlog.
    """
    took = []
    async with loaded(scene, PER_SECOND * FULL_ROUNDS / max(scene.rounds, FULL_ROUNDS)):
        for number in range(scene.rounds):
            heard = len(scene.newsroom.heard)
            if number % EARLY_EVERY:
                scene.newsroom.publish(STOPPED_COUNT)
                await until(partial(_heard_more, scene, heard), WORKING_SECONDS)
            await asyncio.sleep(scene.dice.uniform(*BURST_SECONDS))
            took.append((await scene.system.stop(everybody=True))[1])
            await scene.system.start()
    scene.notes.append(f"{scene.rounds} stops, the median in {median(took):.1f} s, the slowest in {max(took):.1f} s")


async def upgrade(scene: Scene) -> None:
    """Leave jobs of a former version and an unknown name on the queue, and start on them.

    Where the scene began with a former version's own processes, its jobs are left as they are.
    """
    queue = scene.queue
    assert queue is not None
    for pid in scene.system.pids("worker"):
        os.kill(pid, signal.SIGSTOP)
    scene.newsroom.publish(HELD_COUNT)
    client = queue.client()
    pages = WorkQueue(PAGES, client)
    await until(lambda: len(pages.places().queued) >= HELD_COUNT // 2, HELD_SECONDS)
    found = pages.places().queued
    await scene.system.stop(signal.SIGKILL)
    is_real = bool(scene.system.environment)
    for number, job_id in enumerate(sorted(found) if not is_real else ()):
        _age(client, job_id, is_unknown=bool(number % 2))
    client.close()
    scene.system.environment = {}
    scene.system.exit_codes.clear()  # that end was ours
    await scene.system.start()
    scene.notes.append(
        f"{len(found)} jobs of {'a former version, with its database' if is_real else 'another version'}"
    )


def _age(client: object, job_id: str, *, is_unknown: bool) -> None:
    """Make a job one that another version has written: an older payload, or a function that is no more."""
    key = f"rq:job:{job_id}"
    stored = client.hget(key, "data")  # type: ignore[attr-defined]
    name, instance, arguments, options = json.loads(_plain(stored))
    changed = ["fetch_it", instance, arguments, options] if is_unknown else [name, instance, arguments, {"version": 0}]
    client.hset(key, "data", zlib.compress(json.dumps(changed).encode()))  # type: ignore[attr-defined]


def _plain(stored: bytes) -> bytes:
    try:
        return zlib.decompress(stored)
    except zlib.error:
        return stored


PROCESSES = (
    Fault("kills", "kill -9 of every kind of process at random", kills, 180, "R2 R6 R7 R8 R31 R36",
          may_repeat=True, stores=BOTH),
    Fault("freezes", "worker, deliverer, poller frozen for 40 s", freezes, 150, "R6 R28", may_repeat=True),
    Fault("stops", "SIGTERM to every process at once, under load", stops, 60, "R13", may_repeat=True),
    Fault("upgrade", "jobs of another version on the queue at the start", upgrade, 60, "R37", own_queue=True),
)  # fmt: skip
