"""Ask the archive what a query finds, without reading the articles where their words alone decide.

In: a query tree and the span of time that is asked. Out: `Found`: the articles that meet it, and for each clause how
many there are. This is the one place where queries and the store's words meet. Trap: clauses that words cannot decide
(capitals, expressions, distances, stems) name candidates, which are read, the newest first and at most `READ_LIMIT`; if
there are more, the span of time is shortened to what was read, and `since` says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from pipeline.alerts.query.evaluate import meets
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.spell import spell
from pipeline.alerts.query.tree import (
    And,
    Folder,
    Language,
    Leaf,
    Near,
    Not,
    Or,
    Phrase,
    Published,
    Query,
    Regex,
    Sequence,
    Site,
    Word,
)
from pipeline.alerts.query.words import ArticleWords
from pipeline.expanding import expanded
from pipeline.store import archive, search
from pipeline.store.archive import Placed
from pipeline.store.search import Wanted
from pipeline.store.types import microseconds

READ_LIMIT = 500  #: articles that are read for one question, at one to two milliseconds each


@dataclass(frozen=True, slots=True)
class Clause:
    """One leaf of a query, as written, and in how many articles of the span of time it is found."""

    text: str
    count: int
    is_exact: bool  #: else at most so many
    excluded: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a query finds."""

    since: datetime  #: from when on articles were asked
    article_count: int  #: articles of that time
    met: tuple[Placed, ...]  #: the oldest first
    clauses: tuple[Clause, ...]
    read_count: int  #: articles that had to be read


@dataclass(slots=True)
class _Bounds:
    """Articles that surely meet a part of the query, and those that may."""

    sure: set[int]
    may: set[int]


@dataclass(slots=True)
class _Asker:
    """The articles of a span of time, and what was asked of them."""

    tx: Connection
    placed: dict[int, Placed]
    clauses: dict[tuple[str, bool], Clause] = field(default_factory=dict)
    rows: dict[int, Row[Any]] = field(default_factory=dict)  #: what is known of articles beside their words

    @property
    def first_id(self) -> int:
        return min(self.placed, default=0)

    def bounds(self, query: Query, within: set[int], *, excluded: bool = False) -> _Bounds:
        """Find what meets a part, of the articles `within`."""
        match query:
            case And(parts):
                return self._all(parts, within, excluded=excluded)
            case Or(parts):
                found = [self.bounds(part, within, excluded=excluded) for part in parts]
                return _Bounds(set().union(*(one.sure for one in found)), set().union(*(one.may for one in found)))
            case Not(part):
                inner = self.bounds(part, within, excluded=not excluded)
                return _Bounds(within - inner.may, within - inner.sure)
        return self._leaf(query, within, excluded=excluded)

    def _all(self, parts: tuple[Query, ...], within: set[int], *, excluded: bool) -> _Bounds:
        """Ask words first: they are found by an index, and leave few articles of which more must be known."""
        ordered = sorted(parts, key=_is_costly)
        sure, may = set(within), within
        for part in ordered:
            found = self.bounds(part, may if _is_costly(part) else within, excluded=excluded)
            sure &= found.sure
            may = may & found.may
        return _Bounds(sure & may, may)

    def _leaf(self, leaf: Leaf, within: set[int], *, excluded: bool) -> _Bounds:
        found = self._of_words(leaf) if _is_worded(leaf) else self._of_record(leaf, within)
        is_exact = found.sure == found.may
        held = found.may & self.placed.keys() if _is_worded(leaf) else found.may
        key = (spell(leaf), excluded)
        self.clauses.setdefault(key, Clause(key[0], len(held), is_exact, excluded))
        return _Bounds(found.sure & within, found.may & within)

    def _of_words(self, leaf: Leaf) -> _Bounds:
        if isinstance(leaf, Near):
            parts = [self._of_words(part) for part in leaf.parts]  # type: ignore[arg-type]
            return _Bounds(set(), set.intersection(*(part.may for part in parts)))
        if isinstance(leaf, Or):
            some = [self._of_words(part) for part in leaf.parts]
            return _Bounds(set(), set().union(*(part.may for part in some)))
        assert isinstance(leaf, Word | Phrase | Sequence)  # noqa: S101 - for the type
        places, is_exact = expanded(self.tx, leaf)
        if search.can_be_asked(places):
            found = search.search(self.tx, Wanted(places, leaf.field), self.first_id)
            return _Bounds(found if is_exact else set(), found)
        each = [search.search(self.tx, Wanted((terms,), leaf.field), self.first_id) for terms in places]
        return _Bounds(set(), set.intersection(*each))

    def _of_record(self, leaf: Leaf, within: set[int]) -> _Bounds:
        """Ask what is not a word of title or text; the same site, feed or author is asked once."""
        if isinstance(leaf, Regex) and leaf.field != "url":
            return _Bounds(set(), set(within))
        known: dict[object, bool] = {}
        found: set[int] = set()
        self.rows.update((row.id, row) for row in archive.records(self.tx, within - self.rows.keys()))
        for row in map(self.rows.__getitem__, within):
            what = _asked_of(leaf, row)
            if what not in known:
                known[what] = meets(leaf, ArticleWords(archive.record_of(row)))
            if known[what]:
                found.add(row.id)
        return _Bounds(found, found)


def ask(tx: Connection, query: Query, since: datetime) -> Found:
    """Find the articles stored since an instant that meet a query."""
    tree = normalise(query)
    asker = _Asker(tx, archive.placed_since(tx, since))
    found = asker.bounds(tree, set(asker.placed))
    unsure = sorted(found.may - found.sure, reverse=True)
    read = unsure[:READ_LIMIT]
    if len(unsure) > READ_LIMIT:
        since = asker.placed[read[-1]].stored_at
    met = found.sure | {number for number, article in archive.texts(tx, read) if meets(tree, ArticleWords(article))}
    first = microseconds(since)
    kept = [asker.placed[number] for number in sorted(met) if asker.placed[number].stored >= first]
    count = sum(placed.stored >= first for placed in asker.placed.values())
    return Found(since, count, tuple(kept), tuple(asker.clauses.values()), len(read))


def _is_worded(leaf: Query) -> bool:
    """Whether a leaf asks for words of title or text."""
    if isinstance(leaf, Near):
        return all(_is_worded(part) for part in leaf.parts)
    if isinstance(leaf, Or):
        return all(_is_worded(part) for part in leaf.parts)
    return isinstance(leaf, Word | Phrase | Sequence) and leaf.field in {"", "title", "text"}


def _is_costly(query: Query) -> bool:
    return any(not _is_worded(leaf) for leaf in _leaves(query))


def _leaves(query: Query) -> Iterator[Query]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield query


def _asked_of(leaf: Leaf, row: Row[Any]) -> object:
    """Give the part of a record on which a leaf's answer hangs."""
    match leaf:
        case Site():
            return row.outlet, row.site, row.url.split("/", 3)[:3][-1]
        case Folder():
            return row.folder
        case Language():
            return row.language
        case Published():
            return row.published_at, row.first_seen_at
        case Word() | Phrase() | Sequence() if leaf.field != "url":
            return row.feed if leaf.field == "feed" else row.byline
    return row.url
