"""Clean text of what no database and no reader wants.

In: any string. Out: the same in NFC, without NUL, control characters, lone surrogates and invisible marks, with
plain spaces and line ends. Hides unicodedata. Trap: zero-width joiners stay, several scripts are misspelt without.
"""

import re
import unicodedata

_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u2060\ud800-\udfff\ufeff\ufffe\uffff]"
)
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" ?\n\s*")


def clean_text(text: str) -> str:
    """Clean text of several lines: blank lines and the spaces around line ends go too."""
    lines = _LINE_END.sub("\n", _UNWANTED.sub("", text))
    return unicodedata.normalize("NFC", _BLANK_LINES.sub("\n", _SPACES.sub(" ", lines))).strip()


def clean_line(text: str) -> str:
    """Clean text that belongs on one line, such as a title or a name."""
    return clean_text(text).replace("\n", " ")
