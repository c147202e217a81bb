"""How the feeds were really asked: what decides their next polls, what conditional requests saved, which hosts rest.

In: a transaction and an instant. Out: `AskedFigures`. Trap: one pass over feeds, traffic and hosts, for a report that
somebody opens; never call it in the way of a poll.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Executable, cast, desc, func, or_, select

from pipeline.model import Bound, FeedState
from pipeline.store.tables import feed_traffic, feeds, hosts


@dataclass(frozen=True, slots=True)
class AskedFigures:
    """What all requests to the feeds of the list came to."""

    feed_count: int
    request_count: int  #: polls, from each feed's first on
    failed_count: int
    answer_count: int  #: of them since traffic is counted
    unchanged_count: int  #: 304
    repeated_count: int  #: asked conditionally, the same document all the same
    byte_count: int
    validator_count: int  #: feeds whose server offers validators
    resting_host_count: int  #: asked to be left alone (Retry-After)
    slowed_host_count: int  #: have a gap of their own, after a 429 or by their robots.txt
    bounds: Mapping[Bound, int]  #: how many feeds each bound decides for
    states: Mapping[FeedState, int]


def asked_figures(tx: Connection, now: datetime) -> AskedFigures:
    """Count how the feeds of the list were asked."""
    return AskedFigures(
        **tx.execute(_of_feeds()).mappings().one(),
        **tx.execute(_of_traffic()).mappings().one(),
        **tx.execute(_of_hosts(now)).mappings().one(),
        bounds=_counted(tx, feeds.c.bound, feeds.c.state == FeedState.ACTIVE, feeds.c.bound.is_not(None)),
        states=_counted(tx, feeds.c.state),
    )


def _of_feeds() -> Executable:
    offered = or_(feeds.c.etag.is_not(None), feeds.c.last_modified.is_not(None))
    return select(
        func.count().label("feed_count"),
        _sum(feeds.c.poll_count).label("request_count"),
        _sum(feeds.c.failed_poll_count).label("failed_count"),
        func.count().filter(offered).label("validator_count"),
    ).where(~feeds.c.removed)


def _of_traffic() -> Executable:
    names = ("answer_count", "unchanged_count", "repeated_count", "byte_count")
    sums = (_sum(feed_traffic.c[name]).label(name) for name in names)
    return select(*sums).join(feeds, feeds.c.id == feed_traffic.c.feed_id).where(~feeds.c.removed)


def _of_hosts(now: datetime) -> Executable:
    return select(
        func.count().filter(hosts.c.not_before_at > now).label("resting_host_count"),
        func.count().filter(or_(hosts.c.gap_seconds > 0, hosts.c.asked_gap_seconds > 0)).label("slowed_host_count"),
    )


def _sum(column: Column[Any]) -> ColumnElement[int]:
    """Sum a column; PostgreSQL would give a decimal, and nothing at all for no rows."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _counted(tx: Connection, word: Column[Any], *where: ColumnElement[bool]) -> dict[Any, int]:
    """Count feeds by a word, the commonest first."""
    grouped = select(word, func.count().label("count")).where(~feeds.c.removed, *where).group_by(word)
    return dict(tx.execute(grouped.order_by(desc("count"), word)).all())
