"""The signs by which it is told whether the service works: how old what waits is, what fails, who beats.

In: an instant. Out: `Signs`, of one transaction. Trap: what a host or a resting receiver holds back on purpose is no
sign; it is left out of everything that is called free here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, text

from pipeline.model import DeliveryState, EntryState, FeedState
from pipeline.store import pauses, processes, receivers
from pipeline.store.dialects import is_postgresql
from pipeline.store.receivers import Receiver
from pipeline.store.tables import articles, deliveries, entries, feeds, hosts, in_state
from pipeline.store.tables import receivers as receiver_rows
from pipeline.store.types import EPOCH, MICROSECOND

FIRST_PARKED = 10_000  #: dead letters that are looked at; beyond them nobody asks for the exact number


@dataclass(frozen=True, slots=True)
class Lane:
    """How one stage of work stands."""

    is_paused: bool
    free_since: datetime | None  #: since when the first has been due that nothing holds back
    queued_since: datetime | None  #: since when the first stands on the queue
    is_held: bool  #: something is in work


@dataclass(frozen=True, slots=True)
class FeedSigns:
    """How the feeds stand."""

    active_count: int
    failing_count: int  #: whose last poll failed
    host_count: int
    failing_host_count: int  #: all of whose feeds failed at their last poll
    free_since: datetime | None  #: since when the first has been due that nobody polls and no host holds back
    polled_at: datetime | None  #: the last poll of any


@dataclass(frozen=True, slots=True)
class Signs:
    """Everything at one instant."""

    at: datetime
    pages: Lane
    deliveries: Lane
    feeds: FeedSigns
    article_at: datetime | None  #: when the last was stored
    parked: Mapping[str, int]  #: dead letters by channel
    receivers: Sequence[Receiver]
    beats: Mapping[str, datetime]  #: the freshest by kind of process
    store_at: datetime | None  #: by the clock of a database on another machine


def read(tx: Connection, now: datetime) -> Signs:
    """Read all signs."""
    return Signs(
        at=now,
        pages=_pages(tx, now),
        deliveries=_deliveries(tx, now),
        feeds=_feeds(tx, now),
        article_at=tx.execute(select(func.max(articles.c.stored_at))).scalar_one(),
        parked=_parked(tx),
        receivers=receivers.list_all(tx),
        beats=_beats(tx),
        store_at=_store_clock(tx),
    )


def _pages(tx: Connection, now: datetime) -> Lane:
    resting = select(hosts.c.host).where(_rests(now))
    free = select(func.min(entries.c.next_attempt_at)).where(in_state(entries, EntryState.WAITING))
    free = free.where(entries.c.host.not_in(resting))
    queued = select(func.min(entries.c.queued_at)).where(in_state(entries, EntryState.QUEUED))
    held = select(entries.c.id).where(in_state(entries, EntryState.FETCHING)).limit(1)
    return _lane(tx, "pages", free, queued, held, now)


def _deliveries(tx: Connection, now: datetime) -> Lane:
    resting = select(receiver_rows.c.channel)
    free = select(func.min(deliveries.c.next_attempt_at)).where(in_state(deliveries, DeliveryState.WAITING))
    free = free.where(deliveries.c.channel.not_in(resting))
    queued = select(func.min(deliveries.c.queued_at)).where(in_state(deliveries, DeliveryState.QUEUED))
    held = select(deliveries.c.id).where(in_state(deliveries, DeliveryState.SENDING)).limit(1)
    return _lane(tx, "deliveries", free, queued, held, now)


def _lane(tx: Connection, name: str, free: Select[Any], queued: Select[Any], held: Select[Any], now: datetime) -> Lane:
    free_since = tx.execute(free).scalar_one()
    return Lane(
        is_paused=pauses.is_paused(tx, name),
        free_since=free_since if free_since and free_since <= now else None,
        queued_since=tx.execute(queued).scalar_one(),
        is_held=tx.execute(held).first() is not None,
    )


def _rests(now: datetime) -> ColumnElement[bool]:
    return or_(hosts.c.next_start_at > now, hosts.c.not_before_at > now)


def _feeds(tx: Connection, now: datetime) -> FeedSigns:
    active = in_state(feeds, FeedState.ACTIVE)
    fails = feeds.c.error_count > 0
    by_host = (
        select(feeds.c.host, func.count().label("feeds"), func.count().filter(fails).label("failing"))
        .where(active, feeds.c.last_attempt_at.is_not(None))
        .group_by(feeds.c.host)
        .subquery()
    )
    counted = select(
        func.coalesce(func.sum(by_host.c.feeds), 0),
        func.coalesce(func.sum(by_host.c.failing), 0),
        func.count(),
        func.count().filter(by_host.c.feeds == by_host.c.failing),
    ).select_from(by_host)
    active_count, failing, host_count, failing_hosts = map(int, tx.execute(counted).one())
    unleased = or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now)
    free = select(func.min(feeds.c.next_poll_at)).where(active, unleased, feeds.c.next_poll_at <= now)
    free = free.where(feeds.c.host.not_in(select(hosts.c.host).where(_rests(now))))
    polled = select(func.max(feeds.c.last_attempt_at)).where(active)
    first, last = tx.execute(free).scalar_one(), tx.execute(polled).scalar_one()
    return FeedSigns(active_count, failing, host_count, failing_hosts, first, last)


def _parked(tx: Connection) -> dict[str, int]:
    ended = in_state(deliveries, DeliveryState.SENT, DeliveryState.PARKED) & in_state(deliveries, DeliveryState.PARKED)
    first = select(deliveries.c.channel).where(ended).limit(FIRST_PARKED).subquery()
    counted = select(first.c.channel, func.count()).group_by(first.c.channel).order_by(first.c.channel)
    return {row[0]: int(row[1]) for row in tx.execute(counted)}


def _beats(tx: Connection) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for process in processes.list_all(tx):
        found[process.kind] = max(process.beat_at, found.get(process.kind, process.beat_at))
    return found


def _store_clock(tx: Connection) -> datetime | None:
    if not is_postgresql(tx):
        return None
    asked = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")
    return EPOCH + int(tx.execute(asked).scalar_one()) * MICROSECOND
