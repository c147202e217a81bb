"""What the scripted newsroom publishes: pieces of made-up words, each a story of its own, some copied elsewhere.

In: a number. Out: the `Piece` of that number, always the same. Pure. Trap: the words a subscription asks for stand in
the title, the summary and the text, so that a piece is due its alert whether or not its page could be had.
"""

import random
from dataclasses import dataclass
from functools import lru_cache

OUTLET_COUNT = 6
COPY_EVERY = 8  #: every eighth piece is a copy
COPY_BACK = 3  #: of the one so many before
ASKED = {"lantern": 3, "harbour": 5}  #: a word, and that every so manieth story holds it
SYLLABLES = [c + v + d for c in "bdfgklmnprstvz" for v in "aeiou" for d in ("n", "r", "l", "s", "m")]


@dataclass(frozen=True, slots=True)
class Piece:
    """One publication."""

    number: int
    outlet: int
    story: int  #: number of the piece that it tells of: its own, or the one it copies
    title: str
    summary: str
    text: str

    @property
    def path(self) -> str:
        """Give the path of its page at its outlet."""
        return f"/a/{self.number}"

    @property
    def asked(self) -> frozenset[str]:
        """Give the words in it that a subscription asks for."""
        return frozenset(word for word, every in ASKED.items() if self.story % every == 0)


@lru_cache(maxsize=4096)
def piece(number: int) -> Piece:
    """Make the piece of a number."""
    is_copy = number % COPY_EVERY == COPY_EVERY - 1
    story = number - COPY_BACK if is_copy else number
    title, *sentences = _sentences(story)
    if is_copy:
        title = f"{title}, reports another outlet"
    return Piece(number, number % OUTLET_COUNT, story, title, sentences[0], "\n".join(sentences))


def _sentences(story: int) -> list[str]:
    """Write a title and twelve sentences, the words asked for in the title and in the first one."""
    dice = random.Random(story)
    asked = [word for word, every in ASKED.items() if story % every == 0]
    names = [_word(dice).title() for _ in range(5)]
    title = f"The {' '.join([*asked, *names])}"
    first = f"The {' '.join(asked)} of {' and '.join(names)} was seen by the {_words(dice, 12)}."
    return [title, first, *(f"The {_words(dice, 14)} of {dice.choice(names)} and {_word(dice)}." for _ in range(11))]


def _words(dice: random.Random, count: int) -> str:
    return " ".join(_word(dice) for _ in range(count))


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=3))
