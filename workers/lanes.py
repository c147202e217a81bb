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
from pipeline.model import Pace, Released, Swept
from pipeline.store import deliveries, entries, outages
from workers.queue import WorkQueue

FETCH_PAGE: Final = "fetch_page"
QUARANTINE_PAGE: Final = "quarantine_page"
SEND_DELIVERY: Final = "send_delivery"

JOB_MARGIN_SECONDS = 30  #: for the store, the host's slot and an extractor that is busy
LEASE_MARGIN_SECONDS = 30  #: a lease outlives its job's limit, or the job's last write would come too late

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


def page_timeout_seconds(settings: Settings) -> int:
    """Say how long one page job may take: the request, the extraction, and a margin."""
    return int(settings.fetch.total_seconds + settings.worker.extract_seconds) + JOB_MARGIN_SECONDS


def delivery_timeout_seconds(settings: Settings) -> int:
    """Say how long one delivery job may take."""
    return int(settings.fetch.total_seconds) + JOB_MARGIN_SECONDS


def lease_seconds(timeout_seconds: int) -> int:
    """Say how long a row is lent to a job with that limit."""
    return timeout_seconds + LEASE_MARGIN_SECONDS


def pace_of(settings: Settings) -> Pace:
    """Give the politeness kept at one host."""
    return Pace(settings.fetch.host_gap_seconds, settings.fetch.host_concurrency)


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
