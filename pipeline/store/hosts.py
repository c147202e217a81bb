"""Politeness at hosts: free slots, waits that servers asked for, and how much is in flight.

In: registrable hosts and a `Pace`. Out: instants at which a request may start, and how many more may. A host that
answers 429 gets a gap of its own, twice as wide each time, shared by its feeds and pages and by all processes. Trap:
every transaction that takes a slot or adds to what is in flight holds the host's row until its end; several rows
are locked in one statement that passes over rows held by others, so two claimers never wait for each other.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random, SystemRandom
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from pipeline.model import EntryState, Pace
from pipeline.store.dialects import Inserter, free_rows, inserter
from pipeline.store.tables import entries, feeds, hosts, in_state
from pipeline.store.types import EPOCH, Instant

#: Where an entry without a page "is": it needs no slot.
NOWHERE = ""

AHEAD = timedelta(seconds=10)  # a slot further ahead is left to whoever looks then: a claim that sleeps helps nobody
FIRST_GAP_SECONDS = 30.0  # what a host that finds a gap of a second too narrow gets first
LONGEST_GAP_SECONDS = 3600.0
IDLE = timedelta(
    seconds=30
)  # queued this long, a page is not about to be asked for: the queue is long, or nobody works
GAP_HALVES_AFTER = timedelta(days=1)  # without a 429; most limits are by minute or hour, and all are changed some day
GAP_JITTER = 0.25

_chance: Random = SystemRandom()

# Written once: putting a statement together costs as much as running it, and these run for every page.
_HOST_LOCKED = select(hosts).where(hosts.c.host == bindparam("of_host")).with_for_update()
_NEXT_SLOT = hosts.update().where(hosts.c.host == bindparam("of_host")).values(next_start_at=bindparam("after"))


@dataclass(slots=True)
class Slots:
    """What a locked host may take."""

    free_count: int
    next_start_at: datetime
    gap_seconds: float = 0  #: learned, see `widen`
    taken: bool = False

    def take(self, pace: Pace, now: datetime) -> datetime:
        """Take one: give the instant before which it must not start, and move the next slot behind it."""
        start_at = max(now, self.next_start_at)
        self.free_count -= 1
        self.next_start_at = start_at + _gap(pace, self.gap_seconds)
        self.taken = True
        return start_at


def _gap(pace: Pace, learned_seconds: float) -> timedelta:
    """Give the wait behind a slot; a learned one with jitter, so that a limit by the minute is not met in step."""
    if learned_seconds <= pace.gap_seconds:
        return timedelta(seconds=pace.gap_seconds)
    return timedelta(seconds=learned_seconds * _chance.uniform(1, 1 + GAP_JITTER))


@contextmanager
def jitter_from(chance: Random) -> Iterator[None]:
    """Draw the jitter of gaps and rests from elsewhere for a while, in the whole process: a play can be repeated."""
    global _chance  # noqa: PLW0603 - given back below
    before, _chance = _chance, chance
    try:
        yield
    finally:
        _chance = before


def _learned(row: Row[Any], now: datetime) -> float:
    """Give the gap that a host wants: what its 429s have taught, or its robots.txt asks for; 0 for neither."""
    asked: float = row.asked_gap_seconds
    return max(asked, _taught(row, now))


def _taught(row: Row[Any], now: datetime) -> float:
    """Give the gap that a host's 429s have taught, halved for each day since the last; 0 when it is forgotten."""
    if not row.gap_seconds or row.throttled_at is None:
        return 0.0
    halved: float = row.gap_seconds * 0.5 ** ((now - row.throttled_at) // GAP_HALVES_AFTER)
    return halved if halved >= 1 else 0.0


def ask_gap(tx: Connection, host: str, seconds: float) -> None:
    """Keep the gap that a host's robots.txt asks for (Crawl-delay); 0 if it asks for none."""
    know(tx, [host])
    other = hosts.update().where(hosts.c.host == host, hosts.c.asked_gap_seconds != seconds)
    tx.execute(other.values(asked_gap_seconds=seconds))


def know(tx: Connection, names: Iterable[str]) -> None:
    """Make rows for hosts that have none, in sorted order, so that two transactions cannot block each other."""
    rows = [{"host": name, "next_start_at": EPOCH, "not_before_at": EPOCH} for name in sorted(set(names) - {NOWHERE})]
    if rows:
        tx.execute(_know(inserter(tx)), rows)


@cache
def _know(begin: Inserter) -> Executable:
    return begin(hosts).on_conflict_do_nothing()


def in_flight(
    now: "ColumnElement[datetime] | None" = None, queued_since: "ColumnElement[datetime] | None" = None
) -> "Select[tuple[str, int]]":
    """Select what is under way at each host that has any: feeds under lease, entries queued or fetching.

    With `now`, a lease that is over does not count: its feed may be claimed again. With `queued_since`, entries queued
    earlier do not.
    """
    leased = select(feeds.c.host).where(feeds.c.lease_until.is_not(None))
    if now is not None:
        leased = leased.where(feeds.c.lease_until > now)
    # Two selects, because each of these states has an index of its own.
    queued = select(entries.c.host).where(in_state(entries, EntryState.QUEUED))
    if queued_since is not None:
        queued = queued.where(entries.c.queued_at > queued_since)
    fetching = select(entries.c.host).where(in_state(entries, EntryState.FETCHING))
    held = union_all(leased, queued, fetching).subquery("held")
    return select(held.c.host, func.count().label("count")).group_by(held.c.host)


#: Parameters of `open_to`, bound by `asking`: a statement with instants written into it would be built at each look.
NOW = bindparam("now", type_=Instant)
_SOON = bindparam("soon", type_=Instant)
AT_ONCE = bindparam("at_once", type_=Integer)
_QUEUED_SINCE = bindparam("queued_since", type_=Instant)


def asking(pace: Pace, now: datetime, queued_since: datetime = EPOCH) -> dict[str, Any]:
    """Give the parameters of a statement with `open_to` or `NOW` in it."""
    return {"now": now, "soon": now + AHEAD, "at_once": pace.concurrency, "queued_since": queued_since}


def open_to(host: ColumnElement[str]) -> ColumnElement[bool]:
    """Condition that a host may take something more now; a first sieve, `lock_open` decides. Bind `asking`."""
    busy = in_flight(NOW, _QUEUED_SINCE).having(func.count() >= AT_ONCE).subquery("busy")
    waits = select(hosts.c.host).where(or_(hosts.c.not_before_at > NOW, hosts.c.next_start_at > _SOON))
    return and_(host.not_in(select(busy.c.host)), host.not_in(waits))


def lock_open(
    tx: Connection, names: Iterable[str], pace: Pace, now: datetime, queued_since: datetime = EPOCH
) -> dict[str, Slots]:
    """Lock the rows of those hosts that may take more now, and say what each may take: at least one.

    A host whose row another transaction holds is left out; it is looked at again in the next round.
    """
    held = tx.execute(_OPEN, {"names": sorted(set(names)), "now": now}).all()
    asked = {"names": [row.host for row in held], "now": now, "queued_since": queued_since}
    counts = dict(tx.execute(_BUSY, asked).all())
    slots = {row.host: _slots(row, pace, counts.get(row.host, 0), now) for row in held}
    return {host: found for host, found in slots.items() if found.free_count > 0}


_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_OPEN = free_rows(
    select(hosts).where(hosts.c.host.in_(_NAMES), hosts.c.not_before_at <= NOW).order_by(hosts.c.host), of=hosts
)
_HELD = in_flight(NOW, _QUEUED_SINCE).subquery("busy")
_BUSY = select(_HELD.c.host, _HELD.c["count"]).where(_HELD.c.host.in_(_NAMES))


def _slots(row: Row[Any], pace: Pace, busy_count: int, now: datetime) -> Slots:
    """Say what a host may take: what its concurrency leaves, and no more than may start soon."""
    gap = max(pace.gap_seconds, _learned(row, now))
    room = max(timedelta(0), AHEAD - max(timedelta(0), row.next_start_at - now))
    free = pace.concurrency - busy_count
    if gap > 0:
        free = min(free, int(room.total_seconds() / gap) + 1)
    if row.next_start_at > now + AHEAD:
        free = 0
    return Slots(free, row.next_start_at, _learned(row, now))


def is_crowded(tx: Connection, host: str, pace: Pace, now: datetime) -> bool:
    """Tell whether as many requests are under way at a host as it may have at once, what is queued not counted."""
    count = tx.execute(_BUSY, {"names": [host], "now": now, "queued_since": now}).first()
    return count is not None and count[1] >= pace.concurrency


def keep_slots(tx: Connection, slots: Mapping[str, Slots]) -> None:
    """Write back the slots that `Slots.take` moved; the rows must be held by `lock_open`."""
    moved = [{"name": host, "at": found.next_start_at} for host, found in slots.items() if found.taken]
    if moved:
        tx.execute(_KEEP, moved)


_KEEP = hosts.update().where(hosts.c.host == bindparam("name")).values(next_start_at=bindparam("at", type_=Instant))


def reserve(tx: Connection, host: str, pace: Pace, now: datetime) -> tuple[datetime, datetime]:
    """Take the host's next slot: gives when to start, and until when the host is to be left alone.

    If that wait is not over, or the slot is far ahead, none is taken. Both are the past or now for a place that
    needs no slot.
    """
    if host == NOWHERE:
        return now, EPOCH
    row = tx.execute(_HOST_LOCKED, {"of_host": host}).one()
    start_at: datetime = max(now, row.next_start_at)
    if start_at > now + AHEAD:
        return start_at, max(start_at, row.not_before_at)
    if row.not_before_at <= now:
        after = start_at + _gap(pace, _learned(row, now))
        tx.execute(_NEXT_SLOT, {"of_host": host, "after": after})
    return start_at, row.not_before_at


def reserve_new(tx: Connection, host: str, pace: Pace, now: datetime) -> tuple[datetime, datetime]:
    """Take the next slot of a host that may be new to us; see `reserve`."""
    know(tx, [host])
    return reserve(tx, host, pace, now)


def widen(tx: Connection, host: str, now: datetime) -> None:
    """Double the host's own gap after a 429 and let it rest once, each with jitter (checklist F9).

    Requests that were under way together count once. The gap outlasts the rest: without it, all that waited for
    the end of the rest would come a second apart and be refused again.
    """
    know(tx, [host])
    row = tx.execute(select(hosts).where(hosts.c.host == host).with_for_update()).one()
    learned = _taught(row, now)
    if learned and now - row.throttled_at < timedelta(seconds=learned):
        return
    gap = min(max(2 * learned, FIRST_GAP_SECONDS), LONGEST_GAP_SECONDS)
    rest_until = now + timedelta(seconds=gap * _chance.uniform(1, 2))
    values = {"gap_seconds": gap, "throttled_at": now, "next_start_at": max(row.next_start_at, rest_until)}
    tx.execute(hosts.update().where(hosts.c.host == host).values(values))


@dataclass(frozen=True, slots=True)
class HostRest:
    """How a host stands, for whoever asks why something waits."""

    next_start_at: datetime
    not_before_at: datetime
    gap_seconds: float  #: learned from its 429s or asked for by its robots.txt; 0 for none


def rest_of(tx: Connection, host: str, now: datetime) -> HostRest:
    """Look at a host without touching it."""
    row = tx.execute(select(hosts).where(hosts.c.host == host)).one_or_none()
    return HostRest(row.next_start_at, row.not_before_at, _learned(row, now)) if row else HostRest(EPOCH, EPOCH, 0)


def extend(tx: Connection, host: str, not_before: datetime) -> None:
    """Let nothing start at this host before an instant (Retry-After); it never shortens a wait."""
    know(tx, [host])
    shorter = hosts.update().where(hosts.c.host == host, hosts.c.not_before_at < not_before)
    tx.execute(shorter.values(not_before_at=not_before))
