"""What the dashboard asks of the queue.

In: a queue's name. Out: its depth. Hides `workers.queue`. Trap: the answer is for looking only; what is
done and what is not, the database says (R25).
"""

import asyncio
from typing import Protocol

from redis import Redis

from pipeline.errors import QueueUnavailable
from workers.queue import DELIVERIES, PAGES, WorkQueue

QUEUES = (PAGES, DELIVERIES)
#: A queue that hangs must not hang the page.
ANSWER_SECONDS = 2.0


class QueueView(Protocol):
    """Looks at the queue without touching it; called in a thread, so it may block."""

    def depth(self, name: str) -> int | None:
        """Count the jobs that wait on queue `name`; None if the queue does not answer."""
        ...


class RedisQueueView:
    """Looks at the queues of one Redis or Valkey."""

    def __init__(self, connection: Redis) -> None:
        self._queues = {name: WorkQueue(name, connection) for name in QUEUES}

    def depth(self, name: str) -> int | None:
        """Count the jobs on queue `name`, those that run included; None if the server does not answer."""
        try:
            return self._queues[name].depth()
        except QueueUnavailable:
            return None


async def depths(view: QueueView | None) -> dict[str, int | None]:
    """Ask for the depth of every queue at once; None where nothing came back in time."""
    if view is None:
        return dict.fromkeys(QUEUES)
    answers = await asyncio.gather(*(_depth(view, name) for name in QUEUES))
    return dict(zip(QUEUES, answers, strict=True))


async def _depth(view: QueueView, name: str) -> int | None:
    try:
        return await asyncio.wait_for(asyncio.to_thread(view.depth, name), ANSWER_SECONDS)
    except TimeoutError:
        return None
