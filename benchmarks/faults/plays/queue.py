"""Faults of the queue: emptied, stopped, paused, cut off, killed, rolled back, torn, full.

In: a scene with a Valkey of the harness's own. Out: the fault, played under load. Trap: a rolled back server is what a
promoted replica is that lacked the last writes: jobs that are done come back, and jobs that were queued are gone.
"""

import asyncio
import signal

from benchmarks.faults.fault import BOTH, Fault
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.scene import Scene, loaded
from benchmarks.faults.servers import Valkey
from benchmarks.faults.waiting import until

TAIL_BYTES = 37  #: cuts a record in the middle
BACK_SECONDS = 2.0
PILED_COUNT = 60
CUT_AFTER_BYTES = (10, 4000)
NARROW_BYTES = 20_000  #: a second and connection


def _queue(scene: Scene) -> tuple[Valkey, Proxy]:
    if scene.queue is None or scene.queue_proxy is None:
        raise ValueError("this fault needs a queue of the harness's own")
    return scene.queue, scene.queue_proxy


async def flushed(scene: Scene) -> None:
    """Empty the server while jobs wait and run."""
    queue, _ = _queue(scene)
    client = queue.client()
    async with loaded(scene):
        for _ in range(scene.rounds):
            scene.newsroom.publish(PILED_COUNT)
            await until(scene.queued_count, 10)
            client.flushall()
            await asyncio.sleep(1)
    client.close()


async def stopped(scene: Scene) -> None:
    """Stop the server for a while."""
    queue, _ = _queue(scene)
    async with loaded(scene):
        await asyncio.to_thread(queue.stop)
        await asyncio.sleep(scene.seconds)
        await asyncio.to_thread(queue.start)


async def paused(scene: Scene) -> None:
    """Freeze the server for a while: connections stay, answers do not come."""
    queue, _ = _queue(scene)
    async with loaded(scene):
        queue.send(signal.SIGSTOP)
        await asyncio.sleep(scene.seconds)
        queue.send(signal.SIGCONT)


async def cut(scene: Scene) -> None:
    """Reset every connection in mid-run, refuse new ones, then swallow everything, then be slow."""
    _, proxy = _queue(scene)
    async with loaded(scene):
        for _ in range(scene.rounds):
            await asyncio.sleep(1)
            proxy.cut()
        proxy.refuses = True
        proxy.cut()
        await asyncio.sleep(scene.seconds / 3)
        proxy.release()
        proxy.hold()
        await asyncio.sleep(scene.seconds / 3)
        proxy.release()
        proxy.delay_seconds = 0.5
        await asyncio.sleep(scene.seconds / 3)
        proxy.release()
        await break_in_words(scene, proxy)


async def break_in_words(scene: Scene, proxy: Proxy) -> None:
    """Reset every connection after so many bytes, in the midst of a request or an answer; then let little through."""
    for _ in range(scene.rounds):
        proxy.bytes_left = scene.dice.randrange(*CUT_AFTER_BYTES)
        await asyncio.sleep(1)
    proxy.release()
    proxy.bytes_a_second = NARROW_BYTES
    await asyncio.sleep(scene.seconds / 3)
    proxy.release()


async def killed(scene: Scene) -> None:
    """Kill the server while it is written to, and start it on what its files hold."""
    queue, _ = _queue(scene)
    async with loaded(scene, 10):
        for _ in range(scene.rounds):
            await asyncio.sleep(scene.dice.uniform(0.5, 2))
            await asyncio.to_thread(queue.stop, signal.SIGKILL)
            await asyncio.to_thread(queue.start)


async def rolled_back(scene: Scene) -> None:
    """Start it on files of some seconds ago."""
    queue, _ = _queue(scene)
    async with loaded(scene, 10):
        for number in range(scene.rounds):
            kept = scene.folder / f"kept{number}"
            await asyncio.to_thread(queue.copy_files, kept)
            await asyncio.sleep(BACK_SECONDS)
            await asyncio.to_thread(queue.stop, signal.SIGKILL)
            queue.put_files(kept)
            await asyncio.to_thread(queue.start)


async def torn(scene: Scene) -> None:
    """Kill it and cut the last record in the middle."""
    queue, _ = _queue(scene)
    async with loaded(scene, 10):
        for _ in range(scene.rounds):
            await asyncio.sleep(1)
            await asyncio.to_thread(queue.stop, signal.SIGKILL)
            queue.cut_tail(TAIL_BYTES)
            await asyncio.to_thread(queue.start)


async def full(scene: Scene) -> None:
    """Let it have no memory left: it refuses to take anything."""
    queue, _ = _queue(scene)
    client = queue.client()
    async with loaded(scene):
        client.config_set("maxmemory", "1mb")
        await asyncio.sleep(scene.seconds)
        client.config_set("maxmemory", "0")
    client.close()


QUEUE = (
    Fault("queue-flushed", "FLUSHALL while jobs wait", flushed, 45, "R1 R25", own_queue=True, stores=BOTH),
    Fault("queue-stopped", "Valkey stopped", stopped, 45, "R14 R15", own_queue=True),
    Fault("queue-paused", "Valkey frozen (SIGSTOP)", paused, 60, "R14 R15", own_queue=True),
    Fault(
        "queue-cut",
        "connections reset, also in mid-word, refused, swallowed, slow, narrow",
        cut,
        60,
        "R14 R32",
        own_queue=True,
    ),
    Fault("queue-killed", "kill -9 of Valkey while it is written to", killed, 45, "R16", own_queue=True),
    Fault("queue-rolled-back", "Valkey promoted without its last 2 s", rolled_back, 60, "R16", own_queue=True),
    Fault("queue-torn", "the last record of the append-only file cut", torn, 45, "R16", own_queue=True),
    Fault("queue-full", "Valkey out of memory", full, 45, "R17", own_queue=True),
)
