"""Forget what the service noted on its way: deliveries that ended, what feeds said, events, samples.

In: an instant before which things are old. Out: how many rows went, or would. Trap: numbers grow with time in these
tables, so the old rows are the first ones; nobody reads on past the first that is young.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update

from pipeline.model import DeliveryState, EntryState
from pipeline.store import meta
from pipeline.store.pruning.cascade import delete_rows
from pipeline.store.tables import (
    crashes,
    deliveries,
    entries,
    entry_updates,
    feed_events,
    in_state,
    incidents,
    queue_samples,
)

_ENTRIES_MARK = "entries_pruned_id"
_ENDS = (EntryState.DONE, EntryState.MERGED, EntryState.DROPPED, EntryState.QUARANTINED)


def _counted(wanted: Callable[[datetime], Select[Any]]) -> Callable[[Connection, datetime], int]:
    def count(tx: Connection, before: datetime) -> int:
        return tx.execute(select(func.count()).select_from(wanted(before).subquery())).scalar_one()

    return count


def _old_deliveries(before: datetime) -> Select[Any]:
    ended = in_state(deliveries, DeliveryState.SENT, DeliveryState.PARKED)
    return select(deliveries.c.id).where(ended, deliveries.c.created_at < before)


def prune_deliveries(tx: Connection, before: datetime, limit: int) -> int:
    """Delete deliveries that were sent or parked."""
    return _delete(tx, deliveries, _old_deliveries(before), limit)


def _old_events(before: datetime) -> Select[Any]:
    """Select all but moves, by which an old address is known and which can be taken back."""
    return select(feed_events.c.id).where(feed_events.c.at < before, feed_events.c.old_url_key.is_(None))


def _old_incidents(before: datetime) -> Select[Any]:
    return select(incidents.c.id).where(incidents.c.closed_at < before)


def prune_events(tx: Connection, before: datetime, limit: int) -> int:
    """Delete events of feeds, incidents that are over, with their notices, and crashes."""
    count = _delete(tx, feed_events, _old_events(before), limit) + _delete(tx, incidents, _old_incidents(before), limit)
    hosts = tx.execute(_old_crashes(before).limit(limit)).scalars().all()
    tx.execute(delete(crashes).where(crashes.c.host.in_(hosts), crashes.c.at < before))
    return count + len(hosts)


def _old_crashes(before: datetime) -> Select[Any]:
    return select(crashes.c.host).where(crashes.c.at < before)


def count_events(tx: Connection, before: datetime) -> int:
    """Count events, incidents and crashes that would go."""
    return sum(_counted(old)(tx, before) for old in (_old_events, _old_incidents, _old_crashes))


def _delete(tx: Connection, table: Any, wanted: Select[Any], limit: int) -> int:
    ids = tx.execute(wanted.order_by(table.c.id).limit(limit)).scalars().all()
    delete_rows(tx, table, ids)
    return len(ids)


def count_samples(tx: Connection, before: datetime) -> int:
    """Count samples that would go."""
    return tx.execute(select(func.count()).where(queue_samples.c.at < before)).scalar_one()


def prune_samples(tx: Connection, before: datetime, limit: int) -> int:
    """Delete samples of the queues, at most so many minutes' of each stage."""
    count = 0
    for stage in tx.execute(select(queue_samples.c.stage).distinct()).scalars().all():
        mine = queue_samples.c.stage == stage
        old = select(queue_samples.c.at).where(mine, queue_samples.c.at < before)
        found = tx.execute(old.order_by(queue_samples.c.at).limit(limit)).scalars().all()
        if found:
            count += tx.execute(delete(queue_samples).where(mine, queue_samples.c.at <= found[-1])).rowcount
    return count


def count_entries(tx: Connection, before: datetime) -> int:
    """Count entries that would lose what the feed said in them."""
    said = (entries.c.summary != "") | (entries.c.content != "")
    old = select(func.count()).where(entries.c.id > _entries_mark(tx), entries.c.first_seen_at < before)
    return tx.execute(old.where(in_state(entries, *_ENDS), said)).scalar_one()


def prune_entries(tx: Connection, before: datetime, limit: int) -> int:
    """Take what the feed said from entries that ended; identity, address, title and time stay."""
    mark = _entries_mark(tx)
    next_ones = select(entries.c.id, entries.c.first_seen_at).where(entries.c.id > mark).order_by(entries.c.id)
    ids = [row.id for row in tx.execute(next_ones.limit(limit)) if row.first_seen_at < before]
    if not ids:
        return 0
    mine = entries.c.id.between(ids[0], ids[-1])
    bare = {"summary": "", "content": "", "author": "", "published_raw": ""}
    tx.execute(update(entries).where(mine, in_state(entries, *_ENDS)).values(bare))
    tx.execute(delete(entry_updates).where(entry_updates.c.entry_id.between(ids[0], ids[-1])))
    meta.set_number(tx, _ENTRIES_MARK, ids[-1])
    return len(ids)


def _entries_mark(tx: Connection) -> int:
    return meta.number(tx, _ENTRIES_MARK)


count_deliveries = _counted(_old_deliveries)
