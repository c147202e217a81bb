"""Subscriptions at hubs: what we asked for, until when a hub pushes, and whether it may be trusted.

In: offers that polls found, hubs' answers, pushed documents. Out: `Push` and counts. Trap: `feeds.push_until` is what
polling looks at; only a push that brought something sets it, and everything that speaks against the hub clears it.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select, update

from pipeline.model import Entry, FeedState, PollCounts, PollResult, Push, PushOffer, PushState
from pipeline.store import shown
from pipeline.store.dialects import free_rows, insert
from pipeline.store.tables import feeds, pushes

LEAVING_TRIES = 3
_POLLED = (
    feeds.c.state == FeedState.ACTIVE
) & ~feeds.c.removed  # what is paused, given up or removed is not pushed either
ON_ITS_WAY = timedelta(minutes=10)  #: an entry this young may still be pushed


def offer(tx: Connection, feed_id: int, found: PushOffer, now: datetime) -> None:
    """Note which hub a feed names; a new hub or topic begins anew, with a token and a secret of its own."""
    row = tx.execute(select(pushes.c.hub_url, pushes.c.topic_url).where(pushes.c.feed_id == feed_id)).one_or_none()
    if row is not None and (row.hub_url, row.topic_url) == (found.hub_url, found.topic_url):
        return
    fresh = {
        "hub_url": found.hub_url,
        "topic_url": found.topic_url,
        "token": secrets.token_urlsafe(32),
        "secret": secrets.token_urlsafe(48),
        "state": PushState.OFFERED,
        "pending": False,
        "next_try_at": now,
        "lease_until": None,
        "pushed_at": None,
        "good_count": 0,
        "bad_count": 0,
        "missed_count": 0,
        "good_in_row": 0,
        "failure_count": 0,
        "error": "",
    }
    statement = insert(tx, pushes).values(feed_id=feed_id, **fresh)
    tx.execute(statement.on_conflict_do_update(index_elements=["feed_id"], set_=fresh))
    _distrust(tx, feed_id)


def claim_due(tx: Connection, now: datetime, limit: int, wait: timedelta) -> list[Push]:
    """Take subscriptions that are to be made or renewed, and mark them pending; nobody else takes them for `wait`."""
    live = select(feeds.c.id).where(_POLLED)
    due = select(pushes).where(pushes.c.next_try_at <= now, pushes.c.feed_id.in_(live))
    rows = tx.execute(free_rows(due.order_by(pushes.c.next_try_at).limit(limit), of=pushes)).all()
    chosen = [row.feed_id for row in rows]
    if chosen:
        taken = update(pushes).where(pushes.c.feed_id.in_(chosen))
        tx.execute(taken.values(pending=True, next_try_at=now + wait))
    return [_push(row) for row in rows]


def claim_leaving(tx: Connection, now: datetime, limit: int, wait: timedelta) -> list[Push]:
    """Take subscriptions that a hub still serves for feeds that are not polled, to be ended, in `LEAVING_TRIES` tries.

    After that, or if the hub never answers, each ends by itself with its lease.
    """
    resting = select(feeds.c.id).where(~_POLLED)
    served = (pushes.c.state == PushState.ACTIVE) & (pushes.c.lease_until > now)
    due = select(pushes).where(served, or_(~pushes.c.pending, pushes.c.next_try_at <= now))
    due = due.where(pushes.c.feed_id.in_(resting), pushes.c.failure_count < LEAVING_TRIES)
    rows = tx.execute(free_rows(due.limit(limit), of=pushes)).all()
    if rows:
        taken = update(pushes).where(pushes.c.feed_id.in_([row.feed_id for row in rows]))
        asked = {"pending": True, "next_try_at": now + wait, "failure_count": pushes.c.failure_count + 1}
        tx.execute(taken.values(asked))
    return [_push(row) for row in rows]


def find_leaving(tx: Connection, token: str) -> Push | None:
    """Give the subscription of a callback whose feed is not polled, if its hub was asked to end it."""
    found = _select().join(feeds, feeds.c.id == pushes.c.feed_id)
    found = found.where(pushes.c.token == token, ~_POLLED, pushes.c.pending)
    row = tx.execute(found).one_or_none()
    return _push(row) if row else None


def left(tx: Connection, feed_id: int, now: datetime) -> None:
    """Note that a hub pushes no more; should the feed come back, it is asked anew."""
    ended = {"state": PushState.OFFERED, "pending": False, "lease_until": None, "failure_count": 0, "good_in_row": 0}
    tx.execute(update(pushes).where(pushes.c.feed_id == feed_id).values(**ended, next_try_at=now))
    _distrust(tx, feed_id)


def failed(tx: Connection, feed_id: int, error: str, next_try_at: datetime) -> None:
    """Note that a hub could not be asked: it may be dead, so polling does not rest on it."""
    values = {"pending": False, "error": error[:500], "next_try_at": next_try_at}
    changed = update(pushes).where(pushes.c.feed_id == feed_id)
    tx.execute(changed.values(**values, failure_count=pushes.c.failure_count + 1, good_in_row=0))
    _distrust(tx, feed_id)


def find_by_token(tx: Connection, token: str) -> Push | None:
    """Give the subscription of a callback, unless its feed is paused, given up or removed."""
    found = _select().join(feeds, feeds.c.id == pushes.c.feed_id).where(pushes.c.token == token, _POLLED)
    row = tx.execute(found).one_or_none()
    return _push(row) if row else None


def find_by_feed(tx: Connection, feed_id: int) -> Push | None:
    """Find the subscription of a feed; None if it names no hub."""
    row = tx.execute(_select().where(pushes.c.feed_id == feed_id)).one_or_none()
    return _push(row) if row else None


def confirm(tx: Connection, feed_id: int, lease_until: datetime, renew_at: datetime) -> bool:
    """Note that the hub asked back; False if no request waits for it any more."""
    waiting = update(pushes).where(pushes.c.feed_id == feed_id, pushes.c.pending)
    values = {"state": PushState.ACTIVE, "pending": False, "failure_count": 0, "error": ""}
    confirmed = tx.execute(waiting.values(**values, lease_until=lease_until, next_try_at=renew_at)).rowcount == 1
    if confirmed:
        trusted = update(feeds).where(feeds.c.id == feed_id, feeds.c.push_until.is_not(None))
        tx.execute(trusted.values(push_until=lease_until))
    return confirmed


def deny(tx: Connection, feed_id: int, reason: str, next_try_at: datetime) -> None:
    """Note that the hub refused."""
    values = {"state": PushState.DENIED, "pending": False, "error": reason, "next_try_at": next_try_at}
    tx.execute(update(pushes).where(pushes.c.feed_id == feed_id).values(**values, lease_until=None, good_in_row=0))
    _distrust(tx, feed_id)


def count_bad(tx: Connection, feed_id: int) -> None:
    """Count content that was not signed as it must be."""
    tx.execute(update(pushes).where(pushes.c.feed_id == feed_id).values(bad_count=pushes.c.bad_count + 1))


def apply(
    tx: Connection,
    push: Push,
    entries: Sequence[Entry],
    import_hours: int,
    now: datetime,
    is_trusted: Callable[[Push], bool],
    learned: Callable[[str, Sequence[datetime | None], datetime], str],
) -> PollCounts:
    """Store what a hub pushed, as entries of that one feed; nothing else of the feed changes.

    Its address, validators and schedule stay: the next poll asks as if nothing had been pushed. But its rhythm is
    `learned` from what came, or a feed that its hub serves well would seem to publish nothing.
    """
    mine = feeds.c.id == push.feed_id
    held = tx.execute(select(feeds.c.imported_at, feeds.c.rhythm).where(mine).with_for_update()).one()
    if held.imported_at is None:  # the first document decides what is old, and it has not come yet
        return PollCounts()
    pushed = shown.Document(push.feed_id, entries, now - timedelta(hours=import_hours))
    [counts] = shown.store(tx, [pushed], now)
    fresh = int(counts.new_count > 0)
    if fresh and held.rhythm:
        tx.execute(update(feeds).where(mine).values(rhythm=learned(held.rhythm, counts.arrived, now)))
    values = {"good_count": pushes.c.good_count + 1, "good_in_row": pushes.c.good_in_row + fresh, "pushed_at": now}
    row = tx.execute(update(pushes).where(pushes.c.feed_id == push.feed_id).values(values).returning(pushes)).one()
    if fresh and is_trusted(_push(row)):
        tx.execute(update(feeds).where(feeds.c.id == push.feed_id).values(push_until=row.lease_until))
    return counts


def after_poll(tx: Connection, before: Row[Any], result: PollResult, counts: PollCounts, *, is_import: bool) -> None:
    """Note a hub that the document names, and distrust one that has missed what the poll found (F37).

    `before` is the feed's row with its subscription, so that the many feeds without a hub cost nothing here.
    """
    feed_id: int = before.id
    found = result.offer
    if found is not None and (found.hub_url, found.topic_url) != (before.hub_url, before.topic_url):
        offer(tx, feed_id, found, result.attempted_at)
    if is_import or not counts.new_count or before.push_state is not PushState.ACTIVE:
        return
    young = result.attempted_at - ON_ITS_WAY
    if all(at is not None and at >= young for at in counts.arrived):
        return
    active = update(pushes).where(
        pushes.c.feed_id == feed_id, pushes.c.state == PushState.ACTIVE, pushes.c.good_count > 0
    )
    missed = active.values(missed_count=pushes.c.missed_count + 1, good_in_row=0)
    if tx.execute(missed).rowcount:
        _distrust(tx, feed_id)


def list_all(tx: Connection) -> list[Push]:
    """Give all subscriptions, by hub."""
    return [_push(row) for row in tx.execute(_select().order_by(pushes.c.hub_url, pushes.c.feed_id))]


def _distrust(tx: Connection, feed_id: int) -> None:
    tx.execute(update(feeds).where(feeds.c.id == feed_id, feeds.c.push_until.is_not(None)).values(push_until=None))


def _select() -> Select[Any]:
    return select(pushes)


def _push(row: Row[Any]) -> Push:
    return Push(**{field.name: getattr(row, field.name) for field in fields(Push)})
