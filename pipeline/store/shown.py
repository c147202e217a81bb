"""Storing the entries that documents show: new, known, changed in place, or known under another guid.

In: documents of several feeds. Out: `PollCounts` of each. Few statements, however many documents. The caller holds
the feeds' rows. Trap: who owns a page is decided by the unique index and not by looking first, because two feeds that
share a page may be recorded at the same moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from pipeline.model import Entry, PollCounts
from pipeline.store import fresh_rows, renaming, updates
from pipeline.store.many import Kind, Pairs, with_pairs
from pipeline.store.renaming import Seen, seen
from pipeline.store.tables import entries
from pipeline.store.types import clean_text, key_of


@dataclass(frozen=True, slots=True)
class Document:
    """What one document of a feed shows; what was published before `oldest` is dropped at once."""

    feed_id: int
    entries: Sequence[Entry]
    oldest: datetime | None


@dataclass(slots=True)
class _Sorted:
    """A document's entries by their identity, the repeats left out, and the stored rows that they are."""

    document: Document
    found: dict[bytes, Seen]
    known: Mapping[bytes, Row[Any]]
    renamed: Mapping[bytes, Row[Any]]
    shared_pages: set[bytes]

    def fresh(self) -> Iterator[Seen]:
        """Give the entries of which nothing is stored."""
        return (one for key, one in self.found.items() if key not in self.known and key not in self.renamed)

    def met(self) -> Iterator[tuple[Row[Any], Entry]]:
        """Give the stored rows with the entries as they are shown."""
        return ((row, self.found[key].entry) for rows in (self.known, self.renamed) for key, row in rows.items())


def store(tx: Connection, documents: Sequence[Document], now: datetime) -> list[PollCounts]:
    """Store what documents show, one of each feed at most; gives the counts in their order."""
    found = [{one.key: one for one in map(seen, reversed(document.entries))} for document in documents]
    known = _known(tx, [(document.feed_id, key) for document, one in zip(documents, found, strict=True) for key in one])
    done = [_Sorted(d, one, known[d.feed_id], {}, _shared_pages(one)) for d, one in zip(documents, found, strict=True)]
    owners = _find_renamed(tx, done)
    rows = [
        fresh_rows.rows(one.document.feed_id, one.fresh(), one.shared_pages, one.document.oldest, now) for one in done
    ]
    updated = updates.store_changed(tx, [list(one.met()) for one in done], now)
    fresh_rows.insert_all(tx, [row for some in rows for row in some], owners, now)
    return [_counts(one, some, count) for one, some, count in zip(done, rows, updated, strict=True)]


def any_known(tx: Connection, feed_id: int, identities: Sequence[str]) -> bool:
    """Tell whether a feed has stored one of these identities."""
    return bool(_known(tx, [(feed_id, key_of(identity)) for identity in identities]))


def _known(tx: Connection, keys: Iterable[tuple[int, bytes]]) -> Mapping[int, dict[bytes, Row[Any]]]:
    """Give the stored rows of these identities, by feed."""
    stored: defaultdict[int, dict[bytes, Row[Any]]] = defaultdict(dict)
    for row in with_pairs(tx, Kind.BYTES, _stored, keys):
        stored[row.feed_id][row.identity_key] = row
    return stored


def _stored(wanted: Pairs) -> "Select[Any]":
    found = wanted.join(entries, entries.c.feed_id, entries.c.identity_key)
    return select(*renaming.COLUMNS).select_from(found)


def _shared_pages(found: Mapping[bytes, Seen]) -> set[bytes]:
    """Find pages that one document gives to entries of different titles: such a page stands for none of them (F20)."""
    titles: dict[bytes, set[str]] = defaultdict(set)
    for one in found.values():
        if one.page:
            titles[one.page].add(clean_text(one.entry.title).strip().casefold())
    return {page for page, names in titles.items() if len(names) > 1}


def _find_renamed(tx: Connection, done: Sequence[_Sorted]) -> dict[bytes, int]:
    """Store new identities of known entries; gives the owners of all pages that were looked at."""
    asked = [
        renaming.Unknown(one.document.feed_id, fresh, one.found.keys(), one.shared_pages)
        for one in done
        if (fresh := {key: entry for key, entry in one.found.items() if key not in one.known})
    ]
    if not asked:
        return {}
    renamed, owners = renaming.find(tx, asked)
    for one in done:
        one.renamed = renamed.get(one.document.feed_id, {})
    renaming.rename(tx, [(row, one.found[key]) for one in done for key, row in one.renamed.items()])
    return owners


def _counts(one: _Sorted, rows: Sequence[Mapping[str, Any]], updated_count: int) -> PollCounts:
    merged, dropped = fresh_rows.counted(rows)
    return PollCounts(
        new_count=len(rows) - merged - dropped,
        known_count=len(one.known) + len(one.renamed),
        merged_count=merged,
        dropped_count=dropped,
        updated_count=updated_count,
        renamed_count=len(one.renamed),
        arrived=tuple(row["published_at"] for row in rows),
    )
