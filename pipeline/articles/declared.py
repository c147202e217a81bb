"""Believe the text that a page declares as its article (JSON-LD `articleBody`), as far as the page itself bears it out.

In: the declared text, the page's blocks, which of them were chosen. Out: the chosen blocks; or the declared text, where
the page shows far less because a script would have to build it. Hides nothing; pure. Trap: some declare only the
beginning, some the whole page with its teasers, some the article of another day, and many press all paragraphs into
one line; so it adds and takes away only where it and what was chosen are nearly the same text, and it stands for a
stub only if it tells what the title says.
"""

import re
from collections.abc import Sequence
from html import unescape

from pipeline.articles.blocks import Block

_LEAST = 500  # squeezed characters of a declared text that is worth a look
_SHARED = 0.85  # of either side that the other must have
_SHORT = 40  # squeezed characters below which a block's text stands in another by chance
_FAR_SHORTER = 1 / 3  # of the declared text: so little is a beginning or a stub
_TOLD_SHARE = 0.5  # of the title's longer words that the article's own text has
_TITLE_WORD = re.compile(r"[^\W\d_]{4,}|[\u3040-\u30ff\u3400-\u9fff]{2}")
_TAG = re.compile(r"<[^<>]{1,200}>")
_MARKUP = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE)


def agree(declared: str, blocks: Sequence[Block], chosen: Sequence[int]) -> list[int]:
    """Give the chosen blocks, with what the declared text has besides and without what it has not.

    What is not in it goes only at the foot, where teasers stand: a declared text may leave out headings and quotes.
    """
    said = "".join(_MARKUP.sub("", _TAG.sub(" ", declared)).split())
    if len(said) < _LEAST or not chosen:
        return list(chosen)
    held = [index for index, block in enumerate(blocks) if len(block.squeezed) >= _SHORT and block.squeezed in said]
    if not _are_nearly_one(said, blocks, chosen, held):
        return list(chosen)
    last = held[-1]
    return sorted({index for index in chosen if index <= last} | set(held))


def _are_nearly_one(said: str, blocks: Sequence[Block], chosen: Sequence[int], held: Sequence[int]) -> bool:
    """Tell whether what is chosen and what is declared have most of each other."""
    both = sum(len(blocks[index].squeezed) for index in set(chosen) & set(held))
    return both >= _SHARED * len(said) and both >= _SHARED * _SHARED * sum(len(blocks[i].squeezed) for i in chosen)


def stands_in(declared: str, text: str, title: str) -> str:
    """Give the declared text in place of one that has less than a third of it; empty if the page's own text stays."""
    if len(declared) < _LEAST or len(text) >= _FAR_SHORTER * len(declared):
        return ""
    said = unescape(_TAG.sub("\n", declared))
    words = set(_TITLE_WORD.findall(title.casefold()))
    folded = said.casefold()
    told = sum(word in folded for word in words)
    is_ours = bool(words) and told >= _TOLD_SHARE * len(words) and len(text) < _FAR_SHORTER * len(said.strip())
    return said if is_ours else ""
