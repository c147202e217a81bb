"""Tell the store every few seconds that this process lives (checklist R15).

In: the process's name and a function that says how it stands. Out: its row in `processes`, gone after a clean end.
Trap: RQ's own list of workers forgets a worker during an outage of Redis; health is read from these rows only.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from uuid import uuid4

from pipeline.errors import StoreUnavailable
from pipeline.store import durations, processes
from pipeline.store.database import Database
from workers.clock import Clock, utc_now
from workers.patience import Patience, pause
from workers.timing import TIMING

BEAT_SECONDS = 5.0


def process_name(kind: str) -> str:
    """Make a name for this start of this process; it also names the holder of leases."""
    return f"{kind}-{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:6]}"


async def beat_until(
    stop: asyncio.Event,
    database: Database,
    name: str,
    kind: str,
    detail: Callable[[], Mapping[str, object]],
    *,
    clock: Clock = utc_now,
    seconds: float = BEAT_SECONDS,
) -> None:
    """Beat until `stop`, then leave. Set `stop` only when the process holds no rows any more."""
    patience = Patience("heartbeat_waits")
    while not stop.is_set():
        try:
            await database.run(processes.beat, name, kind, os.getpid(), clock(), dict(detail()))
            await _store_timing(database)
        except StoreUnavailable as error:
            await pause(stop, patience.failed(error))
        else:
            patience.succeeded()
            await pause(stop, seconds)
    try:
        await _store_timing(database)
        await database.run(processes.leave, name)
    except StoreUnavailable as error:
        patience.failed(error)


async def _store_timing(database: Database) -> None:
    """Take what was timed since the last beat to the store; it is kept for the next one where that fails."""
    found = TIMING.take()
    if not found:
        return
    try:
        await database.run(durations.add, found)
    except StoreUnavailable:
        TIMING.add(found)
        raise
