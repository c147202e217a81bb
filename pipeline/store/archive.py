"""The articles of a span of time, as a query is asked of them.

In: an instant, or ids. Out: where articles stand, what is known of them beside their words, their texts, and the
articles of whole stories. Trap: an article's feed and folder are those of the feed that brought it, as they are called
now.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, TextClause, text

from pipeline.model import GroupingKind, Matchable
from pipeline.store.dialects import bound, each, with_each
from pipeline.store.types import EPOCH, MICROSECOND, microseconds


class Placed(NamedTuple):
    """Where an article stands."""

    article_id: int
    story_id: int
    stored: int  #: microseconds since 1970, since a hundred thousand instants are read for one question

    @property
    def stored_at(self) -> datetime:
        """When it was stored."""
        return EPOCH + self.stored * MICROSECOND


class Member(NamedTuple):
    """An article as it joined its story; instants are microseconds since 1970, as in `Placed`."""

    article_id: int
    story_id: int
    outlet: str
    language: str
    text_hash: bytes
    is_copy: bool
    published: int
    stored: int

    @property
    def stored_at(self) -> datetime:
        """When it was stored."""
        return EPOCH + self.stored * MICROSECOND


# CROSS JOIN keeps SQLite from reading the articles from end to end and the ids asked for inside.
_RECORD = """
    SELECT a.id, a.url, a.site, a.outlet, a.language, a.byline, a.published_at, a.first_seen_at,
           f.title AS feed, f.folder{more}
    FROM ({each}) AS asked CROSS JOIN articles AS a CROSS JOIN entries AS e CROSS JOIN feeds AS f
    WHERE a.id = asked.value AND e.id = a.entry_id AND f.id = e.feed_id
"""
_PLACED = "SELECT id, story_id, stored_at FROM articles WHERE stored_at >= :since AND story_id IS NOT NULL"
_MEMBERS = """
    SELECT a.id, a.story_id, a.outlet, a.language, a.text_hash, g.kind = :copy, a.published_at, a.stored_at
    FROM ({each}) AS asked CROSS JOIN articles AS a CROSS JOIN groupings AS g
    WHERE a.story_id = asked.value AND g.article_id = a.id
"""
_LANGUAGES = "SELECT a.id, a.language FROM ({each}) AS asked CROSS JOIN articles AS a WHERE a.id = asked.value"
_GROWN = """
    SELECT s.id FROM ({each}) AS asked CROSS JOIN stories AS s WHERE s.id = asked.value AND s.article_count >= :least
"""
_BATCH = 5_000


def placed_since(tx: Connection, since: datetime) -> dict[int, Placed]:
    """Give the articles stored since an instant, by id."""
    rows = tx.execute(text(_PLACED), {"since": microseconds(since)}).all()
    return {row[0]: Placed._make(row) for row in rows}


def records(tx: Connection, ids: Collection[int]) -> Iterable[Row[Any]]:
    """Read what is known of articles beside their words; `record_of` makes a `Matchable` of a row."""
    return _read(tx, sorted(ids), "")


def record_of(row: Row[Any]) -> Matchable:
    """Give a row of `records`, as a query is asked of it."""
    return _matchable(row, "", "")


def texts(tx: Connection, ids: Sequence[int]) -> Iterator[tuple[int, Matchable]]:
    """Yield articles with their words."""
    for row in _read(tx, ids, ", a.title, a.text"):
        yield row.id, _matchable(row, row.title, row.text)


def grown(tx: Connection, story_ids: Collection[int], least: int) -> list[int]:
    """Give those of these stories that have at least so many articles."""
    statement = with_each(tx, _GROWN, "BIGINT")
    found: list[int] = []
    for values in _in_batches(tx, sorted(story_ids)):
        found += tx.execute(statement, {"values": values, "least": least}).scalars()
    return found


def languages(tx: Connection, ids: Collection[int]) -> dict[int, str]:
    """Give the language of each of these articles."""
    statement = with_each(tx, _LANGUAGES, "BIGINT")
    found: dict[int, str] = {}
    for values in _in_batches(tx, sorted(ids)):
        found.update(map(tuple, tx.execute(statement, {"values": values})))
    return found


def members(tx: Connection, story_ids: Collection[int]) -> Iterator[Member]:
    """Yield every article of these stories, in no order."""
    statement = with_each(tx, _MEMBERS, "BIGINT")
    for values in _in_batches(tx, sorted(story_ids)):
        asked = {"values": values, "copy": GroupingKind.COPY.value}
        yield from map(Member._make, tx.execute(statement, asked).all())


def _read(tx: Connection, ids: Sequence[int], more: str) -> Iterable[Row[Any]]:
    statement = _statement(tx, more)
    for values in _in_batches(tx, ids):
        yield from tx.execute(statement, {"values": values})


def _in_batches(tx: Connection, ids: Sequence[int]) -> Iterator[Any]:
    """Yield ids as the one parameter of a statement over `each`, so many at a time."""
    for start in range(0, len(ids), _BATCH):
        yield bound(tx, ids[start : start + _BATCH])


def _statement(tx: Connection, more: str) -> TextClause:
    return text(_RECORD.format(each=each(tx, "BIGINT"), more=more))


def _matchable(row: Row[Any], title: str, body: str) -> Matchable:
    published, seen = EPOCH + row.published_at * MICROSECOND, EPOCH + row.first_seen_at * MICROSECOND
    return Matchable(
        title, body, row.site, row.outlet, row.feed, row.folder, row.language, row.byline, row.url, published, seen
    )
