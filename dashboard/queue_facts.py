"""What the queue's page needs, read in one transaction.

In: a read transaction and an instant. Out: `QueueFacts`, and the members of one group of failures. Hides which
store functions give them. Trap: only reads (R26); whatever changes work is in `dashboard.queue_changes`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.model import DeliveryState, EntryState, Reason
from pipeline.store import crashes, deliveries, entries, pauses, processes, samples, troubles
from pipeline.store.crashes import Crash, place_of_channel
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.processes import Process
from pipeline.store.samples import Sample, SampledStage
from pipeline.store.troubles import InWork, Trouble, TroubledEntry
from pipeline.store.waiting import HostQueue

HOST_LIMIT = 30
WORK_LIMIT = 50
TROUBLE_LIMIT = 50
LETTER_LIMIT = 10
MEMBER_LIMIT = 50
HISTORY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What the page shows."""

    at: datetime
    entries: Mapping[EntryState, int]
    deliveries: Mapping[DeliveryState, int]
    hosts: list[HostQueue]
    work: list[InWork]
    troubles: list[Trouble]
    waiting_troubles: int  #: entries that wait after a failure, in all groups
    letters: list[StoredDelivery]  #: parked deliveries, the newest
    letter_crashes: Mapping[str, Crash]  #: by channel, of those letters that crashes parked
    processes: list[Process]
    paused: Mapping[SampledStage, bool]
    samples: Mapping[SampledStage, list[Sample]]  #: of the last `HISTORY`


@dataclass(frozen=True, slots=True)
class Group:
    """The key of one group of failed entries."""

    host: str
    reason: Reason
    state: EntryState


def look_at_queue(tx: Connection, now: datetime) -> QueueFacts:
    """Read the page's facts as of `now`."""
    letters = deliveries.recent(tx, LETTER_LIMIT, DeliveryState.PARKED)
    return QueueFacts(
        at=now,
        entries=entries.count_by_state(tx),
        deliveries=deliveries.count_by_state(tx),
        hosts=entries.waiting_by_host(tx, HOST_LIMIT),
        work=troubles.in_work(tx, WORK_LIMIT),
        troubles=troubles.grouped(tx, TROUBLE_LIMIT),
        waiting_troubles=troubles.count_waiting(tx),
        letters=letters,
        letter_crashes=crashes_of(tx, letters),
        processes=processes.list_all(tx),
        paused={stage: pauses.is_paused(tx, stage) for stage in SampledStage},
        samples=look_at_history(tx, now),
    )


def look_at_history(tx: Connection, now: datetime) -> dict[SampledStage, list[Sample]]:
    """Read how each stage stood over the last `HISTORY`, by the minute."""
    return {stage: samples.since(tx, stage, now - HISTORY) for stage in SampledStage}


def crashes_of(tx: Connection, found: Iterable[StoredDelivery]) -> dict[str, Crash]:
    """Find the last crash at each channel among deliveries whose jobs were lost."""
    channels = sorted({one.channel for one in found if one.reason is Reason.WORKER_LOST})
    kept = ((channel, crashes.find(tx, place_of_channel(channel))) for channel in channels)
    return {channel: crash for channel, crash in kept if crash is not None}


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """The members of one group, and the last crash at its host if that is what failed them."""

    entries: list[TroubledEntry]
    crash: Crash | None


def look_at_group(tx: Connection, group: Group, before_id: int | None) -> GroupFacts:
    """Read the members of a group older than `before_id`, one more than a page holds."""
    found = troubles.members(tx, group.host, group.reason, group.state, before_id, MEMBER_LIMIT + 1)
    # A job that ends by an exception leaves its row to the sweeper, which knows only that a worker was lost.
    return GroupFacts(found, crashes.find(tx, group.host) if group.reason is Reason.WORKER_LOST else None)
