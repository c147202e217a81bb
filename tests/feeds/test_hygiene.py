"""Feeds that work and are still worth a look."""

from typing import Any

import pytest

from pipeline.feeds.hygiene import FindingKind, costs, findings
from pipeline.model import FeedFigures, FeedOverlap


def feed(feed_id: int, **values: Any) -> FeedFigures:
    """Make the figures of a feed that nothing is wrong with."""
    plain: dict[str, Any] = {
        "title": f"Feed {feed_id}",
        "url": f"https://feeds.example/{feed_id}",
        "request_count": 100,
        "byte_count": 1_000_000,
        "answer_count": 100,
        "unchanged_count": 50,
        "repeated_count": 0,
        "stale_count": 0,
        "entry_count": 20,
        "undated_count": 0,
        "unnamed_count": 0,
        "new_entry_count": 50,
        "new_story_count": 10,
    }
    return FeedFigures(feed_id=feed_id, **(plain | values))


def kinds(figures: list[FeedFigures], *overlaps: FeedOverlap) -> list[tuple[str, int, int | None]]:
    return [(one.kind.value, one.feed_id, one.other_feed_id) for one in findings(figures, overlaps)]


def test_healthy_feeds_are_not_named() -> None:
    """A report that names everything is read by nobody."""
    overlap = FeedOverlap(1, 2, 20, 100, 100)
    assert findings([feed(1), feed(2)], [overlap]) == []


PAIRS = {
    "the same pages": (FeedOverlap(1, 2, 95, 100, 100), [("duplicate", 2, 1)]),
    "one in the other": (FeedOverlap(1, 2, 20, 20, 300), [("subset", 1, 2)]),
    "the other in the one": (FeedOverlap(1, 2, 20, 300, 20), [("subset", 2, 1)]),
    "much in common": (FeedOverlap(1, 2, 80, 100, 100), []),
    "too young to tell": (FeedOverlap(1, 2, 9, 9, 9), []),
    "one of them gone": (FeedOverlap(1, 9, 95, 100, 100), []),
}


@pytest.mark.parametrize(("overlap", "expected"), PAIRS.values(), ids=PAIRS)
def test_feeds_that_show_the_same_pages(overlap: FeedOverlap, expected: list[tuple[str, int, int]]) -> None:
    """Twins and subsets, by the pages that both showed."""
    assert kinds([feed(1), feed(2)], overlap) == expected


def test_of_twins_the_one_that_tells_less_goes() -> None:
    """The Atom twin with dates stays, though it was added later; else the cheaper one."""
    overlap = FeedOverlap(1, 2, 100, 100, 100)
    assert ("duplicate", 1, 2) in kinds([feed(1, undated_count=20), feed(2)], overlap)
    assert kinds([feed(1, byte_count=9_000_000), feed(2)], overlap) == [("duplicate", 1, 2)]


WRONG = {
    "ignored": ({"repeated_count": 60, "unchanged_count": 0}, FindingKind.VALIDATORS_IGNORED),
    "stale": ({"stale_count": 3}, FindingKind.VALIDATORS_STALE),
    "no dates": ({"undated_count": 10}, FindingKind.NO_DATES),
    "no ids": ({"unnamed_count": 20}, FindingKind.NO_IDS),
}


@pytest.mark.parametrize(("values", "kind"), WRONG.values(), ids=WRONG)
def test_what_one_feed_does_wrong(values: dict[str, int], kind: FindingKind) -> None:
    """Validators ignored or never changed, entries without dates or ids: each with its figures."""
    (found,) = findings([feed(1, **values)], [])
    assert (found.kind, found.feed_id) == (kind, 1)
    assert str(max(values.values())) in found.evidence


@pytest.mark.parametrize(
    "values",
    [{"repeated_count": 6, "answer_count": 10}, {"stale_count": 2}, {"undated_count": 9}, {"entry_count": 0}],
    ids=["young", "twice", "fewer than half", "an empty document"],
)
def test_little_evidence_is_none(values: dict[str, int]) -> None:
    """What may be chance is not said."""
    assert findings([feed(1, **values)], []) == []


def test_dear_news_is_named() -> None:
    """A feed whose stories cost many times what is usual; one that brought none counts with all its bytes."""
    usual = [feed(n) for n in range(1, 12)]
    assert kinds([*usual, feed(12, byte_count=30_000_000), feed(13, new_story_count=0, byte_count=2_000_000)]) == [
        ("costly", 12, None),
        ("costly", 13, None),
    ]
    assert [cost.feed_id for cost in costs([*usual, feed(12, byte_count=30_000_000)])][:2] == [12, 1]


def test_costs_are_per_story_and_entry() -> None:
    """Bytes for each new story, requests for each new entry; nothing is divided by nothing."""
    (cost,) = costs([feed(1)])
    assert (cost.bytes_per_story, cost.requests_per_entry) == (100_000, 2)
    (cost,) = costs([feed(1, new_story_count=0, new_entry_count=0)])
    assert (cost.bytes_per_story, cost.requests_per_entry) == (1_000_000, 100)
