"""Fold text and cut it into words, whatever its script.

In: text. Out: words in order, case and accents folded. Hides unicodedata. Scripts written without spaces (Chinese,
Japanese, Thai, Lao, Khmer, Burmese, Tibetan) give pairs of neighbouring characters instead of words, a common
stand-in for segmentation without a dictionary. Trap: vowel signs of Indic scripts belong to their word and must
not be folded away like accents.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

# Marks that only decorate: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels and the letter stretcher.
_DECORATION = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]+"
)
# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
_SHORTEST_PLURAL = 4  # letters: "bus" and "gas" are none
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Tibetan, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Kana and Han
)
_RUN = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_ONE_UNSPACED = re.compile(f"[{_UNSPACED}]")
# Combining marks (category M) and joiners inside a word belong to it, and `\w` knows neither.
_MARKS = "".join(chr(code) for code in range(0x0300, 0xFE30) if unicodedata.category(chr(code))[0] == "M")
_ONE_MARK = re.compile(f"[{_MARKS}\u200c\u200d]")
_PLAIN_WORD = re.compile(r"[^\W_]+")
_MARKED_WORD = re.compile(f"[^\\W_]+(?:[{_MARKS}\u200c\u200d]+[^\\W_]*)*")


def fold(text: str) -> str:
    """Fold case, accents and compatibility forms; `Zelenský` and `ZELENSKY` become one."""
    if text.isascii():
        return text.lower()
    apart = _DECORATION.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", apart).translate(_LETTERS)


def split_words(text: str) -> list[str]:
    """Cut folded text into words; each run of an unspaced script into pairs of characters."""
    if text.isascii():
        return _PLAIN_WORD.findall(text)
    words = (_MARKED_WORD if _ONE_MARK.search(text) else _PLAIN_WORD).findall(text)
    if not _ONE_UNSPACED.search(text):
        return words
    return [part for word in words for part in _parts(word)]


def is_unspaced(word: str) -> bool:
    """Tell whether this word is of an unspaced script: a pair of characters, or one that stood alone."""
    return not word.isascii() and _ONE_UNSPACED.match(word) is not None


def singular(word: str) -> str:
    """Take the s off an English plural; other words that end in s lose it as well, the same in every article."""
    return word[:-1] if len(word) >= _SHORTEST_PLURAL and word[-1] == "s" and word[-2] not in "su" else word


def _parts(word: str) -> Iterator[str]:
    for run in _RUN.findall(word):
        if len(run) > 1 and is_unspaced(run):
            yield from (first + second for first, second in pairwise(run))
        else:
            yield run
