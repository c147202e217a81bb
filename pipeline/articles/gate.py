"""Decide whether a page is the article that the feed announced, or another page in its place.

In: what the feed said and what the page gave. Out: the `Reason` to do without the page, or None. Hides nothing; pure,
and without a word of any language in it. Trap: a report in brief shares few words with its headline; only short texts
are judged. And a page that reads like a wall is the article all the same if it tells what the headline says.
"""

import re

from pipeline.model import Entry, Extract, Reason

_LONGEST = 1500  # characters of a wall's text; what is longer has words of its own to be judged by
_FEWEST_WORDS = 4  # of headline and summary, below which nothing can be said
_STEM = 5  # letters that inflected forms of a word share, and the length from which a word counts
_LEAST_SHARE = 0.25  # of those words that a page repeats; of 145 real pages two have less than 0.4, one of them short
_TOLD_SHARE = 0.75  # of the headline's longer words, from which its text is no wall
_READ_ALIKE = frozenset({Reason.CONSENT_WALL, Reason.BOT_CHECK, Reason.LOGIN_WALL, Reason.SOFT_404})
_WORD = re.compile(r"[^\W\d_]{5,}")


def find_obstacle(entry: Entry, extract: Extract) -> Reason | None:
    """Give why the page is not the entry's article."""
    if extract.kind is None:
        return Reason.OTHER_PAGE if is_other_page(entry, extract) else None
    return None if extract.kind in _READ_ALIKE and _tells_the_headline(entry, extract) else extract.kind


def _tells_the_headline(entry: Entry, extract: Extract) -> bool:
    expected = stems(entry.title)
    return len(expected) >= _FEWEST_WORDS and len(expected & stems(extract.text)) >= _TOLD_SHARE * len(expected)


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
