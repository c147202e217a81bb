"""How often terms occur over all articles.

In: the terms of a sketch. Out: `TermCounts`. Trap: on PostgreSQL two transactions that
count one term wait for each other; terms are always counted in sorted order, so they cannot block each other.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from pipeline.model import TermCounts
from pipeline.store.dialects import bound, with_each
from pipeline.store.tables import articles
from pipeline.store.types import clean_text

_TOTAL = select(func.coalesce(func.max(articles.c.id), 0))

_HELD_BY = "SELECT term, article_count FROM term_counts WHERE term IN ({each})"
_MORE = """
    INSERT INTO term_counts (term, article_count)
    SELECT value, 1 FROM ({each}) AS asked WHERE true ORDER BY value
    ON CONFLICT (term) DO UPDATE SET article_count = term_counts.article_count + 1
    RETURNING term, article_count
"""


def frequencies(tx: Connection, terms: Iterable[str]) -> TermCounts:
    """Count the articles that hold each term; a term never seen is absent."""
    found = tx.execute(with_each(tx, _HELD_BY, "TEXT"), {"values": bound(tx, _clean(terms))}).all()
    return TermCounts(_total(tx), {term: article_count for term, article_count in found})  # noqa: C416 - dict() would ask each row for its keys


def count(tx: Connection, terms: Iterable[str]) -> TermCounts:
    """Count one more article that holds these terms, and give the counts of those before it.

    One statement for both, since what weighs an article's terms must count them anyway: to ask first took 1 ms more.
    """
    before = _total(tx)
    found = tx.execute(with_each(tx, _MORE, "TEXT"), {"values": bound(tx, _clean(terms))}).all()
    return TermCounts(before, {term: held - 1 for term, held in found if held > 1})


def _total(tx: Connection) -> int:
    """Give the newest id: on PostgreSQL a little more than the count, and no row that every article must lock."""
    return int(tx.execute(_TOTAL).scalar_one())


def _clean(terms: Iterable[str]) -> list[str]:
    """Give terms as they are stored, each once, sorted; what cuts texts into words leaves nothing to clean."""
    known = set(terms)
    whole = "".join(known)
    return sorted(known if clean_text(whole) == whole else {clean_text(term) for term in known})
