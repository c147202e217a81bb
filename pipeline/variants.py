"""Find how a name is really written in the archive.

In: a name as somebody writes it. Out: `Variant`s with the number of articles that hold each. Trap: spellings are
folded, as the archive keeps them: without capitals and accents.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.alerts.query.fold import terms_of
from pipeline.alerts.query.names import sound
from pipeline.alerts.query.words import is_similar
from pipeline.errors import Unusable
from pipeline.expanding import sounding
from pipeline.store import search

VARIANT_LIMIT = 50
_LEAST_FOR_SPELLING = 5  #: letters; shorter words have too many neighbours
_BY_SOUND, _BY_SPELLING = "sounds the same: found by name:", "spelled nearly so: write it with OR"


@dataclass(frozen=True, slots=True)
class Variant:
    """One spelling, and in how many articles it stands."""

    spelling: str
    article_count: int
    why: str


def variants(tx: Connection, word: str) -> list[Variant]:
    """Give the spellings of one word that the archive holds, the most frequent first; raises Unusable for several."""
    terms = terms_of(word)
    if len(terms) != 1:
        raise Unusable("variants are listed for one word at a time; give the family name")
    heard = sound(terms[0])
    found = {terms[0]: "as written"}
    for term in sounding(tx, heard, len(terms[0])):
        if why := _why(term, terms[0], heard):
            found.setdefault(term, why)
    counts = search.counts(tx, sorted(found, key=lambda term: (found[term] == _BY_SPELLING, term))[:VARIANT_LIMIT])
    listed = [Variant(term, count, found[term]) for term, count in counts.items()]
    return sorted(listed, key=lambda variant: (-variant.article_count, variant.spelling))


def _why(term: str, word: str, heard: str) -> str:
    if sound(term) == heard:
        return _BY_SOUND
    near = len(word) >= _LEAST_FOR_SPELLING and is_similar(term, word, 1)
    return _BY_SPELLING if near else ""
