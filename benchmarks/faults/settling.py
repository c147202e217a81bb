"""Wait until everything that was published is accounted for.

In: the newsroom, the store that took it in. Out: the seconds it took, or None if work stood still. Trap: the patience
is for a standstill and not for the whole: while less and less is left, it begins anew.
"""

import asyncio
import time
from contextlib import suppress

from benchmarks.faults.newsroom import Newsroom
from benchmarks.replay.stored import ENDED, ENDED_DELIVERIES
from pipeline.errors import StorywatchError
from pipeline.store import counts
from pipeline.store.database import Database
from workers.clock import utc_now

LOOK_SECONDS = 0.25


async def settle(newsroom: Newsroom, database: Database, patience_seconds: float) -> float | None:
    """Wait until everything published is accounted for; the seconds it took, None if it stood still so long."""
    began = moved = time.monotonic()
    least: int | None = None
    while time.monotonic() - moved < patience_seconds:
        left = await asyncio.to_thread(_left, newsroom, database)
        if left == 0:
            return time.monotonic() - began
        if left is not None and (least is None or left < least):
            least, moved = left, time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)
    return None


def _left(newsroom: Newsroom, database: Database) -> int | None:
    """Count what is not yet accounted for; None if the store does not answer."""
    with suppress(StorywatchError):
        with database.read() as tx:
            seen = counts.overview(tx, utc_now())
        missing = len(newsroom.published) - sum(seen.entries.values())
        open_entries = sum(count for state, count in seen.entries.items() if state not in ENDED)
        open_deliveries = sum(count for state, count in seen.deliveries.items() if state not in ENDED_DELIVERIES)
        return missing + open_entries + open_deliveries
    return None
