"""What texts the pages of a host have in common, and what kinds of pages they were; shared by all workers.

In: a host, a page's address, the marks of its texts (pipeline/articles/repeats.py). Out: how many pages had each. Hides
the form of a row: one a host, of at most `MOST_MARKS` entries; what stood on one page alone and longest ago gives way
first, and a host of which nothing new came for 30 days is forgotten. Trap: a text printed twice, as a copy or by a page
fetched again, must not make itself furniture: a page that shares most of its texts with what is known is not counted.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from zlib import crc32

from sqlalchemy import Connection, Executable, bindparam, case, delete, func, select

from pipeline.store.dialects import Inserter, inserter
from pipeline.store.tables import host_pages, host_texts
from pipeline.store.types import EPOCH

ARTICLE = "article"  #: the kind of a page that is the article
MOST_MARKS = 600  #: of a host; 12 bytes each
FORGOTTEN_AFTER = timedelta(days=30)
PAGES_FORGOTTEN_AFTER = timedelta(days=365)  #: counts of kinds of pages, which are small and tell of a host's past
_PAGE_SHARE = 0.5  # of a page's texts: what shares more with one other page is that page again
_ENTRY = struct.Struct("<IHHI")
_MOST_PAGES = 0xFFFF

# Written once: putting a statement together costs as much as running it, and these run for every page.
_MARKS = select(host_texts.c.marks).where(host_texts.c.host == bindparam("of_host"))
_MARKS_LOCKED = _MARKS.with_for_update()
_FORGET_TEXTS = delete(host_texts).where(host_texts.c.changed_at < bindparam("before"))
_FORGET_PAGES = delete(host_pages).where(host_pages.c.last_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A text of a host: on how many pages it stood, when last and on which."""

    number: int
    page_count: int
    day: int  #: since 1970
    page: int


def repeated_on(tx: Connection, host: str, url: str = "", *, counted: bool = False) -> dict[int, int]:
    """Give the marks of a host, and on how many other pages than the one at `url` each stood.

    A page that is read again is among those `counted`, even if other pages had its texts since.
    """
    page = _page_key(url)
    found = {mark.number: mark.page_count - (counted or mark.page == page) for mark in _held(tx, host)}
    return {number: count for number, count in found.items() if count > 0}


def learn(tx: Connection, host: str, url: str, marks: Sequence[int], now: datetime) -> None:
    """Count the texts of one page of a host, and forget hosts that nothing came from for long."""
    held = {mark.number: mark for mark in _held(tx, host, locked=True)}
    seen = with_page(held, _page_key(url), marks, (now - EPOCH).days)
    if seen is not None:
        row = {"host": host, "marks": _packed(seen.values()), "changed_at": now}
        tx.execute(_keep_marks(inserter(tx)), row)
        tx.execute(_FORGET_TEXTS, {"before": now - FORGOTTEN_AFTER})


@cache
def _keep_marks(begin: Inserter) -> Executable:
    statement = begin(host_texts)
    newer = {"marks": statement.excluded.marks, "changed_at": statement.excluded.changed_at}
    return statement.on_conflict_do_update(index_elements=["host"], set_=newer)


def with_page(held: Mapping[int, Mark], page: int, marks: Sequence[int], day: int) -> dict[int, Mark] | None:
    """Give the marks of a host with one more page; None if the page is known or shows a known page's text."""
    known = [held[mark] for mark in marks if mark in held]
    once = [mark for mark in known if mark.page_count == 1]
    if not marks or any(mark.page == page for mark in known) or len(once) > _PAGE_SHARE * len(marks):
        return None
    fresh = {mark: Mark(mark, 1, day, page) for mark in marks if mark not in held}
    again = {
        mark.number: replace(mark, page_count=min(mark.page_count + 1, _MOST_PAGES), day=day, page=page)
        for mark in known
    }
    seen = {**held, **again, **fresh}
    if len(seen) <= MOST_MARKS:
        return seen
    kept = sorted(seen.values(), key=lambda mark: (mark.day + (mark.page_count > 1) * FORGOTTEN_AFTER.days, mark.day))
    return {mark.number: mark for mark in kept[-MOST_MARKS:]}


def note_page(tx: Connection, host: str, kind: str, now: datetime) -> None:
    """Count one page of a host, as the kind of page it was, and forget what was counted long ago."""
    tx.execute(_count_page(inserter(tx)), {"host": host, "kind": kind, "page_count": 1, "last_at": now})
    tx.execute(_FORGET_PAGES, {"before": now - PAGES_FORGOTTEN_AFTER})


@cache
def _count_page(begin: Inserter) -> Executable:
    statement = begin(host_pages)
    changed = {"page_count": host_pages.c.page_count + 1, "last_at": statement.excluded.last_at}
    return statement.on_conflict_do_update(index_elements=["host", "kind"], set_=changed)


@dataclass(frozen=True, slots=True)
class HostPages:
    """What the pages of a host were."""

    host: str
    page_count: int
    article_count: int
    kinds: Mapping[str, int]
    last_at: datetime


def hosts_seen(tx: Connection, limit: int, *, refused_first: bool = False) -> list[HostPages]:
    """Give the hosts with most pages, or those with most pages that were no articles, first."""
    c = host_pages.c
    asked = case((c.kind == ARTICLE, 0), else_=c.page_count) if refused_first else c.page_count
    top = select(c.host).group_by(c.host).order_by(func.sum(asked).desc(), c.host).limit(limit)
    order = list(tx.execute(top).scalars())
    kinds: dict[str, dict[str, int]] = {host: {} for host in order}
    last: dict[str, datetime] = {}
    rows = tx.execute(select(c.host, c.kind, c.page_count, c.last_at).where(c.host.in_(order)))
    for host, kind, count, last_at in rows:
        kinds[host][kind] = count
        last[host] = max(last_at, last.get(host, last_at))
    found = [_host_pages(host, kinds[host], last[host]) for host in order]
    return [one for one in found if not refused_first or one.article_count < one.page_count]


def _host_pages(host: str, kinds: Mapping[str, int], last_at: datetime) -> HostPages:
    ordered = dict(sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0])))
    return HostPages(host, sum(kinds.values()), kinds.get(ARTICLE, 0), ordered, last_at)


def _page_key(url: str) -> int:
    return crc32(url.encode("utf-8", "replace"))


def _held(tx: Connection, host: str, *, locked: bool = False) -> Iterable[Mark]:
    packed = tx.execute(_MARKS_LOCKED if locked else _MARKS, {"of_host": host}).scalar_one_or_none()
    return (Mark(*entry) for entry in _ENTRY.iter_unpack(bytes(packed or b"")))


def _packed(marks: Iterable[Mark]) -> bytes:
    return b"".join(_ENTRY.pack(mark.number, mark.page_count, mark.day, mark.page) for mark in marks)
