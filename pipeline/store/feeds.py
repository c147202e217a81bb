"""Feeds: their list, their leases.

In: addresses, and pollers that ask what is due. Out: `Feed` and `FeedLease`. What a poll brought is stored by
`pipeline.store.polls`. Trap: a lease counts as something in flight at its host, so a poller that claims and then
waits for its slot keeps the host from others; claim no more than can be polled at once.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
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

from pipeline.errors import NotFound, Unusable
from pipeline.masking import masked_url
from pipeline.model import Bound, EntryState, Feed, FeedEventKind, FeedLease, FeedState, Pace, Reason, Validators
from pipeline.store import hosts, moves, page_checks, polls
from pipeline.store.dialects import free_rows, insert
from pipeline.store.feed_events import note
from pipeline.store.many import Kind, Pairs, with_pairs
from pipeline.store.tables import entries, feeds, in_state
from pipeline.store.types import Instant, key_of, microseconds
from pipeline.urls import canonical, registrable_host

_NO_VALIDATORS = {"etag": None, "last_modified": None, "validators_url": None}
OWNERS_FLOOR_SECONDS = 300  # the owner may lower the floor of one feed, but not below this (F6)
_SECOND = 1_000_000  # instants are kept in microseconds

record_poll = polls.record_poll
record_polls = polls.record_each


def add(
    tx: Connection,
    url: str,
    *,
    title: str = "",
    folder: str = "",
    now: datetime,
    interval_seconds: int | None = None,
    first_poll_at: datetime | None = None,
) -> Feed:
    """Store a feed that is due at once, or when it is said; the same address again gives the stored one.

    The same is meant however it is written, and also if that feed has moved since (F13). A feed that was removed
    comes back with its known entries, and its next poll counts as its first (F24). Raises Unusable if the address
    is no http(s) URL.
    """
    spelled = canonical(url)
    if not spelled:
        raise Unusable(f"{masked_url(url)} is not an http or https address of a feed")
    successor = moves.find_successor(tx, key_of(spelled))
    if successor is not None:
        return get(tx, successor)
    host = registrable_host(url)
    hosts.know(tx, [host])
    row = {
        "url": url.strip(),
        "url_key": key_of(spelled),
        "host": host,
        "title": title,
        "folder": folder,
        "state": FeedState.ACTIVE,
        "added_at": now,
        "removed": False,
        "interval_seconds": interval_seconds,
        "minimum_interval_seconds": 0,
        "skip_hours": [],
        "next_poll_at": first_poll_at or now,
        "bound": Bound.SPREAD if first_poll_at else Bound.ASKED,
        "error_count": 0,
        "last_error": "",
        "poll_count": 0,
        "failed_poll_count": 0,
        "token": 0,
    }
    tx.execute(insert(tx, feeds).values(row).on_conflict_do_nothing())
    _bring_back(tx, row)
    return _one(tx, feeds.c.url_key == row["url_key"], f"the feed {masked_url(url)} was removed meanwhile")


def _bring_back(tx: Connection, row: dict[str, Any]) -> None:
    kept = ("url", "title", "folder", "state", "added_at", "removed", "interval_seconds", "next_poll_at", "bound")
    again = update(feeds).where(feeds.c.url_key == row["url_key"], feeds.c.removed)
    fresh = {"imported_at": None, "gone_seen_at": None, "undead_at": None, "error_count": 0, "error_score": 0}
    tx.execute(again.values({name: row[name] for name in kept} | fresh | _NO_VALIDATORS | moves.NO_TRAIL))


def get(tx: Connection, feed_id: int) -> Feed:
    """Give a feed; raises NotFound."""
    return _one(tx, feeds.c.id == feed_id, f"there is no feed {feed_id}")


def find_by_url(tx: Connection, url: str) -> Feed | None:
    """Give the feed of an address, however written, also of one it had before it moved."""
    key = key_of(canonical(url))
    row = tx.execute(_select().where(feeds.c.url_key == key)).one_or_none()
    if row is not None:
        return _feed(row)
    successor = moves.find_successor(tx, key)
    return None if successor is None else get(tx, successor)


def list_all(tx: Connection) -> list[Feed]:
    """Give all feeds, by folder, title and address."""
    rows = tx.execute(_select().order_by(feeds.c.folder, feeds.c.title, feeds.c.url))
    return [_feed(row) for row in rows]


def remove(tx: Connection, feed_id: int) -> None:
    """Take a feed off the list; what it brought stays, and its entries that were not fetched yet are dropped.

    Raises NotFound.
    """
    _change(tx, feed_id, removed=True, state=FeedState.PAUSED, token=feeds.c.token + 1, lease_until=None)
    unfinished = in_state(entries, EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING)
    page_checks.give_up(tx, (entries.c.feed_id == feed_id) & unfinished)
    dropped = update(entries).where(entries.c.feed_id == feed_id, unfinished)
    tx.execute(
        dropped.values(state=EntryState.DROPPED, reason=Reason.FEED_REMOVED, token=entries.c.token + 1, holder=None)
    )


def make_due(tx: Connection, feed_id: int, now: datetime) -> None:
    """Let a feed be polled as soon as politeness allows (F7); also starts one again that was given up as gone."""
    _change(tx, feed_id, next_poll_at=now, bound=Bound.ASKED, state=FeedState.ACTIVE, gone_seen_at=None)


def forget_validators(tx: Connection, feed_id: int, now: datetime) -> None:
    """Let the next poll of a feed ask for all of it; the owner's act, so it is noted (F7)."""
    _change(tx, feed_id, **_NO_VALIDATORS)
    note(tx, feed_id, FeedEventKind.ASKED_IN_FULL, now)


def note_attempt(tx: Connection, feed_id: int, at: datetime) -> None:
    """Let a request made outside a poll count, so that the next poll keeps its distance from it (F6)."""
    later = or_(feeds.c.last_attempt_at.is_(None), feeds.c.last_attempt_at < at)
    tx.execute(update(feeds).where(feeds.c.id == feed_id, later).values(last_attempt_at=at))


def pause(tx: Connection, feed_id: int) -> None:
    """Stop polling a feed; a poll under way is still stored."""
    _change(tx, feed_id, state=FeedState.PAUSED)


def resume(tx: Connection, feed_id: int, now: datetime) -> None:
    """Poll a paused feed again; it is due at once."""
    make_due(tx, feed_id, now)


def _change(tx: Connection, feed_id: int, **values: Any) -> None:
    changed = tx.execute(update(feeds).where(feeds.c.id == feed_id, ~feeds.c.removed).values(values))
    if changed.rowcount != 1:
        raise NotFound(f"there is no feed {feed_id}")


def claim_due(
    tx: Connection, now: datetime, limit: int, lease_seconds: float, pace: Pace, *, floor_seconds: float = 0
) -> list[FeedLease]:
    """Lease feeds that are due, the longest due first, as far as their hosts may take more.

    Each lease holds a slot at its host and runs from that slot. A claim counts as an attempt from its slot on, so
    that a poller killed before it could record keeps to `floor_seconds` too (F6); a feed's own shorter interval
    lowers the floor.
    """
    due = _due(now, floor_seconds)
    oldest = func.min(feeds.c.next_poll_at)
    waiting = select(feeds.c.host).where(due, hosts.open_to(pace, now, feeds.c.host)).group_by(feeds.c.host)
    names = tx.execute(waiting.order_by(oldest).limit(limit)).scalars()
    slots = hosts.lock_open(tx, names, pace, now)
    leases = [_lease(row, slots, pace, now, lease_seconds) for row in _pick(tx, due, slots, pace, limit)]
    _keep(tx, leases)
    hosts.keep_slots(tx, slots)
    return leases


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
    tx.execute(_RENEW, rows)
    found = with_pairs(tx, Kind.NUMBERS, _held, [(lease.feed.id, lease.token) for lease in leases])
    return {row.id for row in found}


_RENEW = (
    update(feeds)
    .where(feeds.c.id == bindparam("feed"), feeds.c.token == bindparam("held"), feeds.c.lease_until.is_not(None))
    .values(lease_until=bindparam("until", type_=Instant))
)


def _held(wanted: Pairs) -> "Select[Any]":
    return select(feeds.c.id).select_from(wanted.join(feeds, feeds.c.id, feeds.c.token))


def claim_new(tx: Connection, feed: Feed, now: datetime, lease_seconds: float) -> FeedLease | None:
    """Lease one feed that was never asked, for whoever has its answer already; None if it was, or somebody has it."""
    unasked = and_(feeds.c.last_attempt_at.is_(None), feeds.c.lease_until.is_(None))
    row = tx.execute(_select().where(feeds.c.id == feed.id, unasked).with_for_update()).one_or_none()
    if row is None:
        return None
    lease = FeedLease(_feed(row), row.token + 1, now, now + timedelta(seconds=lease_seconds))
    _keep(tx, [lease])
    return lease


def _due(now: datetime, floor_seconds: float) -> ColumnElement[bool]:
    floor = int(floor_seconds)
    least = min(floor, OWNERS_FLOOR_SECONDS)
    owned = case((feeds.c.interval_seconds < least, least), else_=feeds.c.interval_seconds)
    own = case((feeds.c.interval_seconds < floor, owned), else_=floor)
    attempted = type_coerce(feeds.c.last_attempt_at, BigInteger)
    rested = attempted + own * literal(_SECOND, BigInteger) <= literal(microseconds(now), BigInteger)
    free = or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now)
    waited = or_(feeds.c.last_attempt_at.is_(None), rested)
    return and_(in_state(feeds, FeedState.ACTIVE), feeds.c.next_poll_at <= now, free, waited)


def _pick(
    tx: Connection, due: ColumnElement[bool], slots: dict[str, hosts.Slots], pace: Pace, limit: int
) -> Sequence[Row[Any]]:
    """Lock the feeds to lease: of each host at most what it may take, the longest due first."""
    rank = func.row_number().over(partition_by=feeds.c.host, order_by=(feeds.c.next_poll_at, feeds.c.id))
    ranked = select(feeds.c.id, feeds.c.host, feeds.c.next_poll_at, rank.label("rank"))
    queue = ranked.where(due, feeds.c.host.in_(sorted(slots))).subquery("queue")
    first = select(queue).where(queue.c.rank <= pace.concurrency).order_by(queue.c.next_poll_at, queue.c.id)
    chosen = [row.id for row in tx.execute(first) if row.rank <= slots[row.host].free_count][:limit]
    # Asked again with the rows locked: a poll whose lease ran out may be recording itself at this moment.
    found = _select().where(feeds.c.id.in_(chosen), due).order_by(feeds.c.next_poll_at, feeds.c.id)
    return tx.execute(free_rows(found, of=feeds)).all()


def _lease(row: Row[Any], slots: dict[str, hosts.Slots], pace: Pace, now: datetime, lease_seconds: float) -> FeedLease:
    start_at = slots[row.host].take(pace, now)
    return FeedLease(_feed(row), row.token + 1, start_at, start_at + timedelta(seconds=lease_seconds))


def _keep(tx: Connection, leases: Sequence[FeedLease]) -> None:
    if not leases:
        return
    statement = update(feeds).where(feeds.c.id == bindparam("feed"))
    statement = statement.values(
        token=bindparam("fresh"),
        lease_until=bindparam("until", type_=Instant),
        last_attempt_at=bindparam("start", type_=Instant),
    )
    rows = [{"feed": x.feed.id, "fresh": x.token, "until": x.until, "start": x.start_at} for x in leases]
    tx.execute(statement, rows)


def _select() -> Select[Any]:
    return select(feeds).where(~feeds.c.removed)


def _one(tx: Connection, condition: ColumnElement[bool], lacking: str) -> Feed:
    row = tx.execute(_select().where(condition)).one_or_none()
    if row is None:
        raise NotFound(lacking)
    return _feed(row)


def _feed(row: Row[Any]) -> Feed:
    values = {field.name: getattr(row, field.name) for field in fields(Feed) if field.name != "validators"}
    values |= {"skip_hours": tuple(row.skip_hours), "skip_days": tuple(row.skip_days)}
    return Feed(**values, validators=Validators(row.etag, row.last_modified, row.validators_url))
