"""Why a feed is asked when it is."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.feeds.explain import SENTENCES, explain
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Bound, Feed, FeedState

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
POLICY = PollPolicy()


@dataclass(frozen=True)
class Rest:
    next_start_at: datetime = LONG_AGO
    not_before_at: datetime = LONG_AGO


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


POLLED = Feed(
    1,
    "https://e.example/",
    "e.example",
    "",
    "",
    FeedState.ACTIVE,
    added_at=NOW,
    last_attempt_at=minutes(-20),
    next_poll_at=minutes(90),
    bound=Bound.FRESHNESS,
    bounds={"interval": 3600, "floor": 1800, "freshness": 6000, "declared": 0},
)

CASES = {
    "as planned": (POLLED, Rest(), minutes(90), Bound.FRESHNESS),
    "the owner asked, but the floor holds": (
        replace(POLLED, next_poll_at=NOW, bound=Bound.ASKED), Rest(), minutes(10), Bound.FLOOR
    ),
    "the owner asked, and the host rests": (
        replace(POLLED, next_poll_at=NOW, bound=Bound.ASKED), Rest(not_before_at=minutes(50)), minutes(50), Bound.HOST
    ),
    "the host's slot is far ahead": (POLLED, Rest(next_start_at=minutes(120)), minutes(120), Bound.HOST),
    "overdue": (replace(POLLED, last_attempt_at=minutes(-99), next_poll_at=minutes(-9)), Rest(), NOW, Bound.FRESHNESS),
    "never asked": (replace(POLLED, last_attempt_at=None, next_poll_at=NOW, bound=None), Rest(), NOW, Bound.INTERVAL),
}  # fmt: skip


@pytest.mark.parametrize(("feed", "rest", "at", "bound"), CASES.values(), ids=CASES)
def test_the_latest_bound_decides(feed: Feed, rest: Rest, at: datetime, bound: Bound) -> None:
    """F6, F7, F8: plan, floor and host's rest together say when, and one of them why."""
    found = explain(feed, rest, POLICY, NOW)
    assert (found.at, found.decided_by, found.sentence) == (at, bound, SENTENCES[bound])


def test_every_bound_is_listed_with_its_instant() -> None:
    """The record shows all that bore on it, the latest first; what says nothing is left out."""
    found = explain(POLLED, Rest(), POLICY, NOW)
    assert found.bounds == (
        (Bound.FRESHNESS, minutes(80)),
        (Bound.INTERVAL, minutes(40)),
        (Bound.FLOOR, minutes(10)),
    )


@pytest.mark.parametrize("state", [FeedState.PAUSED, FeedState.GONE])
def test_a_feed_that_is_not_polled_says_so(state: FeedState) -> None:
    """F12: no time is promised, and the sentence says what to do."""
    found = explain(replace(POLLED, state=state), Rest(), POLICY, NOW)
    assert (found.decided_by, found.bounds) == (None, ())
    assert "storywatch feeds resume" in found.sentence


def test_every_bound_has_its_sentence() -> None:
    """No word is shown that nobody explained."""
    assert set(SENTENCES) == set(Bound)
