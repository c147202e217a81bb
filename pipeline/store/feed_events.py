"""What happened to feeds that their owner should know of: moves, deaths, returns; each noted once.

In: a transaction, and what happened. Out: `FeedEvent` records, the newest first. Trap: an event is written in the
transaction that makes it true, so a poll that is recorded twice or not at all never tells of it wrongly.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from pipeline.model import FeedEventKind
from pipeline.store.tables import feed_events, feeds


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """Something that happened to a feed."""

    id: int
    feed_id: int
    feed_title: str
    at: datetime
    kind: FeedEventKind
    detail: str
    old_url: str | None
    new_url: str | None
    other_feed_id: int | None
    undone_at: datetime | None


def note(tx: Connection, feed_id: int, kind: FeedEventKind, now: datetime, detail: str = "", **values: Any) -> None:
    """Write down that something happened."""
    row = {"feed_id": feed_id, "at": now, "kind": kind, "detail": detail, **values}
    tx.execute(insert(feed_events).values(row))


def recent(tx: Connection, limit: int, feed_id: int | None = None) -> list[FeedEvent]:
    """Give the newest events, of all feeds or of one."""
    found = select(feed_events, feeds.c.title.label("feed_title")).join(feeds, feeds.c.id == feed_events.c.feed_id)
    if feed_id is not None:
        found = found.where(feed_events.c.feed_id == feed_id)
    rows = tx.execute(found.order_by(feed_events.c.id.desc()).limit(limit))
    return [
        FeedEvent(
            r.id, r.feed_id, r.feed_title, r.at, r.kind, r.detail, r.old_url, r.new_url, r.other_feed_id, r.undone_at
        )
        for r in rows
    ]
