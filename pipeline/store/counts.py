"""The numbers of the whole, for progress, metrics and the dashboard (D10).

In: an instant. Out: `Overview`. Trap: it counts rows by index and not from running totals, so it is exact but
costs a few milliseconds for each hundred thousand entries; ask for it every second or so, not for each page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from pipeline.model import DeliveryState, EntryState, FeedState
from pipeline.store import deliveries, entries
from pipeline.store.tables import alerts, articles, feeds, in_state, stories
from pipeline.store.tables import entries as entry_rows


@dataclass(frozen=True, slots=True)
class Overview:
    """How much of everything there is; each mapping has every state."""

    feeds: Mapping[FeedState, int]
    due_count: int  #: active feeds whose time has come and that nobody polls
    poll_count: int
    failed_poll_count: int
    entries: Mapping[EntryState, int]
    oldest_waiting_at: datetime | None  #: when the first waiting entry was first seen
    article_count: int
    story_count: int
    alert_count: int
    deliveries: Mapping[DeliveryState, int]


def overview(tx: Connection, now: datetime) -> Overview:
    """Count everything."""
    polls = select(
        func.coalesce(func.sum(feeds.c.poll_count), 0), func.coalesce(func.sum(feeds.c.failed_poll_count), 0)
    )
    poll_count, failed_poll_count = tx.execute(polls).one()
    # One that waits for another look has its article; nobody waits for it.
    new = in_state(entry_rows, EntryState.WAITING) & (entry_rows.c.refetch_count == 0)
    oldest = select(func.min(entry_rows.c.first_seen_at)).where(new)
    return Overview(
        feeds=_feeds(tx),
        due_count=_due_count(tx, now),
        poll_count=int(poll_count),
        failed_poll_count=int(failed_poll_count),
        entries=entries.count_by_state(tx),
        oldest_waiting_at=tx.execute(oldest).scalar_one(),
        article_count=_count(tx, articles),
        story_count=_count(tx, stories),
        alert_count=_count(tx, alerts),
        deliveries=deliveries.count_by_state(tx),
    )


def _feeds(tx: Connection) -> dict[FeedState, int]:
    counted = select(feeds.c.state, func.count()).where(~feeds.c.removed).group_by(feeds.c.state)
    return dict.fromkeys(FeedState, 0) | dict(tx.execute(counted).all())


def _due_count(tx: Connection, now: datetime) -> int:
    free = feeds.c.lease_until.is_(None) | (feeds.c.lease_until <= now)
    due = select(func.count()).where(in_state(feeds, FeedState.ACTIVE), feeds.c.next_poll_at <= now, free)
    return tx.execute(due).scalar_one()


def _count(tx: Connection, table: Table) -> int:
    return tx.execute(select(func.count()).select_from(table)).scalar_one()
