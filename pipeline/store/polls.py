"""Storing what one poll of a feed brought, in one transaction (F4).

In: the lease and a `PollResult`. Out: `PollCounts`, or None if the lease had passed to somebody else. Trap: who
owns a page is decided by the unique index and not by looking first, because two feeds that share a page may be
recorded at the same moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, literal, select, update

from pipeline.model import (
    Entry,
    EntryState,
    FeedLease,
    FeedState,
    ParsedFeed,
    PollCounts,
    PollResult,
    Reason,
)
from pipeline.store import hosts
from pipeline.store.dialects import insert
from pipeline.store.tables import entries, feeds, in_state
from pipeline.store.types import Instant, clean_text, key_of
from pipeline.urls import canonical, registrable_host

_GONE_STATUS = 410  # RFC 9110, 15.5.11


def record_poll(
    tx: Connection, lease: FeedLease, result: PollResult, import_hours: int, now: datetime
) -> PollCounts | None:
    """Store new entries, validators and schedule, and give the lease back; None if it was no longer ours.

    At the first complete poll of a feed, entries older than `import_hours` are stored as dropped (F24). A page
    that is another entry's already makes the new entry `merged` with it.
    """
    held = select(feeds.c.imported_at).where(feeds.c.id == lease.feed.id, feeds.c.token == lease.token)
    row = tx.execute(held.with_for_update()).one_or_none()
    if row is None:
        return None
    oldest = now - timedelta(hours=import_hours) if row.imported_at is None else None
    counts = _store_entries(tx, lease.feed.id, result.parsed, oldest, now) if result.parsed else PollCounts()
    tx.execute(update(feeds).where(feeds.c.id == lease.feed.id).values(_after(result, now)))
    if result.host_not_before is not None:
        hosts.extend(tx, lease.feed.host, result.host_not_before)
    return counts


def _after(result: PollResult, now: datetime) -> dict[str, Any]:
    """Give the feed's columns after a poll."""
    values: dict[str, Any] = {
        "token": feeds.c.token + 1,
        "lease_until": None,
        "poll_count": feeds.c.poll_count + 1,
        "last_attempt_at": result.attempted_at,
        "next_poll_at": result.next_poll_at,
        "etag": result.validators.etag,
        "last_modified": result.validators.last_modified,
        "validators_url": result.validators.url,
        "last_status": result.status,
        "last_reason": result.reason,
        "last_error": result.error,
    }
    values |= _after_failure(result) if result.reason else _after_success(result)
    if result.parsed:
        values |= _after_document(result.parsed, now)
    return values


def _after_success(result: PollResult) -> dict[str, Any]:
    return {"error_count": 0, "last_success_at": result.attempted_at, "gone_seen_at": None}


def _after_failure(result: PollResult) -> dict[str, Any]:
    values: dict[str, Any] = {
        "error_count": feeds.c.error_count + 1,
        "failed_poll_count": feeds.c.failed_poll_count + 1,
    }
    if result.gone:
        values["state"] = case((feeds.c.state == FeedState.ACTIVE, FeedState.GONE), else_=feeds.c.state)
    if result.status == _GONE_STATUS:
        values["gone_seen_at"] = func.coalesce(feeds.c.gone_seen_at, literal(result.attempted_at, Instant))
    elif result.status is not None:
        values["gone_seen_at"] = None
    return values


def _after_document(parsed: ParsedFeed, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "minimum_interval_seconds": parsed.minimum_interval_seconds,
        "skip_hours": parsed.skip_hours,
        "title": case((feeds.c.title == "", parsed.title), else_=feeds.c.title),
    }
    if parsed.complete:
        values["imported_at"] = func.coalesce(feeds.c.imported_at, literal(now, Instant))
    return values


def _store_entries(
    tx: Connection, feed_id: int, parsed: ParsedFeed, oldest: datetime | None, now: datetime
) -> PollCounts:
    found = {key_of(entry.identity): entry for entry in reversed(parsed.entries)}
    known = _known(tx, feed_id, found)
    shared = _shared_pages(parsed.entries)
    rows = [_row(feed_id, key, entry, oldest, now) for key, entry in found.items() if key not in known]
    for row in rows:
        row["page_key"] = None if row["page_key"] in shared else row["page_key"]
    merged = _insert(tx, rows, now) if rows else 0
    dropped = sum(row["state"] is EntryState.DROPPED for row in rows)
    return PollCounts(len(rows) - merged - dropped, len(known), merged, dropped)


def _known(tx: Connection, feed_id: int, keys: Iterable[bytes]) -> set[bytes]:
    stored = select(entries.c.identity_key).where(entries.c.feed_id == feed_id, entries.c.identity_key.in_(list(keys)))
    return set(tx.execute(stored).scalars())


def _shared_pages(shown: Sequence[Entry]) -> set[bytes]:
    """Find pages that one document gives to entries of different titles: such a page stands for none of them (F20)."""
    titles: dict[bytes, set[str]] = defaultdict(set)
    for entry in shown:
        if entry.url:
            titles[key_of(canonical(entry.url))].add(clean_text(entry.title).strip().casefold())
    return {page for page, names in titles.items() if len(names) > 1}


def _row(feed_id: int, identity_key: bytes, entry: Entry, oldest: datetime | None, now: datetime) -> dict[str, Any]:
    page = canonical(entry.url)
    effective = min(entry.published_at, now) if entry.published_at else now  # F23
    too_old = oldest is not None and effective < oldest
    return {
        "feed_id": feed_id,
        "identity": entry.identity,
        "identity_key": identity_key,
        "url": entry.url,
        "page_key": key_of(page) if page else None,
        "host": registrable_host(entry.url),
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "author": entry.author,
        "language": entry.language,
        "guid": entry.guid,
        "published_raw": entry.published_raw,
        "published_at": entry.published_at,
        "first_seen_at": now,
        "state": EntryState.DROPPED if too_old else EntryState.WAITING,
        "reason": Reason.OLD_AT_IMPORT if too_old else None,
        "error": "",
        "same_as_entry_id": None,
        "attempts": 0,
        "crashes": 0,
        "next_attempt_at": now,
        "token": 0,
        "finished_at": now if too_old else None,
    }


def _insert(tx: Connection, rows: list[dict[str, Any]], now: datetime) -> int:
    """Store the rows; those whose page is taken are stored as merged, marked so in place, and counted."""
    hosts.know(tx, {row["host"] for row in rows})
    # In one order everywhere: two transactions that want the same pages wait for each other only one way.
    rows.sort(key=lambda row: (row["page_key"] or b"", row["identity_key"]))
    statement = insert(tx, entries).on_conflict_do_nothing().returning(entries.c.identity_key)
    stored = set(tx.execute(statement, rows).scalars())
    repeats = [row for row in rows if row["identity_key"] not in stored]
    if repeats:
        owners = _owners(tx, {row["page_key"] for row in repeats})
        for row in repeats:
            merge = {"state": EntryState.MERGED, "reason": Reason.SAME_PAGE, "finished_at": now}
            row.update(merge, same_as_entry_id=owners[row["page_key"]])
        tx.execute(entries.insert(), repeats)
    return len(repeats)


def _owners(tx: Connection, pages: Iterable[bytes]) -> dict[bytes, int]:
    owned = select(entries.c.page_key, entries.c.id).where(
        entries.c.page_key.in_(list(pages)), ~in_state(entries, EntryState.MERGED)
    )
    return dict(tx.execute(owned).all())
