"""Entries that a feed shows again under another guid are the same entries (checklist F21).

In: the entries of a document whose identity is unknown. Out: the stored rows that they are. The same page, http or
https, or the same title at the same time, in the same feed, is the same entry. Trap: only a row whose own identity the
document no longer shows may be taken; otherwise two entries that live side by side would become one.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select, update

from pipeline.model import Entry, EntryState
from pipeline.store.tables import entries, in_state
from pipeline.store.types import clean_text, key_of
from pipeline.urls import canonical

#: What `find` gives of a stored entry, and what `pipeline.store.updates` needs of it.
COLUMNS = (
    entries.c.id,
    entries.c.state,
    entries.c.title,
    entries.c.summary,
    entries.c.text_key,
    entries.c.update_count,
    entries.c.refetch_count,
)
FEWEST_WORDS = 3  # of a title that names an entry: "Press release" of one day may be two
_OTHER_SCHEME = {"http": "https", "https": "http"}


def find(
    tx: Connection,
    feed_id: int,
    fresh: Mapping[bytes, Entry],
    shown_keys: Collection[bytes],
    shared_pages: Collection[bytes],
) -> dict[bytes, Row[Any]]:
    """Give for keys of unknown identities the rows that they are, each row once."""
    pages = {page: key for key, entry in fresh.items() for page in _pages(entry.url) if page not in shared_pages}
    named = {name: key for key, entry in fresh.items() if (name := _name(entry.title, entry.published_at))}
    found: dict[bytes, Row[Any]] = {}
    taken: set[int] = set()
    for key, row in (*_by_page(tx, feed_id, pages), *_by_name(tx, feed_id, named)):
        if key not in found and row.id not in taken and row.identity_key not in shown_keys:
            found[key] = row
            taken.add(row.id)
    return found


def rename(tx: Connection, renamed: Mapping[bytes, Row[Any]], fresh: Mapping[bytes, Entry]) -> None:
    """Store the identities under which the rows are shown from this document on."""
    if not renamed:
        return
    statement = update(entries).where(entries.c.id == bindparam("row"))
    statement = statement.values(
        identity=bindparam("fresh_identity"), identity_key=bindparam("fresh_key"), guid=bindparam("fresh_guid")
    )
    rows = [
        {"row": row.id, "fresh_identity": fresh[key].identity, "fresh_key": key, "fresh_guid": fresh[key].guid}
        for key, row in renamed.items()
    ]
    tx.execute(statement, rows)


def _pages(url: str) -> Iterator[bytes]:
    """Give the keys of an address under both schemes."""
    scheme, colon, rest = canonical(url).partition(":")
    if colon:
        yield key_of(f"{scheme}:{rest}")
        yield key_of(f"{_OTHER_SCHEME[scheme]}:{rest}")


def _by_page(tx: Connection, feed_id: int, pages: Mapping[bytes, bytes]) -> Iterator[tuple[bytes, Row[Any]]]:
    """Give the rows of this feed that have these pages, their own or as merged with another feed's."""
    if not pages:
        return
    owned = _select(entries.c.feed_id, entries.c.page_key).where(
        entries.c.page_key.in_(list(pages)), ~in_state(entries, EntryState.MERGED)
    )
    elsewhere: dict[int, bytes] = {}
    for row in tx.execute(owned).all():
        if row.feed_id == feed_id:
            yield pages[row.page_key], row
        else:
            elsewhere[row.id] = pages[row.page_key]
    if elsewhere:
        merged = _select(entries.c.same_as_entry_id).where(
            entries.c.same_as_entry_id.in_(list(elsewhere)),
            entries.c.same_as_entry_id.is_not(None),
            entries.c.feed_id == feed_id,
        )
        for row in tx.execute(merged).all():
            yield elsewhere[row.same_as_entry_id], row


def _by_name(tx: Connection, feed_id: int, named: Mapping[tuple[str, Any], bytes]) -> Iterator[tuple[bytes, Row[Any]]]:
    """Give the rows of this feed with these titles and times."""
    if not named:
        return
    dated = _select(entries.c.published_at).where(
        entries.c.feed_id == feed_id,
        entries.c.published_at.is_not(None),
        entries.c.published_at.in_({at for _title, at in named}),
    )
    for row in tx.execute(dated).all():
        key = named.get(_name(row.title, row.published_at) or ("", None))
        if key is not None:
            yield key, row


def _select(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(entries.c.identity_key, *columns, *COLUMNS)


def _name(title: str, published_at: object) -> tuple[str, object] | None:
    """Give what names an entry without guid and page; None if it is too little."""
    words = clean_text(title).casefold().split()
    return (" ".join(words), published_at) if published_at and len(words) >= FEWEST_WORDS else None
