"""Storing polls that brought nothing new, many in one go: two statements for a hundred feeds in place of five for each.

In: leases and results of polls that were answered with 304. Out: for each whether it was stored. Trap: whatever is out
of the ordinary, a feed that was given up or one that has moved, is left to `record_poll`, which also tells the owner.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, select, update

from pipeline.model import FeedLease, PollCounts, PollResult
from pipeline.store import polls
from pipeline.store.tables import feed_traffic, feeds

Poll = tuple[FeedLease, PollResult]


def is_plain(result: PollResult) -> bool:
    """Tell whether a poll said nothing but that nothing has changed."""
    eventful = result.parsed or result.reason or result.host_not_before or result.is_moved or result.archived
    return result.traffic is not None and not eventful


def record(tx: Connection, done: Sequence[Poll], import_hours: int, now: datetime) -> list[PollCounts | None]:
    """Store plain polls like `record_poll`; None for each whose lease had passed to somebody else."""
    held = select(feeds.c.id, feeds.c.token, feeds.c.undead_at).where(feeds.c.id.in_([one.feed.id for one, _ in done]))
    rows = {row.id: row for row in tx.execute(held.order_by(feeds.c.id).with_for_update())}
    quick = [poll for poll in done if _is_quick(rows, *poll)]
    if quick:
        _store(tx, quick, now)
    stored = {lease.feed.id for lease, _ in quick}
    return [
        PollCounts() if lease.feed.id in stored else polls.record_poll(tx, lease, result, import_hours, now)
        for lease, result in done
    ]


def _is_quick(rows: Mapping[int, Any], lease: FeedLease, _result: PollResult) -> bool:
    row = rows.get(lease.feed.id)
    return row is not None and row.token == lease.token and row.undead_at is None


def _store(tx: Connection, quick: Sequence[Poll], now: datetime) -> None:
    values = [(lease.feed.id, polls.after(result, now)) for lease, result in quick]
    plain = [{name: value for name, value in each.items() if name not in _RAISED} for _, each in values]
    rows = [
        {"feed": number, **{f"v_{name}": value for name, value in each.items()}}
        for (number, _), each in zip(values, plain, strict=True)
    ]
    tx.execute(_feeds_statement(tuple(plain[0])), rows)
    seen = [
        {"feed": lease.feed.id, "bytes": result.traffic.byte_count if result.traffic else 0} for lease, result in quick
    ]
    tx.execute(_TRAFFIC, seen)


_RAISED = {"token": feeds.c.token + 1, "poll_count": feeds.c.poll_count + 1}


@cache
def _feeds_statement(names: tuple[str, ...]) -> Update:
    """Make the statement for columns of these names, once."""
    given = {name: bindparam(f"v_{name}", type_=feeds.c[name].type) for name in names}
    return update(feeds).where(feeds.c.id == bindparam("feed")).values(**_RAISED, **given)


_TRAFFIC = (
    update(feed_traffic)
    .where(feed_traffic.c.feed_id == bindparam("feed"))
    .values(
        answer_count=feed_traffic.c.answer_count + 1,
        unchanged_count=feed_traffic.c.unchanged_count + 1,
        byte_count=feed_traffic.c.byte_count + bindparam("bytes"),
    )
)
