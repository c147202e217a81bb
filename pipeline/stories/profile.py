"""What a text or a story speaks of, as weights of terms: what is rare among articles tells it from others.

In: a sketch, its title and language, and how many articles hold each of its terms. Out: `Profile`s, and how like two
are. Pure. Common words fall by being counted. Trap: in the beginning nothing is counted; then the language's list of
common words stands in, and where there is none, or beside it, a term's length, for common words are short in every
language (Zipf: The Psycho-Biology of Language, 1935).
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log, sqrt
from operator import itemgetter, mul

from pipeline.languages import common_words
from pipeline.model import Profile, Sketch, TermCounts
from pipeline.stories.fingerprint import MOST_MENTIONS
from pipeline.stories.words import fold, is_unspaced, singular, split_words

#: Terms kept of an article and of a story. 80 to 150 group alike; without a bound what is left over from every
#: report gathers in long stories and draws its like (copies 0.952 with 120, 0.927 with 200).
MOST_TERMS = 120
KEY_COUNT = 16  #: strongest terms of an article, by which it is found again; 24 group no better
_TITLE_FACTOR = 2.0  # a term of the title says what the article is about: basil 0.967 without, 0.987 with
# As many imagined articles as this hold the terms as often as `_imagined` says; real ones soon outvote them.
_IMAGINED_ARTICLES = 20.0
_SHARE_BY_LENGTH = (0.5, 0.5, 0.3, 0.15, 0.05, 0.02)  # of articles that hold a term of 1, 2, … 6 letters
_SHARE_OF_LONG = 0.005
_SHARE_OF_COMMON = 0.9  # below 0.8, what two chatty texts share outweighs what they speak of
_UNLISTED = 0.5  # of the share by length, for a word that is not among the language's common ones
_SHARE_OF_PAIR = 0.01  # two characters of an unspaced script say as much as a word
# 1 + ln(count): the tenth mention says less than the first (Salton and Buckley, 1988).
_DAMPED = (0.0, *(1 + log(count) for count in range(1, MOST_MENTIONS + 1)))
_DIGITS = 4  # of a stored weight
_BY_WEIGHT = itemgetter(1, 0)  # of a term and its weight; equal weights go by the term, so that order is nowhere chance


def profile_of(sketch: Sketch, title: str, language: str, counts: TermCounts) -> Profile:
    """Weigh the terms of an article; as a vector, its length is 1. `counts` must cover the sketch's terms."""
    in_title, damped, held = title_terms(title), _DAMPED, counts.by_term
    total = counts.article_count + _IMAGINED_ARTICLES
    # One loop, because this runs over two hundred terms of every article.
    raw = {
        term: damped[count]
        * log(total / (held.get(term, 0) + _imagined(term, language)))
        * (1.0, _TITLE_FACTOR)[term in in_title]
        for term, count in sketch.terms.items()
    }
    kept = _strongest({term: weight for term, weight in raw.items() if weight > 0})
    length = _length(kept)
    return Profile({term: weight / length for term, weight in kept.items()}) if length else Profile()


def title_terms(title: str) -> frozenset[str]:
    """Give the terms of a title as a sketch of any language may spell them."""
    return frozenset(term for word in split_words(fold(title)) for term in (word, singular(word)))


def keys_of(profile: Profile) -> tuple[str, ...]:
    """Give the strongest terms, by which articles of one story find each other; the strongest first."""
    ranked = sorted(profile.weights.items(), key=_BY_WEIGHT, reverse=True)
    return tuple(term for term, _ in ranked[:KEY_COUNT])


def joined(one: Profile, other: Profile) -> Profile:
    """Add up two profiles, and keep the strongest terms."""
    total = dict(one.weights)
    for term, weight in other.weights.items():
        total[term] = total.get(term, 0.0) + weight
    return Profile({term: round(weight, _DIGITS) for term, weight in _strongest(total).items()})


def likeness(one: Profile, other: Profile) -> float:
    """Give the cosine of two profiles: 1 if they speak of the same, 0 if they share no term."""
    return likenesses(one, [other])[0]


def likenesses(one: Profile, others: Iterable[Profile]) -> list[float]:
    """Give the likeness of one profile and each of others."""
    mine, length = one.weights, _length(one.weights)
    return [_dot(mine, other.weights) / (length * _length(other.weights) or 1.0) for other in others]


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Multiply two vectors; maps instead of a loop because this runs for every candidate: 0.005 ms for 120 terms."""
    shared = [*(one.keys() & other.keys())]
    product: float = sum(map(mul, map(one.__getitem__, shared), map(other.__getitem__, shared)))
    return product


def covered(profile: Profile, terms: Mapping[str, int]) -> float:
    """Give the share of a profile (0 to 1) that lies in these terms."""
    held = sum(profile.weights[term] ** 2 for term in profile.weights.keys() & terms.keys())
    return held / (_length(profile.weights) ** 2 or 1.0)


def shared_keys(one: Profile, other: Profile, most: int) -> list[str]:
    """Name the terms that two profiles share, those that weigh most first."""
    mine, theirs = one.weights, other.weights
    ranked = sorted((-mine[term] * theirs[term], term) for term in mine.keys() & theirs.keys())
    return [term for _, term in ranked[:most]]


def _strongest(weights: Mapping[str, float]) -> dict[str, float]:
    if len(weights) <= MOST_TERMS:
        return dict(weights)
    return dict(sorted(weights.items(), key=_BY_WEIGHT, reverse=True)[:MOST_TERMS])


def _length(weights: Mapping[str, float]) -> float:
    return sqrt(sum(map(mul, weights.values(), weights.values())))


@lru_cache(maxsize=50_000)
def _imagined(term: str, language: str) -> float:
    """Give how many of the imagined articles hold a term."""
    if is_unspaced(term):
        return _IMAGINED_ARTICLES * _SHARE_OF_PAIR
    common = _common_terms(language)
    if term in common:
        return _IMAGINED_ARTICLES * _SHARE_OF_COMMON
    share = _SHARE_BY_LENGTH[len(term) - 1] if len(term) <= len(_SHARE_BY_LENGTH) else _SHARE_OF_LONG
    return _IMAGINED_ARTICLES * (max(_SHARE_OF_LONG, _UNLISTED * share) if common else share)


@lru_cache(maxsize=8)
def _common_terms(language: str) -> frozenset[str]:
    """Give a language's common words as a sketch spells them."""
    terms = {term for word in common_words(language) for term in split_words(fold(word))}
    return frozenset({singular(term) for term in terms} if language == "en" else terms)
