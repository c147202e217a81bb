"""Entries on their way from seen to an accounted end.

In: ids and fencing tokens from the queue. Out: `Released` rows for it, `FetchTask` for the worker. Trap: what is
queued counts as in flight at its host, so a queue that nobody works on holds its hosts until the sweeper gives
the entries back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from pipeline.model import Entry, EntryState, FetchTask, Pace, Reason, Released, Swept
from pipeline.store import hosts, leases
from pipeline.store.dialects import free_rows
from pipeline.store.leases import Stage
from pipeline.store.tables import entries, feeds, in_state
from pipeline.store.tables import hosts as host_rows

STAGE = Stage(entries, EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING)
ENDS = frozenset({EntryState.DONE, EntryState.DROPPED, EntryState.QUARANTINED})
QUARANTINE_SECONDS = 60  #: how long the sweeper has to bring a quarantined entry to its end

extend_host = hosts.extend


def release(tx: Connection, now: datetime, limit: int, lease_seconds: float, pace: Pace) -> list[Released]:
    """Queue waiting entries of hosts that may take more: the oldest of each host first, hosts in turn.

    Entries without a page need no host and are not held back.
    """
    names = _waiting_hosts(tx, now, limit, pace)
    slots = {host: found.free_count for host, found in hosts.lock_open(tx, names, pace, now).items()}
    if hosts.NOWHERE in names:
        slots[hosts.NOWHERE] = limit
    # In the order of `names`, so that the hosts that waited longest come first in each turn.
    queues = [_oldest(tx, host, slots[host], now) for host in names if host in slots]
    turns = chain.from_iterable(zip_longest(*queues))
    chosen = islice((row for row in turns if row is not None), limit)
    return leases.enqueue(tx, STAGE, chosen, now, lease_seconds)


def _waiting_hosts(tx: Connection, now: datetime, limit: int, pace: Pace) -> list[str]:
    """Find open hosts with entries to release, by their oldest; steps over the index from host to host."""
    waiting = in_state(entries, EntryState.WAITING)
    first = select(func.min(entries.c.host).label("host")).where(waiting).cte("waiting_hosts", recursive=True)
    following = select(func.min(entries.c.host)).where(waiting, entries.c.host > first.c.host).scalar_subquery()
    names = first.union_all(select(following).where(first.c.host.is_not(None)))
    oldest = select(func.min(entries.c.next_attempt_at)).where(waiting, entries.c.host == names.c.host)
    aged = select(names.c.host, oldest.scalar_subquery().label("oldest")).where(names.c.host.is_not(None)).subquery()
    free = or_(aged.c.host == hosts.NOWHERE, hosts.open_to(pace, now, aged.c.host))
    found = select(aged.c.host).where(aged.c.oldest <= now, free, _slot_is_free(aged.c.host, now))
    return list(tx.execute(found.order_by(aged.c.oldest, aged.c.host).limit(limit)).scalars())


def _slot_is_free(host: ColumnElement[str], now: datetime) -> ColumnElement[bool]:
    taken = select(host_rows.c.host).where(host_rows.c.next_start_at > now)
    return host.not_in(taken)


def _oldest(tx: Connection, host: str, count: int, now: datetime) -> Sequence[Row[Any]]:
    found = select(entries.c.id, entries.c.token).where(
        in_state(entries, EntryState.WAITING), entries.c.host == host, entries.c.next_attempt_at <= now
    )
    found = found.order_by(entries.c.next_attempt_at, entries.c.id).limit(count)
    return tx.execute(free_rows(found, of=entries)).all()


def start(
    tx: Connection, entry_id: int, token: int, holder: str, now: datetime, lease_seconds: float, pace: Pace
) -> FetchTask | None:
    """Take a queued entry in hand, with a slot at its host; the lease runs from that slot.

    None if the token is stale, and if the host asked meanwhile to be left alone: then the entry waits again.
    """
    queued = in_state(entries, EntryState.QUEUED)
    found = _tasks().where(entries.c.id == entry_id, entries.c.token == token, queued)
    row = tx.execute(found.with_for_update(of=entries)).one_or_none()
    if row is None:
        return None
    rest_until = hosts.not_before(tx, row.host)
    if rest_until > now:
        leases.postpone(tx, STAGE, entry_id, token, rest_until)
        return None
    start_at = hosts.reserve(tx, row.host, pace, now)
    leases.hold(tx, STAGE, entry_id, token, holder, start_at + timedelta(seconds=lease_seconds))
    return _task(row, row.attempts + 1, start_at)


def task_of(tx: Connection, entry_id: int, token: int) -> FetchTask | None:
    """Give the task of an entry that the caller already holds, such as one that `sweep` handed over."""
    held = in_state(entries, EntryState.FETCHING)
    row = tx.execute(_tasks().where(entries.c.id == entry_id, entries.c.token == token, held)).one_or_none()
    return _task(row, row.attempts, row.first_seen_at) if row else None


def put_back(
    tx: Connection, entry_id: int, token: int, now: datetime, not_before: datetime, reason: Reason, error: str
) -> bool:
    """Let an entry wait for another try, at the earliest at `not_before`; False if the token is stale."""
    return leases.put_back(tx, STAGE, entry_id, token, max(now, not_before), reason, error)


def finish(tx: Connection, entry_id: int, token: int, state: EntryState, reason: Reason | None, now: datetime) -> bool:
    """Bring an entry to its end; False if the token is stale, and then the caller must roll back."""
    if state not in ENDS:
        raise ValueError(f"{state} is no end of an entry that was fetched")
    return leases.finish(tx, STAGE, entry_id, token, now, state=state, reason=reason)


def queued_jobs(tx: Connection, before: datetime, limit: int) -> list[tuple[int, int, str]]:
    """Give (entry id, token, job id) of entries queued before an instant, the oldest first."""
    return leases.queued_jobs(tx, STAGE, before, limit)


def give_back(tx: Connection, rows: Sequence[tuple[int, int]], now: datetime) -> int:
    """Let queued entries wait again whose jobs are lost; counts those that still were queued under their token."""
    return leases.give_back(tx, STAGE, rows, now)


def sweep(tx: Connection, now: datetime, dead_holders: Collection[str], crash_limit: int) -> Swept:
    """Take entries from holders that are dead or past their lease, and count it as a crash (R11).

    An entry at the limit is handed to the caller under a fresh token, to be quarantined within
    `QUARANTINE_SECONDS`; see `task_of`. The others wait again.
    """
    found = leases.abandoned(tx, STAGE, now, dead_holders)
    poisoned = [row for row in found if row.crashes + 1 >= crash_limit]
    others = [row for row in found if row.crashes + 1 < crash_limit]
    returned_count = leases.return_crashed(tx, STAGE, others, now)
    until = now + timedelta(seconds=QUARANTINE_SECONDS)
    return Swept(returned_count, tuple(leases.take_over(tx, STAGE, poisoned, until)))


def _tasks() -> Select[Any]:
    named = (feeds.c.title.label("feed_title"), feeds.c.folder)
    return select(entries, *named).join(feeds, feeds.c.id == entries.c.feed_id)


def _task(row: Row[Any], attempts: int, start_at: datetime) -> FetchTask:
    return FetchTask(
        entry_id=row.id,
        token=row.token,
        feed_id=row.feed_id,
        feed_title=row.feed_title,
        folder=row.folder,
        entry=Entry(**{field.name: getattr(row, field.name) for field in fields(Entry)}),
        host=row.host,
        first_seen_at=row.first_seen_at,
        attempts=attempts,
        start_at=start_at,
        last_reason=row.reason,
    )


def count_by_state(tx: Connection) -> dict[EntryState, int]:
    """Count entries; every state is there."""
    counted = select(entries.c.state, func.count()).group_by(entries.c.state)
    return dict.fromkeys(EntryState, 0) | dict(tx.execute(counted).all())


@dataclass(frozen=True, slots=True)
class HostQueue:
    """What waits at one host, and why it is not faster."""

    host: str  #: empty for entries without a page
    waiting_count: int
    oldest_at: datetime  #: when the first of them may be tried
    in_flight_count: int
    next_start_at: datetime | None
    not_before_at: datetime | None  #: the host asked to be left alone until then


def waiting_by_host(tx: Connection, limit: int) -> list[HostQueue]:
    """Give the hosts with the most waiting entries."""
    known, busy = host_rows, hosts.in_flight().subquery("busy")
    counted = select(entries.c.host, func.count().label("waiting"), func.min(entries.c.next_attempt_at).label("oldest"))
    grouped = counted.where(in_state(entries, EntryState.WAITING)).group_by(entries.c.host).subquery("grouped")
    joined = grouped.outerjoin(known, known.c.host == grouped.c.host).outerjoin(busy, busy.c.host == grouped.c.host)
    found = select(grouped, busy.c["count"].label("busy"), known.c.next_start_at, known.c.not_before_at)
    rows = tx.execute(found.select_from(joined).order_by(grouped.c.waiting.desc(), grouped.c.host).limit(limit))
    return [HostQueue(r.host, r.waiting, r.oldest, r.busy or 0, r.next_start_at, r.not_before_at) for r in rows]
