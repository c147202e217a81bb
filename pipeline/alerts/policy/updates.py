"""Decide whether a story that had its alert is told of once more.

In: a `Rule`, what was told, the story's state, whether the new article brings news. Out: an `UpdateReason` or None.
Pure. Trap: bounded twice, by `update_most` and since each threshold is passed once; copies without end are quiet.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.rule import Rule, StoryState, UpdateReason

#: A report changes a story if so much of its headline stands nowhere in the story so far. Counting words that were
#: not there before is the plainest measure of novelty, and no worse than finer ones (Allan, Wade and Bolivar, 2003).
NEW_SHARE = 0.5
NEW_WORDS = 2
_SHORTEST = 4  #: letters; shorter words are mostly grammar. Numbers count at any length


@dataclass(frozen=True, slots=True)
class Told:
    """What the subscription knows of the story."""

    update_count: int
    outlet_count: int  #: when it was last told


def due_update(rule: Rule, told: Told, state: StoryState, *, changed: bool) -> UpdateReason | None:
    """Decide; `changed` says that the article which joined is a report of much that is new."""
    if told.update_count >= rule.update_most:
        return None
    if any(told.outlet_count < threshold <= state.outlet_count for threshold in rule.update_outlets):
        return UpdateReason.OUTLETS
    return UpdateReason.CHANGED if rule.update_changed and changed else None


def novelty(headline: Collection[str], known: Collection[str]) -> bool:
    """Tell whether the words of a headline are mostly new against all words known of the story."""
    words = {word for word in headline if len(word) >= _SHORTEST or word.isdecimal()}
    fresh = words.difference(known)
    return len(fresh) >= NEW_WORDS and len(fresh) >= NEW_SHARE * len(words)
