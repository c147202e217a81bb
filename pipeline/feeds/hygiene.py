"""What is wrong with feeds that work: twins, subsets, servers that ignore validators, entries without dates or ids.

In: figures and overlaps of all feeds. Out: `Finding`s, the most wasteful kind first. Pure. Trap: a young feed proves
nothing; whatever rests on fewer than `FEWEST` of something is not said.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from pipeline.model import FeedFigures, FeedOverlap

FEWEST = 10
SAME_SHARE = 0.9  # of both feeds' pages: RSS and Atom twins differ by what came in between two polls
INSIDE_SHARE = 0.95  # of the smaller feed's pages
LACKING_SHARE = 0.5  # of a document's entries
IGNORING_SHARE = 0.5  # of conditional requests
FEWEST_STALE = 3
COSTLY_TIMES = 20.0  # the median of bytes for a new story


class FindingKind(StrEnum):
    """What can be wrong."""

    DUPLICATE = "duplicate"
    SUBSET = "subset"
    VALIDATORS_STALE = "validators_stale"
    VALIDATORS_IGNORED = "validators_ignored"
    NO_DATES = "no_dates"
    NO_IDS = "no_ids"
    COSTLY = "costly"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at, with its evidence in words."""

    kind: FindingKind
    feed_id: int
    evidence: str
    other_feed_id: int | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What one feed's news cost."""

    feed_id: int
    request_count: int
    byte_count: int
    new_entry_count: int
    new_story_count: int

    @property
    def bytes_per_story(self) -> float:
        """Give the bytes for each new story; all of them if there was none."""
        return self.byte_count / max(1, self.new_story_count)

    @property
    def requests_per_entry(self) -> float:
        """Give the requests for each new entry; all of them if there was none."""
        return self.request_count / max(1, self.new_entry_count)


def findings(figures: Sequence[FeedFigures], overlaps: Iterable[FeedOverlap]) -> list[Finding]:
    """Say everything that is wrong, by kind and feed."""
    by_id = {one.feed_id: one for one in figures}
    found = [*_of_overlaps(overlaps, by_id), *(one for feed in figures for one in _of_feed(feed)), *_costly(figures)]
    order = list(FindingKind)
    return sorted(found, key=lambda one: (order.index(one.kind), one.feed_id, one.other_feed_id or 0))


def costs(figures: Iterable[FeedFigures]) -> list[Cost]:
    """Give what each feed's news cost, the dearest story first."""
    found = [
        Cost(one.feed_id, one.request_count, one.byte_count, one.new_entry_count, one.new_story_count)
        for one in figures
    ]
    return sorted(found, key=lambda cost: (-cost.bytes_per_story, cost.feed_id))


def _of_overlaps(overlaps: Iterable[FeedOverlap], by_id: Mapping[int, FeedFigures]) -> Iterator[Finding]:
    for pair in overlaps:
        one, other = (pair.shared_count / max(1, count) for count in (pair.page_count, pair.other_page_count))
        if pair.shared_count < FEWEST or pair.feed_id not in by_id or pair.other_id not in by_id:
            continue
        if min(one, other) >= SAME_SHARE:
            yield _same(pair, by_id)
        elif max(one, other) >= INSIDE_SHARE:
            inner, outer, count = (
                (pair.feed_id, pair.other_id, pair.page_count)
                if one >= other
                else (pair.other_id, pair.feed_id, pair.other_page_count)
            )
            evidence = f"{pair.shared_count} of its {count} pages came in the other feed too"
            yield Finding(FindingKind.SUBSET, inner, evidence, outer)


def _same(pair: FeedOverlap, by_id: Mapping[int, FeedFigures]) -> Finding:
    """Name the twin that tells less as the one to remove: fewer dates and ids, then more bytes, then the later one."""
    worse, better = sorted((by_id[pair.feed_id], by_id[pair.other_id]), key=_worth)
    evidence = f"{pair.shared_count} pages in both, of {pair.page_count} and {pair.other_page_count}"
    return Finding(FindingKind.DUPLICATE, worse.feed_id, evidence, better.feed_id)


def _worth(feed: FeedFigures) -> tuple[float, float, int]:
    lacking = (feed.undated_count + feed.unnamed_count) / max(1, feed.entry_count)
    return -lacking, -feed.byte_count / max(1, feed.request_count), -feed.feed_id


def _of_feed(feed: FeedFigures) -> Iterator[Finding]:
    conditional = feed.answer_count - 1
    if feed.stale_count >= FEWEST_STALE:
        evidence = f"{feed.stale_count} times another document came under the validators of the one before"
        yield Finding(FindingKind.VALIDATORS_STALE, feed.feed_id, evidence)
    if conditional >= FEWEST and feed.repeated_count >= IGNORING_SHARE * conditional:
        evidence = f"{feed.repeated_count} of {conditional} conditional requests brought the same document once more"
        yield Finding(FindingKind.VALIDATORS_IGNORED, feed.feed_id, evidence)
    for kind, count, what in (
        (FindingKind.NO_DATES, feed.undated_count, "a date that can be read"),
        (FindingKind.NO_IDS, feed.unnamed_count, "an id"),
    ):
        if count and count >= LACKING_SHARE * feed.entry_count:
            yield Finding(kind, feed.feed_id, f"{count} of {feed.entry_count} entries have not {what}")


def _costly(figures: Sequence[FeedFigures]) -> Iterator[Finding]:
    proven = [one for one in costs(figures) if one.request_count >= FEWEST]
    if len(proven) < FEWEST:
        return
    usual = median(one.bytes_per_story for one in proven)
    for one in proven:
        if usual and one.bytes_per_story >= COSTLY_TIMES * usual:
            evidence = (
                f"{one.bytes_per_story / 1e6:.1f} MB for each of {one.new_story_count} new stories, "
                f"{one.bytes_per_story / usual:.0f} times the median"
            )
            yield Finding(FindingKind.COSTLY, one.feed_id, evidence)
