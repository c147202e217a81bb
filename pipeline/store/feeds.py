"""Feeds: their list, and what the owner does with them.

In: addresses. Out: `Feed`. Who may poll one is said by `pipeline.store.feed_leases`, what a poll brought is stored by
`pipeline.store.polls`. Trap: a feed that is removed keeps its row, since its entries stay.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, update

from pipeline.errors import NotFound, Unusable
from pipeline.masking import masked_url
from pipeline.model import Bound, EntryState, Feed, FeedEventKind, FeedState, Reason
from pipeline.store import feed_leases, hosts, moves, page_checks, polls
from pipeline.store.dialects import insert
from pipeline.store.feed_events import note
from pipeline.store.feed_rows import feed_of, found_feeds
from pipeline.store.leases import first_token
from pipeline.store.tables import entries, feeds, in_state
from pipeline.store.types import key_of
from pipeline.urls import canonical, registrable_host

_NO_VALIDATORS = {"etag": None, "last_modified": None, "validators_url": None}

claim_due = feed_leases.claim_due
claim_new = feed_leases.claim_new
give_way = feed_leases.give_way
renew = feed_leases.renew
record_poll = polls.record_poll
record_polls = polls.record_each


def add(
    tx: Connection,
    url: str,
    *,
    title: str = "",
    folder: str = "",
    now: datetime,
    interval_seconds: int | None = None,
    first_poll_at: datetime | None = None,
) -> Feed:
    """Store a feed that is due at once, or when it is said; the same address again gives the stored one.

    The same is meant however it is written, and also if that feed has moved since (F13). A feed that was removed
    comes back with its known entries, and its next poll counts as its first (F24). Raises Unusable if the address
    is no http(s) URL.
    """
    spelled = canonical(url)
    if not spelled:
        raise Unusable(f"{masked_url(url)} is not an http or https address of a feed")
    successor = moves.find_successor(tx, key_of(spelled))
    if successor is not None:
        return get(tx, successor)
    host = registrable_host(url)
    hosts.know(tx, [host])
    row = {
        "url": url.strip(),
        "url_key": key_of(spelled),
        "host": host,
        "title": title,
        "folder": folder,
        "state": FeedState.ACTIVE,
        "added_at": now,
        "removed": False,
        "interval_seconds": interval_seconds,
        "minimum_interval_seconds": 0,
        "skip_hours": [],
        "next_poll_at": first_poll_at or now,
        "bound": Bound.SPREAD if first_poll_at else Bound.ASKED,
        "error_count": 0,
        "last_error": "",
        "poll_count": 0,
        "failed_poll_count": 0,
        "token": first_token(),
    }
    tx.execute(insert(tx, feeds).values(row).on_conflict_do_nothing())
    _bring_back(tx, row)
    return _one(tx, feeds.c.url_key == row["url_key"], f"the feed {masked_url(url)} was removed meanwhile")


def _bring_back(tx: Connection, row: dict[str, Any]) -> None:
    kept = ("url", "title", "folder", "state", "added_at", "removed", "interval_seconds", "next_poll_at", "bound")
    again = update(feeds).where(feeds.c.url_key == row["url_key"], feeds.c.removed)
    fresh = {"imported_at": None, "gone_seen_at": None, "undead_at": None, "error_count": 0, "error_score": 0}
    tx.execute(again.values({name: row[name] for name in kept} | fresh | _NO_VALIDATORS | moves.NO_TRAIL))


def get(tx: Connection, feed_id: int) -> Feed:
    """Give a feed; raises NotFound."""
    return _one(tx, feeds.c.id == feed_id, f"there is no feed {feed_id}")


def find_by_url(tx: Connection, url: str) -> Feed | None:
    """Give the feed of an address, however written, also of one it had before it moved."""
    key = key_of(canonical(url))
    row = tx.execute(found_feeds().where(feeds.c.url_key == key)).one_or_none()
    if row is not None:
        return feed_of(row)
    successor = moves.find_successor(tx, key)
    return None if successor is None else get(tx, successor)


def list_all(tx: Connection) -> list[Feed]:
    """Give all feeds, by folder, title and address."""
    rows = tx.execute(found_feeds().order_by(feeds.c.folder, feeds.c.title, feeds.c.url))
    return [feed_of(row) for row in rows]


def remove(tx: Connection, feed_id: int) -> None:
    """Take a feed off the list; what it brought stays, and its entries that were not fetched yet are dropped.

    Raises NotFound.
    """
    _change(tx, feed_id, removed=True, state=FeedState.PAUSED, token=feeds.c.token + 1, lease_until=None)
    unfinished = in_state(entries, EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING)
    page_checks.give_up(tx, (entries.c.feed_id == feed_id) & unfinished)
    dropped = update(entries).where(entries.c.feed_id == feed_id, unfinished)
    tx.execute(
        dropped.values(state=EntryState.DROPPED, reason=Reason.FEED_REMOVED, token=entries.c.token + 1, holder=None)
    )


def make_due(tx: Connection, feed_id: int, now: datetime) -> None:
    """Let a feed be polled as soon as politeness allows (F7); also starts one again that was given up as gone."""
    _change(tx, feed_id, next_poll_at=now, bound=Bound.ASKED, state=FeedState.ACTIVE, gone_seen_at=None)


def forget_validators(tx: Connection, feed_id: int, now: datetime) -> None:
    """Let the next poll of a feed ask for all of it; the owner's act, so it is noted (F7)."""
    _change(tx, feed_id, **_NO_VALIDATORS)
    note(tx, feed_id, FeedEventKind.ASKED_IN_FULL, now)


def note_attempt(tx: Connection, feed_id: int, at: datetime) -> None:
    """Let a request made outside a poll count, so that the next poll keeps its distance from it (F6)."""
    later = or_(feeds.c.last_attempt_at.is_(None), feeds.c.last_attempt_at < at)
    tx.execute(update(feeds).where(feeds.c.id == feed_id, later).values(last_attempt_at=at))


def pause(tx: Connection, feed_id: int) -> None:
    """Stop polling a feed; a poll under way is still stored."""
    _change(tx, feed_id, state=FeedState.PAUSED)


def resume(tx: Connection, feed_id: int, now: datetime) -> None:
    """Poll a paused feed again; it is due at once."""
    make_due(tx, feed_id, now)


def _change(tx: Connection, feed_id: int, **values: Any) -> None:
    changed = tx.execute(update(feeds).where(feeds.c.id == feed_id, ~feeds.c.removed).values(values))
    if changed.rowcount != 1:
        raise NotFound(f"there is no feed {feed_id}")


def _one(tx: Connection, condition: ColumnElement[bool], lacking: str) -> Feed:
    row = tx.execute(found_feeds().where(condition)).one_or_none()
    if row is None:
        raise NotFound(lacking)
    return feed_of(row)
