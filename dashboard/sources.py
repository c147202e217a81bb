"""What every page looks at.

In: the database, the queue, the clock. Out: the same, under one name for the routes. Hides nothing.
Trap: one clock for a whole page, or "3 s ago" and "due" contradict each other.
"""

from dataclasses import dataclass

from dashboard.door import Clock
from dashboard.queue_view import QueueView
from pipeline.store.database import Database


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pages read."""

    database: Database
    queue: QueueView | None
    clock: Clock
    has_queue_pages: bool
    required_kinds: tuple[str, ...]  #: processes of which one each must be alive
