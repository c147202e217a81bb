"""Reduce a name to how it sounds, so that its spellings in Latin, Cyrillic and Greek letters become one.

In: one word. Out: a short ASCII text that is equal for spellings of one name. Hides anyascii. Pure. Trap: it is made
for names that were carried from one script or language into another (Zelensky, Selenskyj, Зеленський); it keeps
vowels apart, so that Orban is not Urban, and so does not join spellings that differ in them (Mohammed, Muhammad).
"""

import re
from functools import lru_cache

from anyascii import anyascii

from pipeline.alerts.query.fold import fold

_NOT_LETTERS = re.compile(r"[^a-z0-9]+")

#: Read in this order; capitals stand for sounds that several letters spell. Sources: the romanisations of BGN/PCGN,
#: ISO 9 and the German, French and Polish press for Cyrillic, ELOT 743 for Greek.
_RULES: tuple[tuple[str, str], ...] = (
    (r"s[ck]?htsch|schtsch|shch|shtch|chtch|szcz|stsj", "S"),  # щ
    (r"dzh|dsch|dsh|dj", "S"),
    (r"tsch|tch|tsj|tj(?=[aou])", "S"),  # ч
    (r"sch|sh|sz(?=[aeiouy])|zh|sj(?=[aou])", "S"),
    (r"ch(?=[bdfgklmnprtvw])", "h"),  # German for х before a consonant: Chruschtschow
    (r"kh", "h"),
    (r"ch|cz", "S"),
    (r"ph|f|w", "v"),
    (r"(?<=[oe])vv?$", "v"),
    (r"th", "t"),
    (r"([dg])h", r"\1"),
    (r"ck|q|c(?![eiy])", "k"),
    (r"x", "ks"),
    (r"tz|ts|z|c(?=[eiy])", "s"),
    (r"ou|oo|ue", "u"),
    (r"oe", "o"),
    (r"ae", "a"),
    (r"[yj]", "i"),
    (r"ie", "e"),  # Yeltsin, Jelzin, Eltsin
    (r"(.)\1+", r"\1"),
    (r"(?<=S)ov$", "ev"),  # ё after a sibilant: Gorbachev, Gorbatschow
)
_COMPILED = tuple((re.compile(pattern), to) for pattern, to in _RULES)


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """Give how a name sounds, roughly; empty for a word without Latin, Cyrillic or Greek letters."""
    letters = _NOT_LETTERS.sub("", anyascii(fold(word)).lower())
    for pattern, to in _COMPILED:
        letters = pattern.sub(to, letters)
    return letters
