"""What every page looks at.

In: the database, the queue, the clock. Out: the same, under one name for the routes. Hides nothing.
Trap: one clock for a whole page, or "3 s ago" and "due" contradict each other.
"""

import asyncio
from dataclasses import dataclass, field

from dashboard.door import Clock
from dashboard.queue_view import QueueView
from pipeline.store.database import Database

#: Tests on the archive at once; each may take a second or two of one processor.
TRIALS_AT_ONCE = 2


def _trials() -> asyncio.Semaphore:
    return asyncio.Semaphore(TRIALS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pages read."""

    database: Database
    queue: QueueView | None
    clock: Clock
    has_queue_pages: bool
    required_kinds: tuple[str, ...]  #: processes of which one each must be alive
    trials: asyncio.Semaphore = field(default_factory=_trials)  #: turns at testing a query, of pages and API together
