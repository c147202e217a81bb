"""What is in work at this moment, and what went wrong: grouped by host and cause, for people.

In: limits, and one group's key. Out: `InWork`, `Trouble` and its members. Trap: an entry whose page failed may have
ended well with the feed's own text, so a trouble tells of pages and not of losses; the state says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal_column, select, update
from sqlalchemy.types import Text

from pipeline.model import DeliveryState, EntryState, Reason
from pipeline.store import page_checks
from pipeline.store.tables import alerts, deliveries, entries, in_state
from pipeline.store.types import clean_text

#: Reasons that are no trouble: too old at the first import, another's page, left with its feed, given up by hand.
_PLAIN = (Reason.OLD_AT_IMPORT, Reason.SAME_PAGE, Reason.FEED_REMOVED, Reason.DROPPED_BY_HAND)


@dataclass(frozen=True, slots=True)
class InWork:
    """One row in a worker's hands."""

    stage: str  #: "page" or "delivery"
    row_id: int
    name: str  #: the entry's title, or the alert's
    place: str  #: the page's host, or the channel
    holder: str | None  #: None while the sweeper brings it to its end
    attempts: int
    queued_at: datetime | None
    lease_until: datetime | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Entries of one host that failed for one reason and stand in one state."""

    host: str
    reason: Reason
    state: EntryState
    count: int
    first_id: int
    last_id: int
    first_at: datetime  #: when the first of them was seen
    last_at: datetime  #: when the last of them was seen
    sample: str  #: what was said of the last one


@dataclass(frozen=True, slots=True)
class TroubledEntry:
    """One entry of a group."""

    entry_id: int
    title: str
    url: str
    state: EntryState
    error: str
    attempts: int
    first_seen_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None


def in_work(tx: Connection, limit: int) -> list[InWork]:
    """Give what workers hold, the longest queued first: pages, then deliveries."""
    return [*_pages_in_work(tx, limit), *_deliveries_in_work(tx, limit)]


def _pages_in_work(tx: Connection, limit: int) -> list[InWork]:
    c = entries.c
    found = select(c.id, c.title, c.host, c.holder, c.attempts, c.queued_at, c.lease_until)
    held = found.where(in_state(entries, EntryState.FETCHING)).order_by(c.lease_until, c.id).limit(limit)
    return [InWork("page", *row) for row in tx.execute(held)]


def _deliveries_in_work(tx: Connection, limit: int) -> list[InWork]:
    c = deliveries.c
    found = select(c.id, alerts.c.article_title, c.channel, c.holder, c.attempts, c.queued_at, c.lease_until)
    held = found.join_from(deliveries, alerts).where(in_state(deliveries, DeliveryState.SENDING))
    return [InWork("delivery", *row) for row in tx.execute(held.order_by(c.lease_until, c.id).limit(limit))]


def grouped(tx: Connection, limit: int) -> list[Trouble]:
    """Give the groups of failed entries, the largest first; counted from one index alone."""
    c = entries.c
    keys = (c.host, c.reason, c.state)
    counted = select(*keys, func.count().label("size"), func.min(c.id).label("first"), func.max(c.id).label("last"))
    groups = counted.where(_troubled()).group_by(*keys).order_by(func.count().desc(), c.host).limit(limit)
    rows = tx.execute(groups).all()
    ends = _ends(tx, {entry_id for row in rows for entry_id in (row.first, row.last)})
    return [_trouble(row, ends) for row in rows]


def _ends(tx: Connection, ids: set[int]) -> dict[int, Any]:
    """Read the first and last entry of every group."""
    found = select(entries.c.id, entries.c.first_seen_at, entries.c.error).where(entries.c.id.in_(sorted(ids)))
    return {row.id: row for row in tx.execute(found)}


def _trouble(row: Any, ends: dict[int, Any]) -> Trouble:
    first, last = ends[row.first], ends[row.last]
    seen = (first.first_seen_at, last.first_seen_at)
    return Trouble(row.host, row.reason, row.state, row.size, row.first, row.last, min(seen), max(seen), last.error)


def count_waiting(tx: Connection) -> int:
    """Count the entries that wait after any failure; from the index alone."""
    waits = and_(_troubled(), entries.c.state == EntryState.WAITING)
    return tx.execute(select(func.count()).where(waits)).scalar_one()


def members(
    tx: Connection, host: str, reason: Reason, state: EntryState, before_id: int | None, limit: int
) -> list[TroubledEntry]:
    """Give the entries of one group, the newest first, those older than `before_id` only."""
    c = entries.c
    found = select(
        c.id, c.title, c.url, c.state, c.error, c.attempts, c.first_seen_at, c.next_attempt_at, c.finished_at
    )
    group = and_(_troubled(), c.host == clean_text(host), c.reason == reason, c.state == state)
    older = group if before_id is None else and_(group, c.id < before_id)
    return [TroubledEntry(*row) for row in tx.execute(found.where(older).order_by(c.id.desc()).limit(limit))]


def retry_now(tx: Connection, ids: Sequence[int] | None, host: str, reason: Reason, now: datetime) -> int:
    """Let entries of a host that wait after a failure be tried at once, all or those named; counts them.

    What the host itself asked for (Retry-After) still holds.
    """
    return _change_waiting(tx, ids, host, reason, {"next_attempt_at": now})


def drop(tx: Connection, ids: Sequence[int] | None, host: str, reason: Reason, now: datetime) -> int:
    """Give up entries of a host that wait after a failure, all or those named; counts them.

    One that has its article and waits for another look at its page is done as before.
    """
    given_up = len(page_checks.give_up(tx, _waiting(ids, host, reason)))
    ended = {"state": EntryState.DROPPED, "reason": Reason.DROPPED_BY_HAND, "finished_at": now}
    return given_up + _change_waiting(tx, ids, host, reason, ended | {"token": entries.c.token + 1})


def retry_all(tx: Connection, now: datetime, limit: int) -> int:
    """Let entries that wait after any failure be tried at once, up to `limit` of them; counts them."""
    c = entries.c
    later = and_(in_state(entries, EntryState.WAITING), _troubled(), c.next_attempt_at > now)
    some = select(c.id).where(later).limit(limit)
    return tx.execute(update(entries).where(c.id.in_(some)).values(next_attempt_at=now)).rowcount


def drop_all(tx: Connection, now: datetime, limit: int) -> int:
    """Give up entries that wait after any failure, up to `limit` of them; counts them."""
    c = entries.c
    some = select(c.id).where(and_(in_state(entries, EntryState.WAITING), _troubled())).limit(limit)
    ids = tx.execute(some).scalars().all()
    waiting = and_(in_state(entries, EntryState.WAITING), c.id.in_(ids))
    given_up = len(page_checks.give_up(tx, waiting))
    ended = {"state": EntryState.DROPPED, "reason": Reason.DROPPED_BY_HAND, "finished_at": now}
    return given_up + tx.execute(update(entries).where(waiting).values(ended | {"token": c.token + 1})).rowcount


def _change_waiting(
    tx: Connection, ids: Sequence[int] | None, host: str, reason: Reason, values: Mapping[str, Any]
) -> int:
    return tx.execute(update(entries).where(_waiting(ids, host, reason)).values(values)).rowcount


def _waiting(ids: Sequence[int] | None, host: str, reason: Reason) -> ColumnElement[bool]:
    c = entries.c
    chosen: ColumnElement[bool] = and_(
        in_state(entries, EntryState.WAITING), c.host == clean_text(host), c.reason == reason
    )
    return chosen if ids is None else and_(chosen, c.id.in_(list(ids)))


def _troubled() -> ColumnElement[bool]:
    """Spell the condition as the partial index spells it."""
    plain = [literal_column(f"'{reason.value}'", Text) for reason in _PLAIN]
    return and_(entries.c.reason.is_not(None), entries.c.reason.not_in(plain))
