"""What several tests of the workers share: a worker inside a block, jobs for it, a wait for a condition."""

import asyncio
import signal
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from redis import Redis

from pipeline.model import Released
from workers.concurrent import ConcurrentWorker, JobFunction
from workers.queue import PAGES, WorkQueue
from workers.server import connect


def rows(count: int) -> list[Released]:
    return [Released(number, 1, uuid.uuid4().hex) for number in range(1, count + 1)]


async def eventually(holds: Callable[[], object], seconds: float = 90) -> None:
    """Wait until `holds` is true; fails after `seconds`, which are many: a busy machine is no failure."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def working(
    url: str, functions: Mapping[str, JobFunction], *, concurrency: int = 16, **kwargs: float
) -> AsyncIterator[ConcurrentWorker]:
    """Run a worker on `pages` inside the block and stop it warmly after."""
    queue = WorkQueue(PAGES, connect(url, socket_seconds=2))
    kwargs.setdefault("look_seconds", 0.1)
    worker = ConcurrentWorker(queue, functions, concurrency, name=f"test-{uuid.uuid4().hex[:8]}", **kwargs)
    stop = asyncio.Event()
    run = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await run
        queue.connection.close()


def zmembers(connection: Redis, key: str) -> set[str]:
    return {str(member, "ascii").partition(":")[0] for member in connection.zrange(key, 0, -1)}


def minds_stop(pid: int) -> bool:
    """Say whether the process has set what it does at SIGTERM; before that, the signal would just end it."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigCgt:", "SigIgn:"))]
    return any(mask & 1 << signal.SIGTERM - 1 for mask in masks)


def alive(pid: int) -> bool:
    """Say whether the process runs; one that is dead and not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False
