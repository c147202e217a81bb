"""The two ways through the queue, entries to `pages` and deliveries to `deliveries`, under one shape.

In: the settings and the queues. Out: a `Lane` each, with which the dispatcher and the sweeper treat both alike.
Hides nothing. Trap: the functions of a lane run in a transaction of the store and may be called again.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from config.settings import Settings
from pipeline.model import Released, Swept
from pipeline.store import deliveries, entries, outages
from workers.limits import delivery_timeout_seconds, lease_seconds, pace_of, page_timeout_seconds
from workers.queue import WorkQueue

FETCH_PAGE: Final = "fetch_page"
QUARANTINE_PAGE: Final = "quarantine_page"
SEND_DELIVERY: Final = "send_delivery"

Row = tuple[int, int]  #: id and token


@dataclass(frozen=True, slots=True)
class Lane:
    """What one queue carries and how its rows are released, checked and swept."""

    queue: WorkQueue
    function: str
    timeout_seconds: int  #: of one job
    high_water: int  #: most jobs at once
    release: Callable[[Connection, datetime, int], list[Released]]
    queued_jobs: Callable[[Connection, datetime, int], list[tuple[int, int, str]]]
    give_back: Callable[[Connection, Sequence[Row], datetime], int]
    sweep: Callable[[Connection, datetime, Collection[str], int], Swept]


def page_lane(queue: WorkQueue, settings: Settings) -> Lane:
    """Make the way of entries."""
    timeout = page_timeout_seconds(settings)
    pace = pace_of(settings)

    def release(tx: Connection, now: datetime, limit: int) -> list[Released]:
        if outages.is_line_down(tx, now):  # each page would use up a try on our own outage
            return []
        return entries.release(tx, now, limit, lease_seconds(timeout), pace)

    return Lane(
        queue,
        FETCH_PAGE,
        timeout,
        settings.queue.high_water,
        release,
        entries.queued_jobs,
        entries.give_back,
        entries.sweep,
    )


def delivery_lane(queue: WorkQueue, settings: Settings) -> Lane:
    """Make the way of deliveries."""
    timeout = delivery_timeout_seconds(settings)
    return Lane(
        queue,
        SEND_DELIVERY,
        timeout,
        settings.queue.high_water,
        lambda tx, now, limit: deliveries.release(tx, now, limit, lease_seconds(timeout)),
        deliveries.queued_jobs,
        deliveries.give_back,
        deliveries.sweep,
    )
