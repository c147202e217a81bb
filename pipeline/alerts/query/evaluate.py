"""Decide whether an article meets a query, and where its words stand.

In: a normalised query tree and an `ArticleWords`. Out: yes or no, and spans into the original title and text.
Pure. Trap: words of the title and of the text count together, but a phrase does not run from one into the other.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from pipeline.alerts.query.fold import Token, tokenise
from pipeline.alerts.query.plan import leaves
from pipeline.alerts.query.tree import And, Leaf, Not, Or, Phrase, Query, Word
from pipeline.model import Span

SPAN_LIMIT = 200  #: a long article may repeat a word without end; the first ones are enough to show why

_GAP = Token("", 0, 0)  #: stands between title and text; no term is empty, so no phrase crosses it


class ArticleWords:
    """An article cut into words once, for any number of queries."""

    def __init__(self, title: str, text: str) -> None:
        tokens = list(tokenise(title))
        self._title_count = len(tokens)
        tokens.append(_GAP)
        tokens.extend(tokenise(text))
        self._tokens = tokens
        self._terms = [token.term for token in tokens]
        self._places: dict[str, list[int]] = {}
        for place, term in enumerate(self._terms):
            self._places.setdefault(term, []).append(place)

    @property
    def terms(self) -> Iterable[str]:
        """Its distinct terms, and the empty string."""
        return self._places.keys()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield the terms that stand side by side, two by two."""
        return pairwise(self._terms)

    def holds(self, leaf: Leaf) -> bool:
        """Whether a word or phrase occurs."""
        if isinstance(leaf, Word):
            return leaf.term in self._places
        return next(self._phrase_places(leaf.terms), None) is not None

    def spans_of(self, leaf: Leaf) -> Iterator[Span]:
        """Yield where a word or phrase stands, title first."""
        length = 1 if isinstance(leaf, Word) else len(leaf.terms)
        places = self._places.get(leaf.term, ()) if isinstance(leaf, Word) else self._phrase_places(leaf.terms)
        for place in places:
            field = "title" if place < self._title_count else "text"
            yield Span(field, self._tokens[place].start, self._tokens[place + length - 1].end)

    def _phrase_places(self, terms: tuple[str, ...]) -> Iterator[int]:
        """Yield where a phrase begins, by way of its rarest word."""
        wanted = list(terms)
        counts = [len(self._places.get(term, ())) for term in terms]
        rarest = counts.index(min(counts))
        for place in self._places.get(terms[rarest], ()):
            start = place - rarest
            if start >= 0 and self._terms[start : start + len(wanted)] == wanted:
                yield start


def meets(query: Query, words: ArticleWords) -> bool:
    """Whether an article meets a query."""
    match query:
        case Word() | Phrase():
            return words.holds(query)
        case And(parts):
            return all(meets(part, words) for part in parts)
        case Or(parts):
            return any(meets(part, words) for part in parts)
        case Not(part):
            return not meets(part, words)


def spans(query: Query, words: ArticleWords) -> tuple[Span, ...]:
    """Give the places that show why a met, normalised query was met: title first, in order, none overlapping.

    Words of an OR branch that was not met are left out. At most `SPAN_LIMIT` places are given.
    """
    found = {span for leaf in _shown(query, words) for span in words.spans_of(leaf)}
    ordered = sorted(found, key=lambda span: (span.field != "title", span.start, span.end))
    return tuple(_merged(ordered))[:SPAN_LIMIT]


def _shown(query: Query, words: ArticleWords) -> list[Leaf]:
    match query:
        case Or(parts):
            return [leaf for part in parts if meets(part, words) for leaf in _shown(part, words)]
        case And(parts):
            return [leaf for part in parts for leaf in _shown(part, words)]
        case _:
            return leaves(query)


def _merged(ordered: Iterable[Span]) -> list[Span]:
    """Join places that overlap, such as `North Korea` and `Korea`."""
    result: list[Span] = []
    for span in ordered:
        last = result[-1] if result else None
        if last and last.field == span.field and span.start < last.end:
            result[-1] = Span(last.field, last.start, max(last.end, span.end))
        else:
            result.append(span)
    return result
