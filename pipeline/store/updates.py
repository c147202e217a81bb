"""Entries that their feed changes in place: stored, bounded, and marked for another look at their page (F16, F22).

In: stored rows with the entries as a document shows them. Out: how many changed. Trap: many feeds carry the time, a
counter of views or the weather; so texts are compared without digits, and what still changes at every poll ends after
`MOST_TEXT_UPDATES`; a title may change on after that, since an editor's correction must not drown in noise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from pipeline.model import Entry, EntryState
from pipeline.store.tables import entries, entry_updates
from pipeline.store.types import Instant, clean_text

MOST_TEXT_UPDATES = 12
MOST_UPDATES = 24  #: with those of the title
MOST_REFETCHES = 8  #: of one entry's page, ever
OLD_SUMMARY_LENGTH = 2000

_HALF = 8  # bytes of the key for the title, and as many for the text
_WORDS = re.compile(r"[^\W\d_]+")
_ASCII_WORDS = bytes(byte if chr(byte).isalpha() else ord(" ") for byte in range(128)) + bytes(128)


@dataclass(frozen=True, slots=True)
class EntryUpdate:
    """One change of an entry in its feed: when, what, and how it read before."""

    updated_at: datetime
    changed: tuple[str, ...]  #: "title", "text"
    old_title: str
    old_summary: str


def text_key(entry: Entry) -> bytes:
    """Give 16 bytes for what an entry says: equal keys, nothing to look at again."""
    title = " ".join(clean_text(entry.title).casefold().split())
    return _hash(title.encode()) + _hash(_words(clean_text(f"{entry.summary} {entry.content}")))


def _words(text: str) -> bytes:
    """Give the words of a text, letters only and folded, a space between two."""
    if text.isascii():  # the same in a tenth of the time
        return b" ".join(text.encode().lower().translate(_ASCII_WORDS).split())
    return " ".join(_WORDS.findall(text.casefold())).encode()


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=_HALF).digest()


def changed_fields(old: bytes | None, new: bytes) -> tuple[str, ...]:
    """Say what differs between two keys; nothing if the old one was never taken."""
    if not old:
        return ()
    halves = (("title", slice(0, _HALF)), ("text", slice(_HALF, None)))
    return tuple(name for name, half in halves if old[half] != new[half])


def is_bounded(changed: tuple[str, ...], update_count: int) -> bool:
    """Tell whether an entry has changed too often for another change of this kind to count."""
    return update_count >= (MOST_UPDATES if "title" in changed else MOST_TEXT_UPDATES)


def store_changed(tx: Connection, met: Sequence[Sequence[tuple[Row[Any], Entry]]], now: datetime) -> list[int]:
    """Store the known entries that read otherwise than before; count them for each group."""
    changes: list[dict[str, Any]] = []
    histories: list[dict[str, Any]] = []
    unkeyed: list[dict[str, Any]] = []
    counts = []
    for group in met:
        before = len(changes)
        for row, entry in group:
            key = text_key(entry)
            changed = changed_fields(row.text_key, key)
            if changed and not is_bounded(changed, row.update_count):
                changes.append(_change(row, entry, key, now))
                histories.append(_history(row, changed, now))
            elif row.text_key is None:
                unkeyed.append({"row": row.id, "new_key": key})
        counts.append(len(changes) - before)
    for statement, rows in ((_KEY, unkeyed), (_CHANGE, changes), (_HISTORY, histories)):
        if rows:
            tx.execute(statement, rows)
    return counts


_HISTORY = entry_updates.insert()
_KEY = update(entries).where(entries.c.id == bindparam("row")).values(text_key=bindparam("new_key"))
_CHANGE = (
    update(entries)
    .where(entries.c.id == bindparam("row"))
    .values(
        title=bindparam("new_title"),
        summary=bindparam("new_summary"),
        content=bindparam("new_content"),
        text_key=bindparam("new_key"),
        update_count=entries.c.update_count + 1,
        changed_at=bindparam("change_at", type_=Instant),
    )
)


def _change(row: Row[Any], entry: Entry, key: bytes, now: datetime) -> dict[str, Any]:
    waits_for_a_look = row.state is EntryState.DONE and row.refetch_count < MOST_REFETCHES
    return {
        "row": row.id,
        "new_title": entry.title,
        "new_summary": entry.summary,
        "new_content": entry.content,
        "new_key": key,
        "change_at": now if waits_for_a_look else None,
    }


def _history(row: Row[Any], changed: tuple[str, ...], now: datetime) -> dict[str, Any]:
    return {
        "entry_id": row.id,
        "updated_at": now,
        "changed": changed,
        "old_title": row.title,
        "old_summary": row.summary[:OLD_SUMMARY_LENGTH],
    }


def history(tx: Connection, entry_id: int) -> list[EntryUpdate]:
    """Give the changes of an entry, the oldest first."""
    found = select(entry_updates).where(entry_updates.c.entry_id == entry_id).order_by(entry_updates.c.id)
    return [EntryUpdate(r.updated_at, tuple(r.changed), r.old_title, r.old_summary) for r in tx.execute(found)]
