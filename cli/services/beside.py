"""Run a lesser work beside the main one of a process.

In: a coroutine. Out: a block in which it runs. Trap: an `asyncio.TaskGroup` would wrap what the main work raises, and
`run_service` would no longer know it.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` for as long as the block; what it raised itself comes out at the block's end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended
