"""Entries on their way from seen to an accounted end.

In: ids and fencing tokens from the queue. Out: `Released` rows for it, `FetchTask` for the worker. Trap: what is
queued counts as in flight at its host, so a queue that nobody works on holds its hosts until the sweeper gives
the entries back.
"""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from pipeline.model import Entry, EntryState, FetchTask, Pace, Reason, Released, Swept, Validators
from pipeline.store import hosts, leases, waiting
from pipeline.store.dialects import free_rows
from pipeline.store.leases import Stage
from pipeline.store.tables import articles, entries, feeds, in_state, page_checks

STAGE = Stage(
    entries,
    EntryState.WAITING,
    EntryState.QUEUED,
    EntryState.FETCHING,
    (EntryState.DONE, EntryState.MERGED, EntryState.DROPPED, EntryState.QUARANTINED),
)
FETCHED_ENDS = frozenset({EntryState.DONE, EntryState.DROPPED, EntryState.QUARANTINED})
CROWDED_SECONDS = 1.0  #: least wait of an entry that found its host full
QUARANTINE_SECONDS = 60  #: how long the sweeper has to bring a quarantined entry to its end

_PAGE = (page_checks.c.etag, page_checks.c.last_modified, page_checks.c.validators_url)
_TASK = (
    select(entries, feeds.c.title.label("feed_title"), feeds.c.folder, articles.c.id.label("article_id"), *_PAGE)
    .join(feeds, feeds.c.id == entries.c.feed_id)
    .outerjoin(articles, articles.c.entry_id == entries.c.id)
    .outerjoin(page_checks, page_checks.c.entry_id == entries.c.id)
    .where(entries.c.id == bindparam("entry_id"), entries.c.token == bindparam("fence"))
)
_QUEUED_TASK = _TASK.where(in_state(entries, EntryState.QUEUED)).with_for_update(of=entries)
_HELD_TASK = _TASK.where(in_state(entries, EntryState.FETCHING))

extend_host = hosts.extend
widen_host = hosts.widen
waiting_by_host = waiting.by_host


def release(tx: Connection, now: datetime, limit: int, lease_seconds: float, pace: Pace) -> list[Released]:
    """Queue waiting entries of hosts that may take more: the oldest of each host first, hosts in turn.

    Entries without a page need no host and are not held back.
    """
    names = waiting.open_hosts(tx, now, limit, pace)
    counts = {host: slots.free_count for host, slots in hosts.lock_open(tx, names, pace, now).items()}
    if hosts.NOWHERE in names:
        counts[hosts.NOWHERE] = limit
    oldest = waiting.oldest_of(tx, [host for host in names if host in counts], counts, now, limit)
    found = select(entries.c.id, entries.c.token).where(entries.c.id.in_(oldest), in_state(entries, STAGE.waiting))
    return leases.enqueue(tx, STAGE, tx.execute(free_rows(found, of=entries)), now, lease_seconds)


def start(
    tx: Connection, entry_id: int, token: int, holder: str, now: datetime, lease_seconds: float, pace: Pace
) -> FetchTask | None:
    """Take a queued entry in hand, with a slot at its host; the lease runs from that slot.

    None if the token is stale, and if the host asked meanwhile to be left alone: then the entry waits again. So it
    does if it was queued for so long that feeds were asked meanwhile, and they fill the host just now.
    """
    row = tx.execute(_QUEUED_TASK, {"entry_id": entry_id, "fence": token}).one_or_none()
    if row is None:
        return None
    start_at, rest_until = hosts.reserve(tx, row.host, pace, now)
    if row.queued_at < now - hosts.IDLE and hosts.is_crowded(tx, row.host, pace, now):
        rest_until = max(rest_until, now + timedelta(seconds=max(pace.gap_seconds, CROWDED_SECONDS)))
    if rest_until > now:
        leases.postpone(tx, STAGE, entry_id, token, rest_until)
        return None
    leases.hold(tx, STAGE, entry_id, token, holder, start_at + timedelta(seconds=lease_seconds))
    return _task(row, row.attempts + 1, start_at)


def task_of(tx: Connection, entry_id: int, token: int) -> FetchTask | None:
    """Give the task of an entry that the caller already holds, such as one that `sweep` handed over."""
    row = tx.execute(_HELD_TASK, {"entry_id": entry_id, "fence": token}).one_or_none()
    return _task(row, row.attempts, row.first_seen_at) if row else None


def put_back(
    tx: Connection, entry_id: int, token: int, now: datetime, not_before: datetime, reason: Reason, error: str
) -> bool:
    """Let an entry wait for another try, at the earliest at `not_before`; False if the token is stale."""
    return leases.put_back(tx, STAGE, entry_id, token, max(now, not_before), reason, error)


def finish(tx: Connection, entry_id: int, token: int, state: EntryState, reason: Reason | None, now: datetime) -> bool:
    """Bring an entry to its end; False if the token is stale, and then the caller must roll back."""
    if state not in FETCHED_ENDS:
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
        article_id=row.article_id,
        validators=Validators(row.etag, row.last_modified, row.validators_url),
    )


def count_by_state(tx: Connection) -> dict[EntryState, int]:
    """Count entries; every state is there."""
    counts = leases.count_by_state(tx, STAGE)
    return {state: counts.get(state, 0) for state in EntryState}
