"""Rows of entries that were never seen: made, and inserted with those of other feeds.

In: entries, owners of pages as far as they are known. Out: rows, marked in place as merged where the page is another's.
Trap: between looking for owners and inserting, another transaction may take a page (on PostgreSQL); what the unique
index refuses is looked at again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, UpdateBase, literal_column, select

from pipeline.model import EntryState, Reason
from pipeline.store import hosts, updates
from pipeline.store.dialects import Inserter, inserter
from pipeline.store.each_row import execute_each
from pipeline.store.leases import first_token
from pipeline.store.many import IsOneOf, Kind, Pairs, with_keys, with_pairs
from pipeline.store.renaming import Seen
from pipeline.store.tables import entries, in_state
from pipeline.urls import find_web_url, registrable_host

Values = dict[str, Any]


def rows(
    feed_id: int, fresh: Iterable[Seen], shared_pages: set[bytes], oldest: datetime | None, now: datetime
) -> list[Values]:
    """Make the rows of a feed's new entries, in the order in which pages are given."""
    made = [_row(feed_id, one, oldest, now, is_shared=one.page in shared_pages) for one in fresh]
    return sorted(made, key=_order)


def counted(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Count those that were stored as merged, and those that were dropped as too old."""
    states = [row["state"] for row in rows]
    return states.count(EntryState.MERGED), states.count(EntryState.DROPPED)


def _order(row: Mapping[str, Any]) -> tuple[bytes, bytes]:
    # One order everywhere: two transactions that want the same pages wait for each other only one way.
    return row["page_key"] or b"", row["identity_key"]


def _row(feed_id: int, one: Seen, oldest: datetime | None, now: datetime, *, is_shared: bool) -> Values:
    entry = one.entry
    effective = min(entry.published_at, now) if entry.published_at else now  # F23
    too_old = oldest is not None and effective < oldest
    return {
        "feed_id": feed_id,
        "identity": entry.identity,
        "identity_key": one.key,
        "url": entry.url,
        "page_key": None if is_shared or _is_front_page(entry.url) else one.page,
        "host": registrable_host(entry.url),
        "title": entry.title,
        "summary": entry.summary,
        "content": entry.content,
        "author": entry.author,
        "language": entry.language,
        "guid": entry.guid,
        "published_raw": entry.published_raw,
        "published_at": entry.published_at,
        "first_seen_at": now,
        "text_key": updates.text_key(entry),
        "state": EntryState.DROPPED if too_old else EntryState.WAITING,
        "reason": Reason.OLD_AT_IMPORT if too_old else None,
        "same_as_entry_id": None,
        "next_attempt_at": now,
        "finished_at": now if too_old else None,
        "token": first_token(),
    }


def _is_front_page(url: str) -> bool:
    """Tell whether this is a site's front page, which many entries may name."""
    found = find_web_url(url)
    return found is not None and found.path == "/" and not found.query


def insert_all(tx: Connection, fresh: Sequence[Values], owners: Mapping[bytes, int], now: datetime) -> None:
    """Store the rows; those whose page is taken are stored as merged, and marked so in place."""
    if not fresh:
        return
    hosts.know(tx, {row["host"] for row in fresh})
    first, later = _split(fresh, owners, now)
    if _insert(tx, first) < len(first):
        later += _refused(tx, first)
    if later:
        taken = {row.page_key: row.id for row in with_keys(tx, Kind.BYTES, _owners, {row["page_key"] for row in later})}
        for row in later:
            row.update(_merged(taken[row["page_key"]], now))
        _insert(tx, later)


def _split(fresh: Sequence[Values], owners: Mapping[bytes, int], now: datetime) -> tuple[list[Values], list[Values]]:
    """Mark those whose owner is known; those whose page another of these rows takes come later."""
    first: dict[bytes, Values] = {}
    at_once, later = [], []
    for row in fresh:
        page = row["page_key"]
        if page in owners:
            row.update(_merged(owners[page], now))
        elif page is not None and first.setdefault(page, row) is not row:
            later.append(row)
            continue
        at_once.append(row)
    return sorted(at_once, key=_order), later


def _merged(owner_id: int, now: datetime) -> Values:
    return {
        "state": EntryState.MERGED,
        "reason": Reason.SAME_PAGE,
        "finished_at": now,
        "same_as_entry_id": owner_id,
    }


def _insert(tx: Connection, fresh: Sequence[Values]) -> int:
    return execute_each(tx, _statement(inserter(tx)), fresh)


@cache
def _statement(begin: Inserter) -> UpdateBase:
    zero: ColumnElement[int] = literal_column("0")
    beginning = {"error": literal_column("''"), "attempts": zero, "crashes": zero}
    return begin(entries).values(beginning).on_conflict_do_nothing()


def _refused(tx: Connection, tried: Sequence[Values]) -> list[Values]:
    """Give the rows that are not stored: somebody else has taken their pages meanwhile."""
    wanted = [(row["feed_id"], row["identity_key"]) for row in tried]
    stored = {(row.feed_id, row.identity_key) for row in with_pairs(tx, Kind.BYTES, _identities, wanted)}
    return [row for row in tried if (row["feed_id"], row["identity_key"]) not in stored]


def _identities(wanted: Pairs) -> "Select[Any]":
    found = wanted.join(entries, entries.c.feed_id, entries.c.identity_key)
    return select(entries.c.feed_id, entries.c.identity_key).select_from(found)


def _owners(is_one_of: IsOneOf) -> "Select[Any]":
    owned = select(entries.c.page_key, entries.c.id)
    return owned.where(is_one_of(entries.c.page_key), ~in_state(entries, EntryState.MERGED))
