"""Which entries wait, by host: found without reading all that wait at one host.

In: hosts and a `Pace`. Out: entry ids in a fair order, and `HostQueue`s for people. Trap: a host may have fifty
thousand entries waiting; the queries here step over the index from host to host and from entry to entry, and
touch only the rows they give, also on a database that has no statistics yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Integer,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    values,
)

from pipeline.model import EntryState, Pace
from pipeline.store import hosts
from pipeline.store.dialects import is_postgresql
from pipeline.store.tables import entries, in_state
from pipeline.store.tables import hosts as host_rows

_WAITING = in_state(entries, EntryState.WAITING)


def open_hosts(tx: Connection, now: datetime, limit: int, pace: Pace) -> list[str]:
    """Find hosts with entries that are due and with a free slot, the host of the oldest first.

    At 10,000 hosts 25 ms of processor, at a hundred 1.
    """
    return list(tx.execute(_OPEN_HOSTS, {**hosts.asking(pace, now), "most": limit}).scalars())


def _open_hosts() -> Select[Any]:
    """Step from host to host; put together once, since a dispatcher asks four times a second."""
    first = select(func.min(entries.c.host).label("host")).where(_WAITING).cte("waiting_hosts", recursive=True)
    following = select(func.min(entries.c.host)).where(_WAITING, entries.c.host > first.c.host).scalar_subquery()
    names = first.union_all(select(following).where(first.c.host.is_not(None)))
    oldest = select(func.min(entries.c.next_attempt_at)).where(_WAITING, entries.c.host == names.c.host)
    aged = select(names.c.host, oldest.scalar_subquery().label("oldest")).where(names.c.host.is_not(None)).subquery()
    taken = select(host_rows.c.host).where(host_rows.c.next_start_at > hosts.NOW)
    free = and_(hosts.open_to(aged.c.host), aged.c.host.not_in(taken))
    found = select(aged.c.host).where(aged.c.oldest <= hosts.NOW, or_(aged.c.host == hosts.NOWHERE, free))
    return found.order_by(aged.c.oldest, aged.c.host).limit(bindparam("most", type_=Integer))


_OPEN_HOSTS = _open_hosts()


def oldest_of(tx: Connection, names: Sequence[str], counts: Mapping[str, int], now: datetime, limit: int) -> list[int]:
    """Give the ids of each host's oldest entries, at most `counts` of each: in turns, in the order of `names`."""
    if not names:
        return []
    turn = {host: place for place, host in enumerate(names)}
    # No deeper than an even share: a host with less leaves the rest to the next round, soon after this one.
    depth = min(max(counts.values()), ceil(limit / len(names)))
    rows = [row for row in _first_of_each(tx, names, depth, now) if row[1] <= counts[row[0]]]
    rows.sort(key=lambda row: (row[1], turn[row[0]]))
    return list(map(itemgetter(2), rows[:limit]))


def _first_of_each(tx: Connection, names: Sequence[str], count: int, now: datetime) -> list[tuple[str, int, int]]:
    """Give (host, place, id) of the first entries of each host, place counted from 1."""
    asked = values(column("host", Text), name="asked").data([(name,) for name in names]).cte("asked")
    found = _firsts_by_lateral(asked, count, now) if is_postgresql(tx) else _firsts_by_chain(asked, count, now)
    return [(row.host, row.place, row.id) for row in tx.execute(found)]


def _firsts_by_lateral(asked: CTE, count: int, now: datetime) -> Select[Any]:
    place = func.row_number().over(order_by=(entries.c.next_attempt_at, entries.c.id)).label("place")
    due = select(entries.c.id, place).where(_WAITING, entries.c.host == asked.c.host, entries.c.next_attempt_at <= now)
    firsts = due.order_by(entries.c.next_attempt_at, entries.c.id).limit(count).lateral("firsts")
    return select(asked.c.host, firsts.c.place, firsts.c.id).join_from(asked, firsts, true())


def _firsts_by_chain(asked: CTE, count: int, now: datetime) -> Select[Any]:
    """Step from entry to entry: SQLite has no LATERAL, and PostgreSQL would read the whole table at each step."""
    first, following = entries.alias("first"), entries.alias("following")
    head = _head(entries.c.host == asked.c.host, now)
    found = select(literal(1, Integer).label("place"), first.c.host, first.c.next_attempt_at, first.c.id)
    chain = found.join_from(asked, first, first.c.id == head).cte("chain", recursive=True)
    behind = tuple_(entries.c.next_attempt_at, entries.c.id) > tuple_(chain.c.next_attempt_at, chain.c.id)
    head = _head(and_(entries.c.host == chain.c.host, behind), now)
    step = select(chain.c.place + 1, following.c.host, following.c.next_attempt_at, following.c.id)
    step = step.join_from(chain, following, following.c.id == head).where(chain.c.place < count)
    whole = chain.union_all(step)
    return select(whole.c.host, whole.c.place, whole.c.id)


def _head(condition: ColumnElement[bool], now: datetime) -> ScalarSelect[int]:
    """Select the oldest waiting entry that is due and meets a condition."""
    due = select(entries.c.id).where(_WAITING, entries.c.next_attempt_at <= now, condition)
    return due.order_by(entries.c.next_attempt_at, entries.c.id).limit(1).scalar_subquery()


@dataclass(frozen=True, slots=True)
class HostQueue:
    """What waits at one host, and why it is not faster."""

    host: str  #: empty for entries without a page
    waiting_count: int
    oldest_at: datetime  #: when the first of them may be tried
    in_flight_count: int
    next_start_at: datetime | None
    not_before_at: datetime | None  #: the host asked to be left alone until then


def by_host(tx: Connection, limit: int) -> list[HostQueue]:
    """Give the hosts with the most waiting entries."""
    known, busy = host_rows, hosts.in_flight().subquery("busy")
    counted = select(entries.c.host, func.count().label("waiting"), func.min(entries.c.next_attempt_at).label("oldest"))
    grouped = counted.where(in_state(entries, EntryState.WAITING)).group_by(entries.c.host).subquery("grouped")
    joined = grouped.outerjoin(known, known.c.host == grouped.c.host).outerjoin(busy, busy.c.host == grouped.c.host)
    found = select(grouped, busy.c["count"].label("busy"), known.c.next_start_at, known.c.not_before_at)
    rows = tx.execute(found.select_from(joined).order_by(grouped.c.waiting.desc(), grouped.c.host).limit(limit))
    return [HostQueue(r.host, r.waiting, r.oldest, r.busy or 0, r.next_start_at, r.not_before_at) for r in rows]
