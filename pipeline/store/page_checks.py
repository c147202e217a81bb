"""When pages of articles are looked at again, because their feed changed them or because they are young.

In: entries that are done, and what their pages gave as validators. Out: entries that wait once more, and their end.
Trap: such an entry has its article; whoever ends it without a newer text must leave it done with the reason it had, and
new entries of a host go before: a host with anything waiting is left for later.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Row, Select, delete, exists, func, select, update

from pipeline.model import EntryState, FetchTask, Reason, Validators
from pipeline.store import entries
from pipeline.store.dialects import Inserter, bound, inserter, with_each
from pipeline.store.tables import articles, feeds, in_state, page_checks
from pipeline.store.tables import entries as table
from pipeline.store.types import microseconds
from pipeline.store.updates import MOST_REFETCHES

SETTLE = timedelta(minutes=2)  #: after a feed's change: editors change twice, and pages are cached behind their feeds
PUT_OFF = timedelta(minutes=2)  #: of a look whose host is busy
MOST_AT_HOST = 2  #: looks begun at once: a new entry waits behind no more than these
MOST_READ = 1000  #: rows looked through at once


@dataclass(frozen=True, slots=True)
class Planned:
    """What is known of a page after a look at it."""

    validators: Validators
    next_check_at: datetime | None  #: None: not again by itself


def plan(tx: Connection, entry_id: int, planned: Planned) -> None:
    """Keep what a page gave, and when it is looked at again."""
    kept = planned.validators
    row = {"etag": kept.etag, "last_modified": kept.last_modified, "validators_url": kept.url}
    _put(tx, entry_id, row | {"next_check_at": planned.next_check_at})


def _put(tx: Connection, entry_id: int, row: dict[str, Any]) -> None:
    tx.execute(_keep(inserter(tx), tuple(row)), row | {"entry_id": entry_id})


@cache
def _keep(begin: Inserter, names: tuple[str, ...]) -> Executable:
    """Write the statement once: putting it together costs as much as running it, and it runs for every page."""
    statement = begin(page_checks)
    newer = {name: statement.excluded[name] for name in names}
    return statement.on_conflict_do_update(index_elements=["entry_id"], set_=newer)


def has_due(tx: Connection, now: datetime) -> bool:
    """Tell whether a page should be looked at again."""
    return bool(tx.execute(_changed(now).limit(1)).first() or tx.execute(_planned(now).limit(1)).first())


def begin_due(tx: Connection, now: datetime) -> int:
    """Let done entries wait for another look at their pages; counts them."""
    changed, planned = tx.execute(_changed(now)).all(), tx.execute(_planned(now)).all()
    rows = {row.id: row for row in (*changed, *planned)}.values()
    busy = _busy(tx, {row.host for row in rows}, now)
    chosen = choose(rows, busy)
    for row in chosen:
        _begin(tx, row, now)
    left = {row.id for row in planned} - {row.id for row in chosen}
    tx.execute(update(page_checks).where(page_checks.c.entry_id.in_(left)).values(next_check_at=now + PUT_OFF))
    return len(chosen)


def choose(rows: Iterable[Row[Any]], busy: Collection[str]) -> list[Row[Any]]:
    """Choose at most a few of each host that has nothing else waiting."""
    taken: Counter[str] = Counter()
    chosen = []
    for row in rows:
        if row.host not in busy and taken[row.host] < MOST_AT_HOST:
            taken[row.host] += 1
            chosen.append(row)
    return chosen


_DONE = (
    select(table.c.id, table.c.host, table.c.reason, table.c.queued_at)
    .join(feeds, feeds.c.id == table.c.feed_id)
    .where(table.c.state == EntryState.DONE, table.c.refetch_count < MOST_REFETCHES, ~feeds.c.removed)
)


def _changed(now: datetime) -> Select[Any]:
    due = _DONE.where(table.c.changed_at.is_not(None), table.c.changed_at <= now - SETTLE)
    return due.order_by(table.c.changed_at).limit(MOST_READ)


def _planned(now: datetime) -> Select[Any]:
    c = page_checks.c
    due = _DONE.join(page_checks, c.entry_id == table.c.id).where(c.next_check_at.is_not(None), c.next_check_at <= now)
    return due.order_by(c.next_check_at).limit(MOST_READ)


def _busy(tx: Connection, hosts: Collection[str], now: datetime) -> set[str]:
    """Find the hosts of these with anything waiting that is due; one row of each is enough to know."""
    asked = with_each(tx, _BUSY, "TEXT")
    return set(tx.execute(asked, {"values": bound(tx, sorted(hosts)), "now": microseconds(now)}).scalars())


_BUSY = """
    SELECT value FROM ({each}) AS asked
    WHERE EXISTS (
        SELECT 1 FROM entries
        WHERE entries.state = 'waiting' AND entries.host = asked.value AND entries.next_attempt_at <= :now
    )
"""


def _begin(tx: Connection, row: Row[Any], now: datetime) -> None:
    _put(tx, row.id, {"next_check_at": None, "done_reason": row.reason})
    first = page_checks.c.released_at.is_(None) & (page_checks.c.entry_id == row.id)
    tx.execute(update(page_checks).where(first).values(released_at=row.queued_at))
    again = {
        "state": EntryState.WAITING,
        "token": table.c.token + 1,
        "refetch_count": table.c.refetch_count + 1,
        "changed_at": None,
        "attempts": 0,
        "next_attempt_at": now,
        "reason": None,
        "error": "",
    }
    tx.execute(update(table).where(table.c.id == row.id, table.c.state == EntryState.DONE).values(again))


def find_released_at(tx: Connection, entry_id: int) -> datetime | None:
    """Give when an entry was put on the queue for its article, whatever looks came since."""
    released = func.coalesce(page_checks.c.released_at, table.c.queued_at)
    found = select(released).outerjoin(page_checks, page_checks.c.entry_id == table.c.id)
    at: datetime | None = tx.execute(found.where(table.c.id == entry_id)).scalar_one_or_none()
    return at


# The end of a look


def finish(tx: Connection, task: FetchTask, planned: Planned | None, now: datetime, *, page_came: bool = False) -> bool:
    """Let an entry be done as it was before the look; False if the token is stale.

    Without `planned` its page is not looked at again by itself. `page_came` ends what the reason said.
    """
    kept = select(page_checks.c.done_reason).where(page_checks.c.entry_id == task.entry_id)
    reason: Reason | None = None if page_came else tx.execute(kept).scalar_one_or_none()
    if not entries.finish(tx, task.entry_id, task.token, EntryState.DONE, reason, now):
        return False
    if planned:
        plan(tx, task.entry_id, planned)
    return True


def give_up(tx: Connection, chosen: ColumnElement[bool]) -> Sequence[int]:
    """Let entries be done again that wait for a look and meet a condition; gives their ids."""
    reason = select(page_checks.c.done_reason).where(page_checks.c.entry_id == table.c.id).scalar_subquery()
    done = {
        "state": EntryState.DONE,
        "reason": reason,
        "token": table.c.token + 1,
        "job_id": None,
        "holder": None,
        "lease_until": None,
    }
    has_article = exists(select(articles.c.id).where(articles.c.entry_id == table.c.id))
    return tx.execute(update(table).where(chosen, has_article).values(done).returning(table.c.id)).scalars().all()


def is_unfinished() -> ColumnElement[bool]:
    """Condition that an entry waits or is in work."""
    return in_state(table, EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING)


def forget(tx: Connection, entry_ids: Sequence[int]) -> None:
    """End the looks of entries whose articles go, and forget what their pages gave."""
    give_up(tx, table.c.id.in_(entry_ids) & is_unfinished())
    tx.execute(delete(page_checks).where(page_checks.c.entry_id.in_(entry_ids)))
