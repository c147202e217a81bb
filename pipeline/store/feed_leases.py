"""Leases of feeds: who may poll one, and until when.

In: pollers that ask what is due. Out: `FeedLease`. Hides the statements, each built once: a poller looks many times a
second. Trap: a lease counts as something in flight at its host, so a poller that claims and then waits for its slot
keeps the host from others; claim no more than can be polled at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from pipeline.model import Bound, Feed, FeedLease, FeedState, Pace
from pipeline.store import hosts
from pipeline.store.dialects import free_rows
from pipeline.store.each_row import execute_each
from pipeline.store.feed_rows import feed_of, found_feeds
from pipeline.store.many import Kind, Pairs, with_pairs
from pipeline.store.tables import feeds, in_state
from pipeline.store.types import Instant, microseconds

FAILING_PACE = 4.0
USUAL_SECONDS = 3600.0  # for a feed of which no plan is known
OWNERS_FLOOR_SECONDS = 300  # the owner may lower the floor of one feed, but not below this (F6)
_SECOND = 1_000_000  # instants are kept in microseconds
_FLOOR = bindparam("floor", type_=Integer)
_LEAST = bindparam("least", type_=Integer)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_OLDEST = func.min(feeds.c.next_poll_at)


def _due() -> ColumnElement[bool]:
    """Condition that a feed may be asked; bind `_asking`."""
    owned = case((feeds.c.interval_seconds < _LEAST, _LEAST), else_=feeds.c.interval_seconds)
    own = case((feeds.c.interval_seconds < _FLOOR, owned), else_=_FLOOR)
    attempted = type_coerce(feeds.c.last_attempt_at, BigInteger)
    rested = attempted + own * literal(_SECOND, BigInteger) <= bindparam("now_number", type_=BigInteger)
    free = or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= hosts.NOW)
    waited = or_(feeds.c.last_attempt_at.is_(None), rested)
    return and_(in_state(feeds, FeedState.ACTIVE), feeds.c.next_poll_at <= hosts.NOW, free, waited)


def _paces() -> ColumnElement[Any]:
    """Say how many of its own intervals a feed has waited since it was asked; bind `_asking`.

    Where a host has fewer turns than its feeds want, the feed furthest behind its own pace goes first, and one that
    fails counts its intervals four times as long: it would else take every other turn of siblings that are answered.
    """
    since = type_coerce(func.coalesce(feeds.c.last_attempt_at, feeds.c.added_at), BigInteger)
    waited = type_coerce(bindparam("now_number", type_=BigInteger) - since, Float)
    share = case((feeds.c.error_count > 0, literal(FAILING_PACE, Float)), else_=literal(1.0, Float))
    return waited / (func.coalesce(feeds.c.planned_seconds, USUAL_SECONDS) * share)


def _queue() -> "Select[Any]":
    """Select the due feeds of some hosts, of each those that have waited longest for their pace."""
    in_turn = (_paces().desc(), feeds.c.next_poll_at, feeds.c.id)
    rank = func.row_number().over(partition_by=feeds.c.host, order_by=in_turn)
    ranked = select(feeds.c.id, feeds.c.host, feeds.c.next_poll_at, rank.label("rank"))
    queue = ranked.where(_due(), feeds.c.host.in_(bindparam("names", expanding=True))).subquery("queue")
    return select(queue).where(queue.c.rank <= hosts.AT_ONCE).order_by(queue.c.next_poll_at, queue.c.id)


_WAITING = (
    select(feeds.c.host)
    .where(_due(), hosts.open_to(feeds.c.host))
    .group_by(feeds.c.host)
    .order_by(_OLDEST)
    .limit(bindparam("most", type_=Integer))
)
_QUEUE = _queue()
_CHOSEN = free_rows(
    found_feeds().where(feeds.c.id.in_(_IDS), _due()).order_by(feeds.c.next_poll_at, feeds.c.id), of=feeds
)
_KEEP = (
    update(feeds)
    .where(feeds.c.id == bindparam("feed"))
    .values(
        token=bindparam("fresh"),
        lease_until=bindparam("until", type_=Instant),
        last_attempt_at=bindparam("start", type_=Instant),
    )
)
_RENEW = (
    update(feeds)
    .where(feeds.c.id == bindparam("feed"), feeds.c.token == bindparam("held"), feeds.c.lease_until.is_not(None))
    .values(lease_until=bindparam("until", type_=Instant))
)


def claim_due(
    tx: Connection, now: datetime, limit: int, lease_seconds: float, pace: Pace, *, floor_seconds: float = 0
) -> list[FeedLease]:
    """Lease feeds that are due, the longest due first, as far as their hosts may take more.

    Of one host's feeds those come first that are furthest behind their own pace (`_paces`).
    Each lease holds a slot at its host and runs from that slot. A claim counts as an attempt from its slot on, so
    that a poller killed before it could record keeps to `floor_seconds` too (F6); a feed's own shorter interval
    lowers the floor. Pages that have been queued for long hold no feed back: while no worker runs, feeds are asked
    all the same (R18).
    """
    asked = _asking(pace, now, floor_seconds)
    names = tx.execute(_WAITING, {**asked, "most": limit}).scalars().all()
    if not names:
        return []
    slots = hosts.lock_open(tx, names, pace, now, now - hosts.IDLE)
    leases = [_lease(row, slots, pace, now, lease_seconds) for row in _pick(tx, asked, slots, limit)]
    _keep(tx, leases)
    hosts.keep_slots(tx, slots)
    return leases


def _asking(pace: Pace, now: datetime, floor_seconds: float) -> dict[str, Any]:
    floor = int(floor_seconds)
    own = {"floor": floor, "least": min(floor, OWNERS_FLOOR_SECONDS), "now_number": microseconds(now)}
    return hosts.asking(pace, now, now - hosts.IDLE) | own


def _pick(tx: Connection, asked: dict[str, Any], slots: dict[str, hosts.Slots], limit: int) -> Sequence[Row[Any]]:
    """Lock the feeds to lease: of each host at most what it may take."""
    first = tx.execute(_QUEUE, {**asked, "names": sorted(slots)})
    chosen = [row.id for row in first if row.rank <= slots[row.host].free_count][:limit]
    # Asked again with the rows locked: a poll whose lease ran out may be recording itself at this moment.
    return tx.execute(_CHOSEN, {**asked, "ids": chosen}).all()


def _lease(row: Row[Any], slots: dict[str, hosts.Slots], pace: Pace, now: datetime, lease_seconds: float) -> FeedLease:
    start_at = slots[row.host].take(pace, now)
    return FeedLease(feed_of(row), row.token + 1, start_at, start_at + timedelta(seconds=lease_seconds))


def _keep(tx: Connection, leases: Sequence[FeedLease]) -> None:
    rows = [{"feed": x.feed.id, "fresh": x.token, "until": x.until, "start": x.start_at} for x in leases]
    execute_each(tx, _KEEP, rows)


def claim_new(tx: Connection, feed: Feed, now: datetime, lease_seconds: float) -> FeedLease | None:
    """Lease one feed that was never asked, for whoever has its answer already; None if it was, or somebody has it."""
    unasked = and_(feeds.c.last_attempt_at.is_(None), feeds.c.lease_until.is_(None))
    row = tx.execute(found_feeds().where(feeds.c.id == feed.id, unasked).with_for_update()).one_or_none()
    if row is None:
        return None
    lease = FeedLease(feed_of(row), row.token + 1, now, now + timedelta(seconds=lease_seconds))
    _keep(tx, [lease])
    return lease


def give_way(tx: Connection, lease: FeedLease, now: datetime) -> bool:
    """Give a lease back unused if its host asked for rest after the claim; False if it may be used (F8)."""
    rest_until = hosts.rest_of(tx, lease.feed.host, now).not_before_at
    if rest_until <= now:
        return False
    ours = update(feeds).where(feeds.c.id == lease.feed.id, feeds.c.token == lease.token)
    tx.execute(ours.values(lease_until=None, token=feeds.c.token + 1, next_poll_at=rest_until, bound=Bound.HOST))
    return True


def renew(tx: Connection, leases: Sequence[FeedLease], until: datetime) -> set[int]:
    """Let leases last until an instant; gives the feeds whose lease is still ours (R28)."""
    rows = [{"feed": lease.feed.id, "held": lease.token, "until": until} for lease in leases]
    execute_each(tx, _RENEW, rows)
    found = with_pairs(tx, Kind.NUMBERS, _held, [(lease.feed.id, lease.token) for lease in leases])
    return {row.id for row in found}


def _held(wanted: Pairs) -> "Select[Any]":
    return select(feeds.c.id).select_from(wanted.join(feeds, feeds.c.id, feeds.c.token))
