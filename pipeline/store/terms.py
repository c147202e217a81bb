"""How often terms occur over all articles, and which terms tell an article from the others.

In: the terms of a sketch. Out: `TermCounts`, and the strongest terms. Trap: on PostgreSQL two transactions that
count one term wait for each other; terms are always counted in sorted order, so they cannot block each other.
"""

from collections.abc import Iterable, Mapping
from heapq import nlargest
from math import log

from sqlalchemy import Connection, select

from pipeline.model import TermCounts
from pipeline.store import meta
from pipeline.store.dialects import insert
from pipeline.store.tables import term_counts
from pipeline.store.types import clean_text

STRONGEST_COUNT = 16  #: terms of an article that are indexed and asked for
_ARTICLES = "articles_counted"


def frequencies(tx: Connection, terms: Iterable[str]) -> TermCounts:
    """Count the articles that hold each term; a term never seen is absent."""
    asked = sorted({clean_text(term) for term in terms})
    found = select(term_counts.c.term, term_counts.c.article_count).where(term_counts.c.term.in_(asked))
    return TermCounts(meta.number(tx, _ARTICLES), dict(tx.execute(found).all()))


def count(tx: Connection, terms: Iterable[str]) -> None:
    """Count one more article that holds these terms."""
    meta.raise_number(tx, _ARTICLES)
    rows = [{"term": term, "article_count": 1} for term in sorted({clean_text(term) for term in terms})]
    if rows:
        more = {"article_count": term_counts.c.article_count + 1}
        tx.execute(insert(tx, term_counts).on_conflict_do_update(index_elements=["term"], set_=more), rows)


def strongest(terms: Mapping[str, int], known: TermCounts) -> list[str]:
    """Choose the terms that weigh most by (1 + log tf) · log(N / df), with one article added; ties by spelling."""
    total = known.article_count + 1

    def weight(term: str) -> tuple[float, str]:
        held = known.by_term.get(clean_text(term), 0) + 1
        return (1 + log(terms[term])) * log(1 + total / held), term

    return [clean_text(term) for term in nlargest(STRONGEST_COUNT, terms, key=weight)]
