"""Believe the text that a page declares as its article (JSON-LD `articleBody`), as far as the page itself shows it.

In: the declared text, the page's blocks, which of them were chosen. Out: the chosen blocks. Hides nothing; pure. Trap:
some declare only the beginning, some the whole page with its teasers, some the article of another day, and many press
all paragraphs into one line; so it adds and takes away only where it and what was chosen are nearly the same text.
"""

import re
from collections.abc import Sequence

from pipeline.articles.blocks import Block

_LEAST = 500  # squeezed characters of a declared text that is worth a look
_SHARED = 0.85  # of either side that the other must have
_SHORT = 40  # squeezed characters below which a block's text stands in another by chance
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
