"""Weigh the terms of an article: what is rare among articles tells it from others.

In: a sketch and how many articles hold each of its terms. Out: `TermWeights`. Pure. No list of stop words: common
words fall by being counted. Trap: in the beginning nothing is counted; then a term's length stands in, for common
words are short in every language (Zipf: The Psycho-Biology of Language, 1935).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from pipeline.model import Sketch, TermCounts
from pipeline.stories.fingerprint import MOST_MENTIONS
from pipeline.stories.words import is_unspaced

# As many imagined articles as this hold the terms as often as `_expected_share` says; real ones soon outvote them.
_IMAGINED_ARTICLES = 20.0
_SHARE_BY_LENGTH = (0.5, 0.5, 0.3, 0.15, 0.05, 0.02)  # of articles that hold a term of 1, 2, … 6 letters
_SHARE_OF_LONG = 0.005
_SHARE_OF_PAIR = 0.01  # two characters of an unspaced script say as much as a word
# A candidate's terms that the article lacks are not counted for it; they are taken to be rarer than its own.
_UNSHARED_FACTOR = 1.1
# 1 + ln(count): the tenth mention says less than the first (Salton and Buckley, 1988).
_DAMPED = (0.0, *(1 + log(count) for count in range(1, MOST_MENTIONS + 1)))
_SQUARED = tuple(value * value for value in _DAMPED)
damped = _DAMPED.__getitem__  #: of a count, at most MOST_MENTIONS
squared = _SQUARED.__getitem__


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The weights of one article's terms, made ready to be compared with many others."""

    rarity: Mapping[str, float]  #: log of the inverse share of articles, at least 0
    length: float  #: square of the length of the article's vector of terms
    unshared: float  #: mean square of the rarity of a term that the article does not hold
    pull: Mapping[str, float]  #: what one damped mention elsewhere adds to the product of two vectors
    excess: Mapping[str, float]  #: square of the rarity beyond `unshared`


def weigh(sketch: Sketch, counts: TermCounts) -> TermWeights:
    """Weigh the terms of a sketch."""
    rarity = {term: _rarity(term, counts) for term in sketch.terms}
    pull = {term: damped(count) * rarity[term] ** 2 for term, count in sketch.terms.items()}
    length = sum(damped(count) * pull[term] for term, count in sketch.terms.items())
    unshared = _UNSHARED_FACTOR * length / (damped_length(sketch.terms) or 1.0)
    return TermWeights(rarity, length, unshared, pull, {term: rarity[term] ** 2 - unshared for term in rarity})


def damped_length(terms: Mapping[str, int]) -> float:
    """Give the square of the length that terms would have if all were equally rare."""
    return sum(map(squared, terms.values()))


def shared_weight(weights: TermWeights, terms: Iterable[str]) -> float:
    """Add up the rarity of terms; unknown ones count nothing."""
    return sum(weights.rarity.get(term, 0.0) for term in terms)


def _rarity(term: str, counts: TermCounts) -> float:
    total = counts.article_count + _IMAGINED_ARTICLES
    held = counts.by_term.get(term, 0) + _IMAGINED_ARTICLES * _expected_share(term)
    return max(0.0, log(total / held))


def _expected_share(term: str) -> float:
    if is_unspaced(term):
        return _SHARE_OF_PAIR
    return _SHARE_BY_LENGTH[len(term) - 1] if len(term) <= len(_SHARE_BY_LENGTH) else _SHARE_OF_LONG
