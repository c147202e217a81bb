"""Reduce a word to its stem, by the rules of its language.

In: a folded word, and a language. Out: the stem; the word itself for a language without rules. Hides PyStemmer
(Snowball). Trap: a stemmer of that library is not for two threads at once, so each thread has its own. Words come
without accents, which a few rules of a few languages would see; on both sides alike, so forms still meet.
"""

import threading
from functools import lru_cache

import Stemmer

from pipeline.alerts.query.fold import fold

#: ISO 639-1 codes of the languages that Snowball has rules for.
STEMMED = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "et": "estonian", "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

_mine = threading.local()


def _stemmer(name: str) -> Stemmer.Stemmer:
    made: dict[str, Stemmer.Stemmer] = _mine.__dict__
    if name not in made:
        made[name] = Stemmer.Stemmer(name)
    return made[name]


@lru_cache(maxsize=200_000)
def stem(word: str, language: str) -> str:
    """Give the stem of a word, folded: some rules add an accent."""
    name = STEMMED.get(language)
    return fold(_stemmer(name).stemWord(word)) if name else word


@lru_cache(maxsize=10_000)
def all_stems(word: str, language: str) -> frozenset[str]:
    """Give the stems that a word may have; an empty language stands for any."""
    languages = (language,) if language else (*STEMMED, "")
    return frozenset(stem(word, one) for one in languages)
