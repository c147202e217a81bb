"""What each feed costs and how its server behaves, counted with every poll that was answered.

In: a `PollResult` and what storing it did. Out: rows of `feed_traffic`, which `pipeline.store.hygiene` reads. Trap:
bytes are those of the decompressed body, which is what reading costs; what travelled may be a tenth of it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.model import Feed, PollCounts, PollResult, Traffic
from pipeline.store.dialects import insert
from pipeline.store.tables import feed_traffic

_NOT_MODIFIED = 304
_NOTHING = {
    "answer_count": 0,
    "byte_count": 0,
    "unchanged_count": 0,
    "repeated_count": 0,
    "stale_count": 0,
    "entry_count": 0,
    "undated_count": 0,
    "unnamed_count": 0,
    "new_entry_count": 0,
    "updated_entry_count": 0,
    "renamed_entry_count": 0,
}


def count(tx: Connection, feed: Feed, result: PollResult, counts: PollCounts, now: datetime) -> None:
    """Count one answered poll; `feed` is as it was before it. The caller holds the feed's row."""
    if result.traffic is None:
        return
    row = tx.execute(select(feed_traffic.c.body_key).where(feed_traffic.c.feed_id == feed.id)).one_or_none()
    if row is None:
        blank = {"feed_id": feed.id, "since_at": now, "body_key": None, **_NOTHING}
        tx.execute(insert(tx, feed_traffic).values(blank).on_conflict_do_nothing())
    added = _added(feed, result, result.traffic, row.body_key if row else None) | _of_entries(counts)
    values: dict[str, Any] = {name: feed_traffic.c[name] + number for name, number in added.items() if number}
    values |= _of_document(result, result.traffic)
    tx.execute(update(feed_traffic).where(feed_traffic.c.feed_id == feed.id).values(values))


def _added(feed: Feed, result: PollResult, traffic: Traffic, body_key: bytes | None) -> dict[str, int]:
    is_new = result.status != _NOT_MODIFIED
    same_body = is_new and body_key == traffic.body_key
    old, new = feed.validators, result.validators
    has_validators = bool(old.etag or old.last_modified)
    same_validators = has_validators and (old.etag, old.last_modified) == (new.etag, new.last_modified)
    return {
        "answer_count": 1,
        "byte_count": traffic.byte_count,
        "unchanged_count": int(not is_new),
        "repeated_count": int(same_body and traffic.conditional),
        "stale_count": int(is_new and body_key is not None and not same_body and same_validators),
    }


def _of_entries(counts: PollCounts) -> dict[str, int]:
    return {
        "new_entry_count": counts.new_count,
        "updated_entry_count": counts.updated_count,
        "renamed_entry_count": counts.renamed_count,
    }


def _of_document(result: PollResult, traffic: Traffic) -> dict[str, Any]:
    if result.parsed is None:
        return {}
    shown = result.parsed.entries
    return {
        "body_key": traffic.body_key,
        "entry_count": len(shown),
        "undated_count": sum(entry.published_at is None for entry in shown),
        "unnamed_count": sum(not entry.guid for entry in shown),
    }
