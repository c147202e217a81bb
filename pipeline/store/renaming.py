"""Entries that a feed shows again under another guid are the same entries (checklist F21).

In: the entries of documents whose identity is unknown. Out: the stored rows that they are. The same page, http or
https, or the same title at the same time, in the same feed, is the same entry. Trap: only a row whose own identity the
document no longer shows may be taken; otherwise two entries that live side by side would become one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from pipeline.model import Entry, EntryState
from pipeline.store.many import IsOneOf, Kind, Pairs, with_keys, with_pairs
from pipeline.store.tables import entries, in_state
from pipeline.store.types import clean_text, key_of, microseconds
from pipeline.urls import canonical

#: What `find` gives of a stored entry, and what `pipeline.store.updates` needs of it.
COLUMNS = (
    entries.c.id,
    entries.c.feed_id,
    entries.c.identity_key,
    entries.c.state,
    entries.c.title,
    entries.c.summary,
    entries.c.text_key,
    entries.c.update_count,
    entries.c.refetch_count,
)
FEWEST_WORDS = 3  # of a title that names an entry: "Press release" of one day may be two
_OTHER_SCHEME = {"http": "https", "https": "http"}


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry with its keys, each made once."""

    entry: Entry
    key: bytes  #: of its identity
    page: bytes | None  #: of its canonical address
    twin: bytes | None  #: of that address under the other scheme

    @property
    def pages(self) -> tuple[bytes, ...]:
        """Give the keys of its address under both schemes."""
        return () if self.page is None or self.twin is None else (self.page, self.twin)


def seen(entry: Entry) -> Seen:
    """Make an entry's keys."""
    url = canonical(entry.url)
    if not url:
        return Seen(entry, key_of(entry.identity), None, None)
    scheme, _, rest = url.partition(":")
    return Seen(entry, key_of(entry.identity), key_of(url), key_of(f"{_OTHER_SCHEME[scheme]}:{rest}"))


@dataclass(frozen=True, slots=True)
class Unknown:
    """The entries of one document whose identity is unknown, and what else it shows."""

    feed_id: int
    fresh: Mapping[bytes, Seen]
    shown_keys: Collection[bytes]
    shared_pages: Collection[bytes]

    def pages(self) -> dict[bytes, bytes]:
        """Give the keys of the pages that stand for one entry, each with the key of its identity."""
        return {page: one.key for one in self.fresh.values() for page in one.pages if page not in self.shared_pages}

    def names(self) -> dict[tuple[str, datetime], bytes]:
        """Give the titles and times that name an entry, each with the key of its identity."""
        named = ((_name(one.entry.title, one.entry.published_at), one.key) for one in self.fresh.values())
        return {name: key for name, key in named if name}


Candidates = Mapping[int, Sequence[tuple[bytes, Row[Any]]]]  #: by feed: what an unknown identity may be


def find(tx: Connection, asked: Sequence[Unknown]) -> tuple[dict[int, dict[bytes, Row[Any]]], dict[bytes, int]]:
    """Give by feed, for keys of unknown identities, the rows that they are, each row once; and the pages' owners."""
    by_page, owners = _by_page(tx, asked)
    by_name = _by_name(tx, asked)
    chosen = {one.feed_id: _choose(one, (*by_page[one.feed_id], *by_name[one.feed_id])) for one in asked}
    return chosen, owners


def _choose(asked: Unknown, candidates: Iterable[tuple[bytes, Row[Any]]]) -> dict[bytes, Row[Any]]:
    found: dict[bytes, Row[Any]] = {}
    taken: set[int] = set()
    for key, row in candidates:
        if key not in found and row.id not in taken and row.identity_key not in asked.shown_keys:
            found[key] = row
            taken.add(row.id)
    return found


def rename(tx: Connection, renamed: Sequence[tuple[Row[Any], Seen]]) -> None:
    """Store the identities under which rows are shown from this document on."""
    if not renamed:
        return
    rows = [
        {"row": row.id, "fresh_identity": one.entry.identity, "fresh_key": one.key, "fresh_guid": one.entry.guid}
        for row, one in renamed
    ]
    tx.execute(_RENAME, rows)


_RENAME = (
    update(entries)
    .where(entries.c.id == bindparam("row"))
    .values(identity=bindparam("fresh_identity"), identity_key=bindparam("fresh_key"), guid=bindparam("fresh_guid"))
)


def _by_page(tx: Connection, asked: Sequence[Unknown]) -> tuple[Candidates, dict[bytes, int]]:
    """Give the rows that have these pages in their feeds, their own or as merged with another's; and the owners."""
    pages = {one.feed_id: one.pages() for one in asked}
    candidates: defaultdict[int, list[tuple[bytes, Row[Any]]]] = defaultdict(list)
    owners: dict[bytes, Row[Any]] = {}
    for row in with_keys(tx, Kind.BYTES, _owners, {page for some in pages.values() for page in some}):
        owners[row.page_key] = row
        if row.page_key in pages.get(row.feed_id, ()):
            candidates[row.feed_id].append((pages[row.feed_id][row.page_key], row))
    page_of = {row.id: page for page, row in owners.items()}
    elsewhere = {
        (feed_id, owners[page].id)
        for feed_id, some in pages.items()
        for page in some
        if page in owners and owners[page].feed_id != feed_id
    }
    for row in with_pairs(tx, Kind.NUMBERS, _merged, elsewhere):
        candidates[row.feed_id].append((pages[row.feed_id][page_of[row.same_as_entry_id]], row))
    return candidates, {page: row.id for page, row in owners.items()}


def _owners(is_one_of: IsOneOf) -> "Select[Any]":
    owned = select(entries.c.page_key, *COLUMNS)
    return owned.where(is_one_of(entries.c.page_key), ~in_state(entries, EntryState.MERGED))


def _merged(wanted: Pairs) -> "Select[Any]":
    found = wanted.join(entries, entries.c.feed_id, entries.c.same_as_entry_id)
    return (
        select(entries.c.same_as_entry_id, *COLUMNS).select_from(found).where(entries.c.same_as_entry_id.is_not(None))
    )


def _by_name(tx: Connection, asked: Sequence[Unknown]) -> Candidates:
    """Give the rows of these feeds with these titles and times."""
    named = {one.feed_id: one.names() for one in asked}
    candidates: defaultdict[int, list[tuple[bytes, Row[Any]]]] = defaultdict(list)
    dates = {(feed_id, microseconds(at)) for feed_id, names in named.items() for _title, at in names}
    for row in with_pairs(tx, Kind.NUMBERS, _dated, dates):
        name = _name(row.title, row.published_at)
        if name is not None and name in named[row.feed_id]:
            candidates[row.feed_id].append((named[row.feed_id][name], row))
    return candidates


def _dated(wanted: Pairs) -> "Select[Any]":
    found = wanted.join(entries, entries.c.feed_id, entries.c.published_at)
    return select(entries.c.published_at, *COLUMNS).select_from(found).where(entries.c.published_at.is_not(None))


def _name(title: str, published_at: datetime | None) -> tuple[str, datetime] | None:
    """Give what names an entry without guid and page; None if it is too little."""
    words = clean_text(title).casefold().split()
    return (" ".join(words), published_at) if published_at and len(words) >= FEWEST_WORDS else None
