"""Tell a page that answers in the place of an article: a consent wall, a login, an error told politely.

In: what the feed said and what the page gave. Out: whether the page is another one. Hides nothing; pure, and without
a word of any language in it. Trap: a report in brief shares few words with its headline; only short texts are judged.
"""

import re

from pipeline.model import Entry, Extract

_LONGEST = 1500  # characters of a wall's text; what is longer has words of its own to be judged by
_FEWEST_WORDS = 4  # of headline and summary, below which nothing can be said
_STEM = 5  # letters that inflected forms of a word share, and the length from which a word counts
_LEAST_SHARE = 0.25  # of those words that a page repeats; of 145 real pages two have less than 0.4, one of them short
_WORD = re.compile(r"[^\W\d_]{5,}")


def is_other_page(entry: Entry, extract: Extract) -> bool:
    """Tell whether the page has next to nothing of the entry's headline and summary."""
    if len(extract.text) > _LONGEST:
        return False
    expected = stems(f"{entry.title} {entry.summary}")
    if len(expected) < _FEWEST_WORDS:
        return False
    found = stems(f"{extract.title} {extract.text}")
    return len(expected & found) < _LEAST_SHARE * len(expected)


def stems(text: str) -> set[str]:
    """Give the beginnings of the longer words."""
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}
