"""Storing what one poll of a feed brought, in one transaction (F4).

In: the lease and a `PollResult`. Out: `PollCounts`, or None if the lease had passed to somebody else. Trap:
validators must never run ahead of the entries they stand for, so everything here is one transaction.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, literal, select, update

from pipeline.model import FeedEventKind, FeedLease, FeedState, ParsedFeed, PollCounts, PollResult, Reason
from pipeline.store import arrivals, hosts, moves, pushes, shown, traffic
from pipeline.store.feed_events import note
from pipeline.store.tables import feeds
from pipeline.store.types import Instant

_ENDED = "the feed says that it has ended"
_GONE_STATUS = 410  # RFC 9110, 15.5.11


def record_poll(
    tx: Connection, lease: FeedLease, result: PollResult, import_hours: int, now: datetime
) -> PollCounts | None:
    """Store new entries, validators and schedule, and give the lease back; None if it was no longer ours.

    At the first complete poll of a feed, and always in its archives, entries older than `import_hours` are stored as
    dropped (F24). A page that is another entry's already makes the new entry `merged` with it.
    """
    row = tx.execute(_held(lease).with_for_update()).one_or_none()
    if row is None:
        return None
    oldest = now - timedelta(hours=import_hours) if row.imported_at is None else None
    counts = _store_entries(tx, lease.feed.id, result, oldest, now - timedelta(hours=import_hours), now)
    traffic.count(tx, lease.feed, result, counts, now)
    values = after(result, now) | arrivals.after(result, counts, is_import=oldest is not None)
    tx.execute(update(feeds).where(feeds.c.id == lease.feed.id).values(values))
    pushes.after_poll(tx, lease.feed.id, result, counts, is_import=oldest is not None)
    _tell_host(tx, lease, result, now)
    return replace(counts, events=tuple(_events(tx, row, result, counts, now)), arrived=())


def _held(lease: FeedLease) -> Select[Any]:
    columns = (feeds.c.id, feeds.c.imported_at, feeds.c.state, feeds.c.stays, feeds.c.undead_at)
    return select(*columns).where(feeds.c.id == lease.feed.id, feeds.c.token == lease.token)


def _tell_host(tx: Connection, lease: FeedLease, result: PollResult, now: datetime) -> None:
    """Let the whole host rest as it asked (F8), and ask it more seldom if it said that it was too much (F9)."""
    if result.reason is Reason.HTTP_THROTTLED:
        hosts.widen(tx, lease.feed.host, now)
    if result.host_not_before is not None:
        hosts.extend(tx, lease.feed.host, result.host_not_before)


def _events(
    tx: Connection, before: Row[Any], result: PollResult, counts: PollCounts, now: datetime
) -> Iterator[FeedEventKind]:
    """Note what the owner should know of, once each, and adopt a move that is believed."""
    ended = result.parsed is not None and result.parsed.expired
    for kind, happened, detail in (
        (
            FeedEventKind.GONE,
            (result.gone or ended) and before.state is FeedState.ACTIVE,
            _ENDED if ended else result.error,
        ),
        (FeedEventKind.UNDEAD, result.undead and before.undead_at is None, result.error),
        (FeedEventKind.REVIVED, result.reason is None and before.undead_at is not None, ""),
        (FeedEventKind.REST_CAPPED, _is_capped(result), f"asked for {result.rest_asked_seconds or 0:.0f} seconds"),
    ):
        if happened:
            note(tx, before.id, kind, now, detail)
            yield kind
    shares_entries = result.parsed is None or counts.known_count > 0
    if result.is_moved and result.moved_url and shares_entries and not before.stays:
        moved = moves.adopt(tx, before.id, result.moved_url, now)
        if moved is not None:
            yield moved


def _is_capped(result: PollResult) -> bool:
    if result.host_not_before is None or result.rest_asked_seconds is None:
        return False
    return result.rest_asked_seconds > (result.host_not_before - result.attempted_at).total_seconds() + 1


def after(result: PollResult, now: datetime) -> dict[str, Any]:
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
        "bound": result.bound,
        "bounds": dict(result.bounds),
        "fresh_seconds": result.fresh_seconds,
        "quiet_count": result.quiet_count,
        "shown_key": result.shown_key,
        "error_score": result.error_score,
        "moved_url": result.moved_url,
        "moved_since_at": result.moved_since_at,
        "moved_count": result.moved_count,
    }
    values |= _after_failure(result) if result.reason else _after_success(result)
    if result.parsed:
        values |= _after_document(result.parsed, now)
    return values


def _after_success(result: PollResult) -> dict[str, Any]:
    return {"error_count": 0, "last_success_at": result.attempted_at, "gone_seen_at": None, "undead_at": None}


def _after_failure(result: PollResult) -> dict[str, Any]:
    values: dict[str, Any] = {
        "error_count": feeds.c.error_count + 1,
        "failed_poll_count": feeds.c.failed_poll_count + 1,
    }
    if result.gone:
        values["state"] = case((feeds.c.state == FeedState.ACTIVE, FeedState.GONE), else_=feeds.c.state)
    if result.undead:
        values["undead_at"] = func.coalesce(feeds.c.undead_at, literal(result.attempted_at, Instant))
    if result.status == _GONE_STATUS:
        values["gone_seen_at"] = func.coalesce(feeds.c.gone_seen_at, literal(result.attempted_at, Instant))
    elif result.status is not None:
        values["gone_seen_at"] = None
    return values


def _after_document(parsed: ParsedFeed, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "minimum_interval_seconds": parsed.minimum_interval_seconds,
        "skip_hours": parsed.skip_hours,
        "skip_days": parsed.skip_days,
        "title": case((feeds.c.title == "", parsed.title), else_=feeds.c.title),
    }
    if parsed.expired:
        values["state"] = case((feeds.c.state == FeedState.ACTIVE, FeedState.GONE), else_=feeds.c.state)
        values["last_error"] = _ENDED
    if parsed.complete:
        values["imported_at"] = func.coalesce(feeds.c.imported_at, literal(now, Instant))
    return values


def _store_entries(
    tx: Connection, feed_id: int, result: PollResult, oldest: datetime | None, oldest_archived: datetime, now: datetime
) -> PollCounts:
    """Store what the document shows, then what the feed's older pages show besides."""
    if result.parsed is None:
        return PollCounts()
    counts = shown.store(tx, feed_id, result.parsed.entries, oldest, now)
    if not result.archived:
        return counts
    return counts + shown.store(tx, feed_id, result.archived, oldest_archived, now)
