"""Due times after a start or a jump of the clock: senseless ones are mended, overdue ones spread.

In: what the clock says now. Out: how many rows were changed. Trap: several pollers may do this at once, and others
claim meanwhile; a feed's time is put off only if it still is what was read.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Select, bindparam, case, select, type_coerce, update

from pipeline.model import Bound, DeliveryState, EntryState, FeedState
from pipeline.store.feed_leases import USUAL_SECONDS
from pipeline.store.tables import deliveries, entries, feeds, hosts, in_state
from pipeline.store.types import Instant, microseconds

LONGEST_WAIT = timedelta(days=32)  # no schedule of ours waits longer, see pipeline.feeds.backoff
LONGEST_LEASE = timedelta(hours=2)
SLOT_AHEAD = timedelta(minutes=10)  # beyond the gap its host has learned no slot lies further ahead
SLOT_GAPS = 3  # one slot before this, one after it, and chance
SKEW = timedelta(minutes=10)  # of the clock of another machine
LONGEST_REST = timedelta(days=8)  # Retry-After is believed for seven days
OVERDUE = timedelta(minutes=1)  # less is the common lateness of a busy poller


class Overdue(NamedTuple):
    """A feed that missed its time, and how long after the attempt before that had been planned; None if it is new."""

    feed_id: int
    missed_at: datetime
    planned_seconds: float | None


def mend(tx: Connection, now: datetime) -> int:
    """Bring back what a clock that ran years ahead has written; counts the rows (R29).

    A feed becomes due; its floor counts from now. What waits or is lent for longer than anything may, does so no more.
    A clock that ran an hour ahead holds nobody up for that hour either: hosts' slots and the attempts of feeds that are
    not being polled are brought back too, leases and plans of others stay.
    """
    clauses = (
        update(hosts).where(_far_slot(now)).values(next_start_at=now),
        update(feeds)
        .where(feeds.c.lease_until.is_(None), feeds.c.last_attempt_at > now + SKEW)
        .values(last_attempt_at=now, next_poll_at=_as_long_after(now)),
        update(feeds)
        .where(in_state(feeds, FeedState.ACTIVE), feeds.c.next_poll_at > now + LONGEST_WAIT)
        .values(next_poll_at=now),
        update(feeds).where(feeds.c.last_attempt_at > now + LONGEST_LEASE).values(last_attempt_at=now),
        update(feeds).where(feeds.c.lease_until > now + LONGEST_LEASE).values(lease_until=now),
        update(hosts).where(hosts.c.not_before_at > now + LONGEST_REST).values(not_before_at=now),
        update(hosts).where(hosts.c.throttled_at > now + LONGEST_LEASE).values(throttled_at=now),
        update(entries)
        .where(in_state(entries, EntryState.WAITING), entries.c.next_attempt_at > now + LONGEST_REST)
        .values(next_attempt_at=now),
        update(deliveries)
        .where(in_state(deliveries, DeliveryState.WAITING), deliveries.c.next_attempt_at > now + LONGEST_REST)
        .values(next_attempt_at=now),
    )
    return sum(tx.execute(clause).rowcount for clause in clauses)


def _far_slot(now: datetime) -> ColumnElement[bool]:
    """Condition that a host's next slot is further ahead than the gap between its slots explains."""
    gap = case((hosts.c.gap_seconds > hosts.c.asked_gap_seconds, hosts.c.gap_seconds), else_=hosts.c.asked_gap_seconds)
    ahead = type_coerce(hosts.c.next_start_at, BigInteger) - microseconds(now + SLOT_AHEAD)
    return ahead > gap * (SLOT_GAPS * 1_000_000)


def _as_long_after(now: datetime) -> ColumnElement[Any]:
    """Give the time of a feed's next poll, as long after `now` as it was planned after its attempt."""
    return type_coerce(feeds.c.next_poll_at, BigInteger) - (
        type_coerce(feeds.c.last_attempt_at, BigInteger) - microseconds(now)
    )


def overdue(tx: Connection, now: datetime) -> list[Overdue]:
    """Give the feeds whose time has been over for a while: those first that missed most for their own pace."""
    found: Select[Any] = select(feeds.c.id, feeds.c.next_poll_at, feeds.c.last_attempt_at, feeds.c.planned_seconds)
    found = found.where(in_state(feeds, FeedState.ACTIVE), feeds.c.next_poll_at <= now - OVERDUE)
    late = [_overdue(row) for row in tx.execute(found.order_by(feeds.c.next_poll_at, feeds.c.id))]
    return sorted(late, key=lambda one: (one.missed_at - now) / timedelta(seconds=one.planned_seconds or USUAL_SECONDS))


def _overdue(row: Row[Any]) -> Overdue:
    planned = row.planned_seconds or 0.0
    if not planned and row.last_attempt_at:
        planned = (row.next_poll_at - row.last_attempt_at).total_seconds()
    return Overdue(row.id, row.next_poll_at, planned if planned > 0 else None)


def put_off(tx: Connection, late: Sequence[Overdue], waits: Sequence[float], now: datetime) -> None:
    """Give each of these feeds a time of its own, `waits` seconds from now (checklist F18)."""
    if not late:
        return
    statement = update(feeds).where(feeds.c.id == bindparam("feed"), feeds.c.next_poll_at == bindparam("missed"))
    statement = statement.values(next_poll_at=bindparam("fresh", type_=Instant), bound=Bound.SPREAD)
    rows = [
        {"feed": one.feed_id, "missed": one.missed_at, "fresh": now + timedelta(seconds=wait)}
        for one, wait in zip(late, waits, strict=True)
    ]
    tx.execute(statement, rows)
