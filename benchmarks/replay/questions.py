"""Choose what is asked, and say by a way of its own which stories should have answered.

In: gold texts; later the stored articles. Out: `Question`s, and the (subscription, story) pairs to expect. Pure.
Trap: nothing here may use the product's own words, queries or folding; a fault in them would agree with itself.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.replay.corpus import Page

RARE_COUNT = 40
COMMON_COUNT = 6
_USABLE = re.compile(r"[a-z]{6,14}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_WORD = re.compile(r"[^\W_]+")
NOBODYS_WORD = "zzyzxquorblat"


@dataclass(frozen=True, slots=True)
class Question:
    """A subscription: an article answers it if it holds all of `needs` and none of `without`."""

    name: str
    needs: tuple[str, ...]
    without: tuple[str, ...] = ()
    page_id: str = ""  #: the page it was chosen from, which should answer it

    @property
    def query(self) -> str:
        """Give it in the language of subscriptions."""
        return " ".join([*self.needs, *(f"-{word}" for word in self.without)])

    def is_met(self, words: frozenset[str]) -> bool:
        """Tell whether an article of these words answers it."""
        return words.issuperset(self.needs) and words.isdisjoint(self.without)


def words_of(text: str) -> list[str]:
    """Cut a text into words without case and accents."""
    plain = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text))
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold())


def choose(pages: Sequence[Page]) -> list[Question]:
    """Choose rare words of single pages, common ones that many hold, pairs, exclusions, and one that nobody holds."""
    counts = {page.id: Counter(words_of(page.gold)) for page in pages}
    spread = Counter(word for held in counts.values() for word in held)
    common = _common(spread, len(pages))
    rare = [question for page in pages if (question := _rare(page, counts[page.id], spread))]
    step = max(1, len(rare) // RARE_COUNT)
    return [
        *rare[::step][:RARE_COUNT],
        *(Question(f"common: {word}", (word,)) for word in common),
        *(Question(f"both: {one} {two}", (one, two)) for one, two in pairwise(common)),
        *(Question(f"only: {one}, not {two}", (one,), (two,)) for one, two in pairwise(common)),
        Question("nobody", (NOBODYS_WORD,)),
    ]


def _common(spread: Mapping[str, int], page_count: int) -> list[str]:
    """Choose words that between a tenth and a quarter of the pages hold, the most widespread first."""
    held = [word for word, n in spread.items() if page_count / 10 <= n <= page_count / 4 and _USABLE.fullmatch(word)]
    return sorted(held, key=lambda word: (-spread[word], word))[:COMMON_COUNT]


def _rare(page: Page, counts: Mapping[str, int], spread: Mapping[str, int]) -> Question | None:
    """Choose the word that a page uses more than once and the fewest others use."""
    words = [word for word, n in counts.items() if n > 1 and _USABLE.fullmatch(word)]
    if not words:
        return None
    word = min(words, key=lambda word: (spread[word], -counts[word], word))
    return Question(f"rare: {word} of {page.id}", (word,), page_id=page.id)


def expected_alerts(
    questions: Iterable[Question], articles: Iterable[tuple[int, str, str]]
) -> frozenset[tuple[str, int]]:
    """Say which (subscription, story) pairs are due, given (story, title, text) of every stored article."""
    held = [(story_id, frozenset(words_of(f"{title}\n{text}"))) for story_id, title, text in articles]
    return frozenset(
        (question.name, story_id) for question in questions for story_id, words in held if question.is_met(words)
    )
