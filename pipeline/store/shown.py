"""Storing the entries that one document of a feed shows: new, known, changed in place, or known under another guid.

In: a feed's id and its entries. Out: `PollCounts`. The caller holds the feed's row. Trap: who owns a page is decided
by the unique index and not by looking first, because two feeds that share a page may be recorded at the same moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from pipeline.model import Entry, EntryState, PollCounts, Reason
from pipeline.store import hosts, renaming, updates
from pipeline.store.dialects import insert
from pipeline.store.tables import entries, in_state
from pipeline.store.types import clean_text, key_of
from pipeline.urls import canonical, find_web_url, registrable_host


def store(
    tx: Connection, feed_id: int, entries_shown: Sequence[Entry], oldest: datetime | None, now: datetime
) -> PollCounts:
    """Store a document's entries; those published before `oldest` are dropped at once."""
    found = {key_of(entry.identity): entry for entry in reversed(entries_shown)}
    known = _known(tx, feed_id, found)
    fresh = {key: entry for key, entry in found.items() if key not in known}
    shared = _shared_pages(entries_shown)
    renamed: Mapping[bytes, Row[Any]] = renaming.find(tx, feed_id, fresh, found.keys(), shared) if fresh else {}
    renaming.rename(tx, renamed, fresh)
    met = [(row, found[key]) for key, row in (known | dict(renamed)).items()]
    updated = updates.store_changed(tx, met, now)
    rows = [_row(feed_id, key, entry, oldest, now) for key, entry in fresh.items() if key not in renamed]
    for row in rows:
        row["page_key"] = None if row["page_key"] in shared else row["page_key"]
    merged = _insert(tx, rows, now) if rows else 0
    dropped = sum(row["state"] is EntryState.DROPPED for row in rows)
    counts = PollCounts(len(rows) - merged - dropped, len(met), merged, dropped, updated, len(renamed))
    return replace(counts, arrived=tuple(row["published_at"] for row in rows))


def _known(tx: Connection, feed_id: int, keys: Iterable[bytes]) -> dict[bytes, Row[Any]]:
    stored: Select[Any] = select(entries.c.identity_key, *renaming.COLUMNS).where(
        entries.c.feed_id == feed_id, entries.c.identity_key.in_(list(keys))
    )
    return {row.identity_key: row for row in tx.execute(stored)}


def any_known(tx: Connection, feed_id: int, identities: Sequence[str]) -> bool:
    """Tell whether a feed has stored one of these identities."""
    return bool(_known(tx, feed_id, [key_of(identity) for identity in identities]))


def _shared_pages(shown: Sequence[Entry]) -> set[bytes]:
    """Find pages that one document gives to entries of different titles: such a page stands for none of them (F20)."""
    titles: dict[bytes, set[str]] = defaultdict(set)
    for entry in shown:
        if entry.url:
            titles[key_of(canonical(entry.url))].add(clean_text(entry.title).strip().casefold())
    return {page for page, names in titles.items() if len(names) > 1}


def _row(feed_id: int, identity_key: bytes, entry: Entry, oldest: datetime | None, now: datetime) -> dict[str, Any]:
    effective = min(entry.published_at, now) if entry.published_at else now  # F23
    too_old = oldest is not None and effective < oldest
    return {
        "feed_id": feed_id,
        "identity": entry.identity,
        "identity_key": identity_key,
        "url": entry.url,
        "page_key": _page_key(entry.url),
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
        "error": "",
        "same_as_entry_id": None,
        "attempts": 0,
        "crashes": 0,
        "next_attempt_at": now,
        "token": 0,
        "finished_at": now if too_old else None,
    }


def _page_key(url: str) -> bytes | None:
    """Give the key of an entry's page; None without one, and for a site's front page, which many entries may name."""
    found = find_web_url(url)
    if found is None or (found.path == "/" and not found.query):
        return None
    return key_of(canonical(url))


def _insert(tx: Connection, rows: list[dict[str, Any]], now: datetime) -> int:
    """Store the rows; those whose page is taken are stored as merged, marked so in place, and counted."""
    hosts.know(tx, {row["host"] for row in rows})
    # In one order everywhere: two transactions that want the same pages wait for each other only one way.
    rows.sort(key=lambda row: (row["page_key"] or b"", row["identity_key"]))
    statement = insert(tx, entries).on_conflict_do_nothing().returning(entries.c.identity_key)
    stored = set(tx.execute(statement, rows).scalars())
    repeats = [row for row in rows if row["identity_key"] not in stored]
    if repeats:
        owners = _owners(tx, {row["page_key"] for row in repeats})
        for row in repeats:
            merge = {"state": EntryState.MERGED, "reason": Reason.SAME_PAGE, "finished_at": now}
            row.update(merge, same_as_entry_id=owners[row["page_key"]])
        tx.execute(entries.insert(), repeats)
    return len(repeats)


def _owners(tx: Connection, pages: Iterable[bytes]) -> dict[bytes, int]:
    owned = select(entries.c.page_key, entries.c.id).where(
        entries.c.page_key.in_(list(pages)), ~in_state(entries, EntryState.MERGED)
    )
    return dict(tx.execute(owned).all())
