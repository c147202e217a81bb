"""Explain what an article makes of a query: every clause true or false, with its places.

In: a query as written, and an article. Out: a `Clause`, which holds others as the query does. Pure. Trap: it asks
`evaluate` part by part and knows only what combines others (AND, OR, NOT); so it explains any leaf there is.
"""

from dataclasses import dataclass

from pipeline.alerts.query.evaluate import meets, spans
from pipeline.alerts.query.spell import spell
from pipeline.alerts.query.syntax import EXPANDED_LIMIT, read_query
from pipeline.alerts.query.tree import And, Not, Or, Query
from pipeline.alerts.query.words import ArticleWords
from pipeline.model import Matchable

PLACES_MOST = 5
AROUND = 40  #: characters shown on each side of a place


@dataclass(frozen=True, slots=True)
class Place:
    """Where a clause is met: offsets into a field, and the words around."""

    field: str
    start: int
    end: int
    before: str
    found: str
    after: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a query as it was understood."""

    query: str
    kind: str  #: "all", "any", "none" or "leaf"
    holds: bool
    places: tuple[Place, ...] = ()
    parts: "tuple[Clause, ...]" = ()


def explain(query: str, article: Matchable) -> Clause:
    """Explain a query; raises BadQuery if it cannot be read."""
    return _clause(read_query(query, limit=EXPANDED_LIMIT).query, ArticleWords(article), article)


def _clause(query: Query, words: ArticleWords, article: Matchable) -> Clause:
    holds = meets(query, words)
    match query:
        case And(parts):
            return Clause(spell(query), "all", holds, parts=tuple(_clause(part, words, article) for part in parts))
        case Or(parts):
            return Clause(spell(query), "any", holds, parts=tuple(_clause(part, words, article) for part in parts))
        case Not(part):
            return Clause(spell(query), "none", holds, parts=(_clause(part, words, article),))
    found = spans(query, words)[:PLACES_MOST] if holds else ()
    return Clause(spell(query), "leaf", holds, tuple(_place(s.field, s.start, s.end, article) for s in found))


def _place(field: str, start: int, end: int, article: Matchable) -> Place:
    text = article.title if field == "title" else article.text
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Place(field, start, end, _one_line(before), _one_line(text[start:end]), _one_line(after))


def _one_line(text: str) -> str:
    return text.translate({ord(c): " " for c in "\r\n\t\v\f"})
