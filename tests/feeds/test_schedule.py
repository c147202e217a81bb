"""When a feed is asked again."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.feeds.schedule import (
    RETRY_AFTER_CAP_SECONDS,
    PollPolicy,
    after_answer,
    after_failure,
    floor_seconds,
    host_not_before,
    is_gone,
    spread_seconds,
)
from pipeline.model import Feed, FeedState, Reason

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
POLICY = PollPolicy()
FEED = Feed(1, "https://e.example/", "e.example", "", "", FeedState.ACTIVE, added_at=NOW)


def waits(feed: Feed = FEED, policy: PollPolicy = POLICY, fresh: float = 0) -> list[float]:
    """Give many waits after an answer, each with other luck."""
    return [(after_answer(feed, policy, NOW, fresh, Random(n)) - NOW).total_seconds() for n in range(200)]


def back_offs(reason: Reason, feed: Feed = FEED, policy: PollPolicy = POLICY) -> list[float]:
    """Give many waits after a failure, each with other luck."""
    failure = Transient(reason)
    return [(after_failure(feed, policy, NOW, failure, Random(n)) - NOW).total_seconds() for n in range(200)]


BOUNDS = {
    "the interval, a tenth either way": (FEED, POLICY, 0, 0.9 * HOUR, 1.1 * HOUR),
    "the owner's interval": (replace(FEED, interval_seconds=7200), POLICY, 0, 1.8 * HOUR, 2.2 * HOUR),
    "not below the floor": (FEED, PollPolicy(interval_seconds=60), 0, 0.5 * HOUR, 0.55 * HOUR),
    "the owner lowers the floor": (replace(FEED, interval_seconds=600), POLICY, 0, 600, 660),
    "but not to nothing": (replace(FEED, interval_seconds=1), POLICY, 0, 300, 330),
    "seconds where the policy says seconds": (FEED, PollPolicy(1, 0.5, 60), 0, 0.9, 1.1),
    "freshness lengthens": (FEED, POLICY, 3 * HOUR, 3 * HOUR, 3.3 * HOUR),
    "freshness never shortens": (FEED, POLICY, 60, 0.9 * HOUR, 1.1 * HOUR),
    "freshness is capped": (FEED, POLICY, 31 * DAY, DAY, 1.1 * DAY),
    "the document lengthens": (replace(FEED, minimum_interval_seconds=7200), POLICY, 0, 2 * HOUR, 2.2 * HOUR),
    "the document is capped": (replace(FEED, minimum_interval_seconds=10**7), POLICY, 0, DAY, 1.1 * DAY),
    "the owner overrules the document": (
        replace(FEED, minimum_interval_seconds=7200, interval_seconds=3600), POLICY, 0, 0.9 * HOUR, 1.1 * HOUR
    ),
}  # fmt: skip


@pytest.mark.parametrize(("feed", "policy", "fresh", "least", "most"), BOUNDS.values(), ids=BOUNDS)
def test_the_wait_after_an_answer(feed: Feed, policy: PollPolicy, fresh: float, least: float, most: float) -> None:
    """F6, F10, F18, F31: interval with jitter, above floor, freshness and what the document asks for."""
    found = waits(feed, policy, fresh)
    assert least <= min(found) < max(found) <= most
    assert max(found) - min(found) > 0.5 * (most - least)


def test_hours_in_which_a_feed_sleeps_are_left_out() -> None:
    """F31: a poll that falls into skipHours (UTC) moves behind them, to no common minute."""
    feed = replace(FEED, skip_hours=(12, 13, 14))
    moved = [after_answer(feed, POLICY, NOW, 0, Random(n)) for n in range(50)]
    assert {at.hour for at in moved} == {15}
    assert len({at.minute for at in moved}) > 10


def test_the_interval_counts_from_the_attempt() -> None:
    """F6: what was planned does not matter, a late poll makes no early one."""
    feed = replace(FEED, next_poll_at=NOW - timedelta(days=3))
    assert after_answer(feed, POLICY, NOW, 0, Random(1)) >= NOW + timedelta(seconds=0.9 * HOUR)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.HTTP_GONE])
def test_back_off_keeps_the_floor_and_grows_to_a_cap(reason: Reason) -> None:
    """F11: each class thins out, keeps the floor, and never dies."""
    by_count = [back_offs(reason, replace(FEED, error_count=n)) for n in (0, 3, 30, 10_000)]
    assert all(min(found) >= POLICY.floor_seconds for found in by_count)
    means = [sum(found) / len(found) for found in by_count]
    assert means[0] < means[1] < means[2]
    assert max(by_count[3]) <= 7 * DAY + POLICY.floor_seconds


def test_what_passes_is_tried_sooner_than_what_needs_mending() -> None:
    """F11: a time-out is not a 404."""
    assert max(back_offs(Reason.TIMED_OUT)) < 0.8 * HOUR < max(back_offs(Reason.HTTP_NOT_FOUND))


@pytest.mark.parametrize(
    ("reason", "most"),
    [(Reason.CONNECTION_FAILED, 140), (Reason.HTTP_NOT_FOUND, 40), (Reason.NOT_A_FEED, 40)],
    ids=str,
)
def test_a_dead_feed_costs_little_in_sixty_days(reason: Reason, most: int) -> None:
    """F11: the requests of sixty days stay below a bound, and the last of them is not long ago."""
    chance, at, count = Random(7), NOW, 0
    while at < NOW + timedelta(days=60):
        at = after_failure(replace(FEED, error_count=count), POLICY, at, Transient(reason), chance)
        count += 1
    assert 10 < count < most


def test_retry_after_holds_for_feed_and_host() -> None:
    """F8: never earlier than asked, with the host left alone as long."""
    failure = Transient(Reason.HTTP_THROTTLED, retry_after=5 * HOUR, status=429)
    assert host_not_before(failure, NOW) == NOW + timedelta(hours=5)
    assert after_failure(FEED, POLICY, NOW, failure, Random(1)) >= NOW + timedelta(hours=5)


@pytest.mark.parametrize(
    ("asked", "seconds"), [(1e9, RETRY_AFTER_CAP_SECONDS), (-5.0, None), (0.0, None), (None, None)]
)
def test_retry_after_has_limits(asked: float | None, seconds: float | None) -> None:
    """F8: a week at most; what is not ahead says nothing."""
    until = host_not_before(Transient(Reason.HTTP_THROTTLED, retry_after=asked), NOW)
    assert until == (NOW + timedelta(seconds=seconds) if seconds else None)


def test_gone_is_believed_the_second_time() -> None:
    """F12: 410 twice, a day apart; the second request waits that day."""
    gone = Permanent(Reason.HTTP_GONE, status=410)
    assert not is_gone(FEED, gone.reason, NOW, POLICY)
    again_at = after_failure(FEED, POLICY, NOW, gone, Random(1))
    assert again_at >= NOW + timedelta(days=1)
    seen = replace(FEED, gone_seen_at=NOW, error_count=1)
    assert is_gone(seen, gone.reason, again_at, POLICY)
    assert not is_gone(seen, gone.reason, NOW + timedelta(hours=23), POLICY)
    assert not is_gone(seen, Reason.HTTP_NOT_FOUND, again_at, POLICY)


def test_the_owner_may_lower_the_floor_of_one_feed() -> None:
    """F6: never below five minutes, and never below a floor that is lower still."""
    assert floor_seconds(replace(FEED, interval_seconds=60), POLICY) == 300
    assert floor_seconds(replace(FEED, interval_seconds=60), PollPolicy(floor_seconds=2)) == 2


def test_an_import_is_spread() -> None:
    """F18: 10,000 feeds begin over half an hour, ten within two seconds; in order, on no grid."""
    many = spread_seconds(10_000, POLICY, Random(1))
    assert 1900 < many[-1] <= 2000
    assert all(later > earlier for earlier, later in pairwise(many))
    assert spread_seconds(10, POLICY, Random(1))[-1] <= 2
    assert spread_seconds(10_000, PollPolicy(interval_seconds=60), Random(1))[-1] <= 60
    assert spread_seconds(0, POLICY, Random(1)) == []


def test_feeds_imported_together_never_meet() -> None:
    """F18: 10,000 feeds added at once: over a day no minute has more than three times its share."""
    chance = Random(3)
    minutes: Counter[int] = Counter()
    for first in spread_seconds(10_000, POLICY, chance):
        at = NOW + timedelta(seconds=first)
        while at < NOW + timedelta(days=1):
            minutes[int((at - NOW).total_seconds() // 60)] += 1
            at = after_answer(FEED, POLICY, at, 0, chance)
    assert max(minutes.values()) <= 3 * sum(minutes.values()) / 1440
