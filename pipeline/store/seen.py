"""What became of an entry: the answer to "why did I (not) get this?".

In: ids, addresses, states. Out: `SeenEntry`, an entry with all that was decided about it. Trap: an address may
have several entries; one of them owns the page and the others are merged with it.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from pipeline.errors import NotFound
from pipeline.model import Entry, EntryState, Reason
from pipeline.store import leases
from pipeline.store.entries import STAGE
from pipeline.store.tables import entries, feeds, in_state
from pipeline.store.types import key_of
from pipeline.urls import canonical


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry and where it stands."""

    id: int
    feed_id: int
    feed_title: str
    entry: Entry
    host: str
    state: EntryState
    reason: Reason | None
    error: str
    attempts: int
    crashes: int
    first_seen_at: datetime
    next_attempt_at: datetime
    same_as_entry_id: int | None
    finished_at: datetime | None


def get(tx: Connection, entry_id: int) -> SeenEntry:
    """Give an entry; raises NotFound."""
    row = tx.execute(_select().where(entries.c.id == entry_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no entry {entry_id}")
    return _seen(row)


def by_url(tx: Connection, url: str) -> list[SeenEntry]:
    """Give the entries of a page, its owner first."""
    page = key_of(canonical(url))
    owned = _select().where(entries.c.page_key == page, ~in_state(entries, EntryState.MERGED))
    owner = tx.execute(owned).one_or_none()
    if owner is None:
        return []
    merged = tx.execute(_select().where(entries.c.same_as_entry_id == owner.id).order_by(entries.c.id))
    return [_seen(owner), *(_seen(row) for row in merged)]


def recent(tx: Connection, limit: int, state: EntryState | None = None) -> list[SeenEntry]:
    """Give the entries seen last, of one state or all."""
    found = _select().where(leases.has_state(STAGE, state)) if state else _select()
    return [_seen(row) for row in tx.execute(found.order_by(entries.c.id.desc()).limit(limit))]


def _select() -> Select[Any]:
    return select(entries, feeds.c.title.label("feed_title")).join(feeds, feeds.c.id == entries.c.feed_id)


def _seen(row: Row[Any]) -> SeenEntry:
    plain = {field.name: getattr(row, field.name) for field in fields(SeenEntry) if field.name != "entry"}
    return SeenEntry(**plain, entry=Entry(**{field.name: getattr(row, field.name) for field in fields(Entry)}))
