"""Weigh what other pages of the same host have said in the same words: menus, offers and teasers do, articles do not.

In: blocks of text, and how many other pages of the host had each. Out: marks that stand for texts, and what a repeat
takes from a block's likelihood. Hides nothing; pure. Figures do not count, or a counter would never repeat. Trap:
follow-ups repeat paragraphs of background, so what surely reads as article must have stood on several pages to go.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from math import exp, log

_SHORTEST = 8  # letters; what is shorter says nothing
_MOST_MARKS = 200  # of one page
_FIRST_PAGE = 1.5  # log-odds that one other page takes; further ones add less, since follow-ups repeat background
_CHANGING = re.compile(r"[\W\d_]+")
_NEARLY = 1e-6


def mark_of(text: str) -> int:
    """Give the number that stands for a text, whatever its figures; 0 for a text too short to say anything."""
    letters = _CHANGING.sub("", text.casefold())
    if len(letters) < _SHORTEST:
        return 0
    return int.from_bytes(blake2b(letters.encode("utf-8", "replace"), digest_size=4).digest(), "big")


def marks_of(texts: Iterable[str]) -> tuple[int, ...]:
    """Give the marks of a page's texts, each once, in their order, and not too many."""
    found = dict.fromkeys(mark_of(text) for text in texts)
    found.pop(0, None)
    return tuple(found)[:_MOST_MARKS]


def weigh(likely: float, text: str, repeated: Mapping[int, int]) -> float:
    """Give how likely a block is the article's, knowing on how many other pages it stood."""
    count = repeated.get(mark_of(text), 0) if repeated else 0
    if not count:
        return likely
    sure = min(max(likely, _NEARLY), 1 - _NEARLY)
    return 1 / (1 + exp(_FIRST_PAGE * (1 + log(count)) - log(sure / (1 - sure))))
