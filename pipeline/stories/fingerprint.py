"""Sketch an article: what grouping needs to know of its text, and no more.

In: title, text and language. Out: `Sketch`. Hides rensa (MinHash) and blake2b. The sketch is stored and compared
with those of other days: a change of anything here makes old and new articles strangers. Trap: copies carry new
titles, so the title counts for the terms only, unless there is nothing else.
"""

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from rensa import RMinHash

from pipeline.model import Sketch
from pipeline.stories.words import fold, is_unspaced, singular, split_words

_SHINGLE_WORDS = 3
_VALUES = 128
# With 4 values a band, 32 bands hold two texts that share half of their shingles with probability 0.87, a tenth
# with 0.003: 1 - (1 - J^4)^32 (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4).
_BAND_VALUES = 4
_SEED = 20_250_427  # part of the stored form
_FEWEST_WORDS = 16  # below, a few shared shingles are chance
_MOST_TERMS = 200
MOST_MENTIONS = 255  #: a term is counted no further
_LONGEST_TERM = 40  # characters; what is longer is an address or a chain of letters


def sketch(title: str, text: str, language: str) -> Sketch:
    """Sketch an article; in English, plurals count as the same term as their singular."""
    title_words, text_words = split_words(fold(title)), split_words(fold(text))
    body = text_words or title_words
    minhash = _minhash(body) if len(body) >= _FEWEST_WORDS else ()
    return Sketch(
        text_hash=blake2b(" ".join(body).encode(), digest_size=16).digest(),
        minhash=minhash,
        bands=tuple(_bands(minhash)),
        terms=_strongest(_terms(title_words, language), _terms(text_words, language)),
        word_count=len(body),
    )


def _minhash(words: Sequence[str]) -> tuple[int, ...]:
    hashed = RMinHash(_VALUES, _SEED)
    hashed.update(map(" ".join, zip(words, words[1:], words[2:], strict=False)))
    return tuple(hashed.digest())


def _bands(minhash: Sequence[int]) -> Iterator[int]:
    """Hash each band of values, with its place, to a signed 64-bit key."""
    packed = struct.pack(f">{len(minhash)}I", *minhash)
    size = _BAND_VALUES * 4
    for start in range(0, len(packed), size):
        key = blake2b(packed[start : start + size], digest_size=8, salt=start.to_bytes(2, "big")).digest()
        yield int.from_bytes(key, "big", signed=True)


def _terms(words: Sequence[str], language: str) -> list[str]:
    """Leave out single letters of alphabets, which are initials and what is left of contractions."""
    terms = [
        word for word in words if len(word) <= _LONGEST_TERM and (len(word) > 1 or word.isdigit() or is_unspaced(word))
    ]
    return [singular(term) for term in terms] if language == "en" else terms


def _strongest(title_terms: Sequence[str], text_terms: Sequence[str]) -> dict[str, int]:
    """Count terms, and keep those of the title, then the most frequent, then those that come first."""
    counts = Counter(title_terms)
    counts.update(text_terms)
    in_title = set(title_terms)
    # Sorting is stable and a Counter keeps the order of first sight.
    ranked = sorted(counts, key=lambda term: (term not in in_title, -counts[term]))
    return {term: min(counts[term], MOST_MENTIONS) for term in ranked[:_MOST_TERMS]}
