"""The folded words of a text, fast, without where they stand.

In: text. Out: the terms that `fold.tokenise` gives, in the same order (a test compares the two). Pure. Trap: it is
fast where nearly all letters are ASCII or fold to it; any other letter sends the whole text the slow way.
"""

import re

from pipeline.alerts.query.fold import APOSTROPHES, IGNORABLE, fold, is_mark, is_unspaced, is_word, tokenise

#: The usual characters of typesetting, replaced before all others because that takes no time.
_TYPESET = (
    ("’", "'"), ("‘", "'"), ("“", " "), ("”", " "), ("—", " "), ("–", " "), ("\u00a0", " "), ("…", " "), ("é", "e"),
)  # fmt: skip
_BEYOND = re.compile(r"[^\x00-\x7f]")
_NEAR_APOSTROPHE = re.compile(f"[{APOSTROPHES}][sS]?[^\\x00-\\x7f]")
_AFTER = frozenset(("", " "))  #: the possessive: an apostrophe, or anything that is no letter or digit
_ASCII = {code: chr(code).lower() if chr(code).isalnum() else "'" if chr(code) in "'`" else " " for code in range(128)}
_ELSEWHERE = "\x00"  #: stands in for a letter that does not fold to ASCII


class _Replacements(dict[str, str]):
    """What stands in for each character beyond ASCII, worked out the first time it is met."""

    def __missing__(self, character: str) -> str:
        self[character] = made = _replacement(character)
        return made


def _replacement(character: str) -> str:
    if character in APOSTROPHES:
        return "'"
    if is_mark(character):
        return _ELSEWHERE if fold("a" + character)[1:] else ""
    if character in IGNORABLE or is_unspaced(character):
        return _ELSEWHERE
    if not is_word(character):
        return " "
    folded = fold(character)
    return folded if folded.isascii() and folded.isalnum() else _ELSEWHERE


_REPLACEMENTS = _Replacements()


def _replace(found: re.Match[str]) -> str:
    return _REPLACEMENTS[found[0]]


def fast_terms(text: str) -> list[str]:
    """Give the terms of a text in order."""
    plain = text
    if not plain.isascii():
        for typeset, ours in _TYPESET:
            plain = plain.replace(typeset, ours)
        if not plain.isascii():
            if _NEAR_APOSTROPHE.search(plain):  # a'ś is no possessive, and a's with an accent to come neither
                return [token.term for token in tokenise(text)]
            plain = _BEYOND.sub(_replace, plain.replace(_ELSEWHERE, " "))
            if _ELSEWHERE in plain:
                return [token.term for token in tokenise(text)]
    return _split(f" {plain} ".translate(_ASCII))


def _split(plain: str) -> list[str]:
    """Cut lower-case words, digits, apostrophes and spaces; the possessive 's after a word belongs to none."""
    first, *others = plain.split("'")
    kept = [first]
    for piece in others:
        is_possessive = piece.startswith("s") and piece[1:2] in _AFTER and kept[-1][-1:].isalnum()
        kept.append(piece[1:] if is_possessive else piece)
    return " ".join(kept).split()
