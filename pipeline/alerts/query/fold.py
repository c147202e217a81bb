"""Cut text into words and fold them, the same way for queries and for articles.

In: text as it stands. Out: `Token`s: the folded term and the character offsets it was read from. Hides
`unicodedata`. Trap: a term is only for comparing (`Straße` becomes `strasse`); what people see is the
text between the offsets.

The rules, each for both sides:
- case and diacritics do not count (`Orbán` = `ORBAN`); letters that Unicode does not decompose (`ł`, `ø`)
  are mapped by the table below; digits of all scripts are equal to 0-9.
- `й` stays apart from `и`, and Japanese voicing marks and vowel signs of Indic and Thai stay: they are
  letters of their own there, not accents.
- a hyphen, apostrophe, dot or slash ends a word (`North-Korean` is two words, `l'Ukraine` too), except that
  the English possessive `'s` belongs to no word (`Putin's` is `putin`).
- in scripts without spaces, and in Hangul, whose particles stick to the word, each character with its marks
  is one term, so that a query finds its characters side by side wherever they stand.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

APOSTROPHES = "'’‘ʼʹʻʽʾʿˈ＇ꞌ`´"

#: Soft hyphen, joiners, direction marks, tatweel: invisible inside a word, and no part of it.
IGNORABLE = "\u00ad\u034f\u061c\u0640\u200c\u200d\u200e\u200f\u2060\ufeff"

#: Letters that NFKD leaves alone; the targets are those of Lucene's ASCIIFoldingFilter, which news search
#: has taught people (`ə` as in Əliyev/Aliyev is `a` there).
_LETTERS = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t",
    "ŋ": "n", "ĸ": "q", "ə": "a", "ǝ": "e", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ɖ": "d", "ƙ": "k", "ƴ": "y", "ǥ": "g",
    "ɣ": "g", "ɨ": "i", "ɛ": "e", "ɔ": "o", "ɲ": "n", "ʉ": "u", "ƶ": "z", "ƀ": "b", "ȼ": "c", "ɇ": "e", "ɉ": "j",
    "ɍ": "r", "ɏ": "y", "ⱥ": "a", "ⱦ": "t", "ȷ": "j", "ʋ": "v", "ƈ": "c", "ɠ": "g", "ƭ": "t", "ƥ": "p",
}  # fmt: skip

#: Combining marks that are accents or optional vowel points; all others carry meaning and stay.
_ACCENT_RANGES = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670),
    (0x06D6, 0x06ED), (0x08D3, 0x08FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
)  # fmt: skip

#: Scripts written without spaces, and Hangul: Thai, Lao, Myanmar, Khmer, Han, kana, bopomofo.
_UNSPACED_RANGES = (
    (0x0E01, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17DD), (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029),
    (0x3031, 0x3035), (0x3038, 0x303C), (0x3041, 0x318F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xA960, 0xA97C), (0xAC00, 0xD7FB), (0xF900, 0xFAFF), (0xFF66, 0xFFDC), (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFF),
)  # fmt: skip

#: Most words, and ten times faster than the general pattern: ASCII, followed by ASCII that cannot continue them.
_PLAIN = r"([A-Za-z0-9]+)(?=[\x00-&(-/:-@\[-_{-~]|\Z)"
_MARKS = frozenset({"Mn", "Mc", "Me"})
_JAMO = "[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?"  #: a Hangul syllable as decomposed by macOS


class Token(NamedTuple):
    """One word: its folded term and where it stands, as character offsets."""

    term: str
    start: int
    end: int


def _codes(ranges: tuple[tuple[int, int], ...]) -> frozenset[int]:
    return frozenset(code for low, high in ranges for code in range(low, high + 1))


def _class_of(codes: list[int]) -> str:
    """Write code points as the inside of a regex class, runs joined."""
    parts: list[str] = []
    start = previous = codes[0]
    for code in [*codes[1:], 0x110000]:
        if code != previous + 1:
            parts.append(f"\\U{start:08x}-\\U{previous:08x}")
            start = code
        previous = code
    return "".join(parts)


def _pattern() -> re.Pattern[str]:
    """Build the tokeniser's pattern; `re` knows neither marks nor scripts, so the classes are spelled out."""
    spaced: list[int] = []
    unspaced: list[int] = []
    marks: list[int] = []
    apart = {ord(c) for c in APOSTROPHES + IGNORABLE} | set(range(0x1100, 0x1200))
    without_spaces = _codes(_UNSPACED_RANGES[:-1])
    for code in range(0x20000):
        character = chr(code)
        if unicodedata.category(character) in _MARKS:
            marks.append(code)
        elif character.isalnum() and code not in apart:
            (unspaced if code in without_spaces else spaced).append(code)
    letter, mark, ignorable = _class_of(spaced), _class_of(marks), re.escape(IGNORABLE)
    word = f"[{letter}]+(?:[{mark}]+[{letter}]*|[{ignorable}]+(?=[{letter}{mark}])[{letter}]*)*"
    single = f"(?:[{_class_of(unspaced)}\\U00020000-\\U0003ffff]|{_JAMO})[{mark}\uff9e\uff9f]*"
    possessive = f"[{APOSTROPHES}][sS](?![{letter}{mark}])"
    return re.compile(f"(?=\\w)(?:{_PLAIN}|({word})(?:{possessive})?|{single})")


_TOKEN = _pattern()


class _Folding(dict[int, str]):
    """What each character becomes, worked out the first time it is met; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    if folded == "и\u0306":
        return "й"
    kept = (c for c in folded if c not in IGNORABLE and ord(c) not in _ACCENTS)
    return unicodedata.normalize("NFC", "".join(_LETTERS.get(c) or _digit(c) for c in kept))


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


_ACCENTS = _codes(_ACCENT_RANGES)
#: Letters that fold to nothing: Arabic forms of vowel points.
_MAY_VANISH = frozenset("\u06e5\u06e6\ufcf2\ufcf3\ufcf4\ufe71\ufe77\ufe79\ufe7b\ufe7d\ufe7f")
_FOLDING = _Folding()


@lru_cache(maxsize=200_000)
def _fold_beyond_ascii(word: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).translate(_FOLDING))


def fold(word: str) -> str:
    """Give the form under which words are compared; folding twice changes nothing more."""
    return word.lower() if word.isascii() else _fold_beyond_ascii(word)


def tokenise(text: str) -> Iterator[Token]:
    """Yield the words of a text in order; what is no word (punctuation, symbols) only stands between them."""
    for found in _TOKEN.finditer(text):
        start, end = found.span(found.lastindex or 0)
        word = text[start:end]
        if term := word.lower() if word.isascii() else _fold_beyond_ascii(word):
            yield Token(term, start, end)


def word_characters(text: str) -> list[tuple[int, int]]:
    """Give from where to where each word of `tokenise` stands, without folding any but the odd one."""
    found = [word.span(word.lastindex or 0) for word in _TOKEN.finditer(text)]
    if text.isascii():
        return found
    return [(start, end) for start, end in found if text[start] not in _MAY_VANISH or fold(text[start:end])]


def terms_of(text: str) -> tuple[str, ...]:
    """Give only the folded words of a text."""
    return tuple(token.term for token in tokenise(text))


def is_unspaced(term: str) -> bool:
    """Tell whether a term is a character of a script without spaces, or of Hangul."""
    return not term.isascii() and any(low <= ord(term[0]) <= high for low, high in _UNSPACED_RANGES)


def is_mark(character: str) -> bool:
    """Tell whether a character only goes with the letter before it."""
    return unicodedata.category(character) in _MARKS


def is_word(character: str) -> bool:
    """Tell whether a character alone is a word."""
    return _TOKEN.fullmatch(character) is not None
