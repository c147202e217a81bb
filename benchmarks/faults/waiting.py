"""Wait until something holds.

In: a question. Out: whether it came to hold in time. Trap: it is asked in a thread, since it may take a while.
"""

import asyncio
import time
from collections.abc import Callable

LOOK_SECONDS = 0.1


async def until(holds: Callable[[], object], longest_seconds: float) -> bool:
    """Ask again and again; False if it does not hold within `longest_seconds`."""
    deadline = time.monotonic() + longest_seconds
    while time.monotonic() < deadline:
        if await asyncio.to_thread(holds):
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False
