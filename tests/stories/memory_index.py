"""The articles so far, kept in memory: what the store's `find_candidates` and `frequencies` do, without a store.

In: articles with their sketches and stories. Out: candidates and counts. It mirrors pipeline.store.candidates and
pipeline.store.terms (limits and weights included), so that grouping can be measured on thousands of articles.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from heapq import nlargest
from math import log

from pipeline.model import Candidate, Sketch, TermCounts
from pipeline.store.candidates import BAND_LIMIT, SAME_TEXT_LIMIT, TERM_LIMIT
from pipeline.store.terms import STRONGEST_COUNT

_TEXT_WEIGHT, _BAND_WEIGHT = 100_000, STRONGEST_COUNT + 1


class MemoryIndex:
    """One language's articles; ids count up from 0."""

    def __init__(self) -> None:
        self._candidates: list[Candidate] = []
        self._by_text: defaultdict[bytes, list[int]] = defaultdict(list)
        self._by_band: defaultdict[int, list[int]] = defaultdict(list)
        self._by_term: defaultdict[str, list[int]] = defaultdict(list)
        self._held: Counter[str] = Counter()

    def add(self, candidate: Candidate) -> None:
        """Add the next article."""
        position, sketch = len(self._candidates), candidate.sketch
        self._candidates.append(candidate)
        for term in self._strongest(sketch):
            self._by_term[term].append(position)
        self._held.update(sketch.terms.keys())
        self._by_text[sketch.text_hash].append(position)
        for band in set(sketch.bands):
            self._by_band[band].append(position)

    def find_candidates(self, sketch: Sketch, since: datetime, limit: int) -> list[Candidate]:
        """Give the articles that share most keys, newest of equals first."""
        weight: Counter[int] = Counter()
        weight.update(dict.fromkeys(self._by_text[sketch.text_hash][-SAME_TEXT_LIMIT:], _TEXT_WEIGHT))
        for band in set(sketch.bands):
            weight.update(dict.fromkeys(self._by_band[band][-BAND_LIMIT:], _BAND_WEIGHT))
        for term in self._strongest(sketch):
            weight.update(self._by_term[term][-TERM_LIMIT:])
        ranked = sorted(weight, key=lambda position: (-weight[position], -position))
        found = (self._candidates[position] for position in ranked)
        return [candidate for candidate in found if candidate.published_at >= since][:limit]

    def frequencies(self, terms: Iterable[str]) -> TermCounts:
        """Count the articles that hold each term."""
        return TermCounts(len(self._candidates), {term: self._held[term] for term in terms if self._held[term]})

    def _strongest(self, sketch: Sketch) -> list[str]:
        total = len(self._candidates) + 1

        def weight(term: str) -> tuple[float, str]:
            return (1 + log(sketch.terms[term])) * log(1 + total / (self._held[term] + 1)), term

        return nlargest(STRONGEST_COUNT, sketch.terms, key=weight)
