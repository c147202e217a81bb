"""Feeds that take another address, become one with another feed, or go back.

In: a feed and the address that was believed. Out: the kind of event, which also keeps the old address. Trap: the
old address is still on people's lists; `find_successor` leads from it to the feed of today, so that an import does
not bring it back as a second feed (checklist F13, F39).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select, update

from pipeline.errors import NotFound, Unusable
from pipeline.model import FeedEventKind, FeedState
from pipeline.store import hosts
from pipeline.store.feed_events import note
from pipeline.store.tables import entries, feed_events, feeds
from pipeline.store.types import key_of
from pipeline.urls import canonical, registrable_host

NO_TRAIL: dict[str, Any] = {"moved_url": None, "moved_since_at": None, "moved_count": 0}
_MOVES = (FeedEventKind.MOVED, FeedEventKind.JOINED)
_LONGEST_CHAIN = 16


def adopt(tx: Connection, feed_id: int, url: str, now: datetime) -> FeedEventKind | None:
    """Give a feed its new address; if another feed has it, that one goes on with the entries of both.

    None, and nothing changes, if the address is that of a feed that its owner paused or removed.
    """
    feed = tx.execute(select(feeds).where(feeds.c.id == feed_id)).one()
    key = key_of(canonical(url))
    other = tx.execute(select(feeds).where(feeds.c.url_key == key)).one_or_none()
    if other is None or other.id == feed_id:
        _readdress(tx, feed_id, url)
        note(tx, feed_id, FeedEventKind.MOVED, now, old_url=feed.url, old_url_key=feed.url_key, new_url=url)
        return FeedEventKind.MOVED
    if other.removed or other.state is not FeedState.ACTIVE:
        return None
    _join(tx, feed, other, now)
    return FeedEventKind.JOINED


def _readdress(tx: Connection, feed_id: int, url: str, **values: Any) -> None:
    host = registrable_host(url)
    hosts.know(tx, [host])
    changed = {"url": url, "url_key": key_of(canonical(url)), "host": host, **NO_TRAIL, **values}
    tx.execute(update(feeds).where(feeds.c.id == feed_id).values(changed))


def _join(tx: Connection, feed: Row[Any], other: Row[Any], now: datetime) -> None:
    """Hand the entries that the other feed does not have over to it, so that what was told is not told again."""
    known = entries.alias("known")
    has = exists().where(known.c.feed_id == other.id, known.c.identity_key == entries.c.identity_key)
    tx.execute(update(entries).where(entries.c.feed_id == feed.id, ~has).values(feed_id=other.id))
    over = {"removed": True, "state": FeedState.PAUSED, "token": feeds.c.token + 1, "lease_until": None, **NO_TRAIL}
    tx.execute(update(feeds).where(feeds.c.id == feed.id).values(over))
    kept = {"title": other.title or feed.title, "folder": other.folder or feed.folder}
    tx.execute(update(feeds).where(feeds.c.id == other.id).values(kept))
    note(
        tx,
        feed.id,
        FeedEventKind.JOINED,
        now,
        old_url=feed.url,
        old_url_key=feed.url_key,
        new_url=other.url,
        other_feed_id=other.id,
    )


def find_successor(tx: Connection, url_key: bytes) -> int | None:
    """Find the feed that an address led to, if a feed once had it and moved; None if none did, or it went back."""
    for _ in range(_LONGEST_CHAIN):
        moved = select(feed_events.c.feed_id, feed_events.c.other_feed_id)
        moved = moved.where(feed_events.c.old_url_key == url_key, feed_events.c.undone_at.is_(None))
        event = tx.execute(moved.order_by(feed_events.c.id.desc()).limit(1)).one_or_none()
        if event is None:
            return None
        row = tx.execute(select(feeds).where(feeds.c.id == (event.other_feed_id or event.feed_id))).one()
        if not row.removed:
            found: int = row.id
            return found
        url_key = row.url_key
    return None


def undo(tx: Connection, feed_id: int, now: datetime) -> str:
    """Bring a feed back to the address it had before its last move, to stay there; gives that address.

    A feed that was joined to another is polled by itself again; the entries it had stay with the other. Raises
    NotFound if it never moved, Unusable if another feed has that address by now.
    """
    moved = select(feed_events).where(
        feed_events.c.feed_id == feed_id, feed_events.c.kind.in_(_MOVES), feed_events.c.undone_at.is_(None)
    )
    event = tx.execute(moved.order_by(feed_events.c.id.desc()).limit(1)).one_or_none()
    if event is None:
        raise NotFound(f"feed {feed_id} never moved; `storywatch feeds events` shows what happened")
    taken = select(feeds.c.id).where(feeds.c.url_key == event.old_url_key, feeds.c.id != feed_id)
    other_id = tx.execute(taken).scalar_one_or_none()
    if other_id is not None:
        raise Unusable(f"feed {other_id} has the old address of feed {feed_id}; remove one of them first")
    _readdress(tx, feed_id, event.old_url, stays=True, **_again(event, now))
    tx.execute(update(feed_events).where(feed_events.c.id == event.id).values(undone_at=now))
    note(tx, feed_id, FeedEventKind.MOVED_BACK, now, new_url=event.old_url)
    url: str = event.old_url
    return url


def _again(event: Row[Any], now: datetime) -> dict[str, Any]:
    """Give what a feed that was joined needs to be polled again: its next poll counts as its first (F24)."""
    if event.kind is not FeedEventKind.JOINED:
        return {}
    return {"removed": False, "state": FeedState.ACTIVE, "imported_at": None, "next_poll_at": now}
