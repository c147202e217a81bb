"""Find words that stand near each other.

In: a `Near` and an `ArticleWords`. Out: the places of its parts within every stretch of words that is short enough and
holds them all; none if there is no such stretch. Pure. Trap: the same part named twice must occur twice.
"""

from bisect import bisect_left, bisect_right
from collections import Counter

from pipeline.alerts.query.tree import Near, Or, Phrase, Query, Sequence, Word
from pipeline.alerts.query.words import ArticleWords, Interval


def near_intervals(near: Near, words: ArticleWords) -> list[Interval]:
    """Give the places that meet it, in order."""
    found = [_intervals(part, words) for part in near.parts]
    if not all(found):
        return []
    stretch = near.distance + sum(_length(part) for part in near.parts)
    gap = words.main.first_count if _is_main(near.parts[0]) else -1
    wanted = Counter(near.parts)
    met: set[Interval] = set()
    for start in sorted({interval[0] for intervals in found for interval in intervals}):
        end = min(start + stretch, gap) if start < gap else start + stretch
        inside = [_within(intervals, start, end) for intervals in found]
        counts = zip(near.parts, inside, strict=True)
        if all(len(held) >= wanted[part] for part, held in counts) and (not near.ordered or _in_order(inside)):
            met.update(interval for held in inside for interval in held)
    return sorted(met)


def _within(intervals: list[Interval], start: int, end: int) -> list[Interval]:
    first = bisect_left(intervals, (start, 0))
    return [interval for interval in intervals[first : bisect_right(intervals, (end, 0))] if interval[1] <= end]


def _in_order(inside: list[list[Interval]]) -> bool:
    """Whether one of each can be chosen so that each begins after the one before it: the earliest end is best."""
    after = -1
    for intervals in inside:
        after = min((end for start, end in intervals if start >= after), default=-1)
        if after < 0:
            return False
    return True


def _intervals(part: Query, words: ArticleWords) -> list[Interval]:
    match part:
        case Or(parts):
            return sorted({interval for one in parts for interval in _intervals(one, words)})
        case Word() | Phrase() | Sequence():
            return words.intervals(part)
    raise AssertionError(part)


def _length(part: Query) -> int:
    """Count the words of a part; the longest of alternatives."""
    match part:
        case Or(parts):
            return max(_length(one) for one in parts)
        case Phrase(terms):
            return len(terms)
        case Sequence(atoms):
            return len(atoms)
    return 1


def _is_main(part: Query) -> bool:
    while isinstance(part, Or):
        part = part.parts[0]
    return isinstance(part, Word | Phrase | Sequence) and part.field in {"", "title", "text"}
