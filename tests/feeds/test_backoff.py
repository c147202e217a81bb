"""When a feed that failed is asked again, and when it is given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.feeds.backoff import (
    RETRY_AFTER_CAP_SECONDS,
    UNDEAD_WAIT_SECONDS,
    after_failure,
    host_not_before,
    is_gone,
    is_undead,
    score_after,
)
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Bound, Feed, FeedState, Reason

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
POLICY = PollPolicy()
FEED = Feed(1, "https://e.example/", "e.example", "", "", FeedState.ACTIVE, added_at=NOW)
CLASSES = [reason for reason in Reason if reason is not Reason.HTTP_GONE]


def back_offs(reason: Reason, score: float = 0) -> list[float]:
    """Give many waits after a failure, each with other luck."""
    feed, failure = replace(FEED, error_score=score), Transient(reason)
    return [(after_failure(feed, POLICY, NOW, failure, Random(n)).at - NOW).total_seconds() for n in range(200)]


@pytest.mark.parametrize("reason", CLASSES)
def test_back_off_keeps_the_floor_and_grows_to_a_cap(reason: Reason) -> None:
    """F11: each class thins out, keeps the floor, and is capped."""
    by_score = [back_offs(reason, score) for score in (0, 3, 30, 10_000)]
    assert all(min(found) >= POLICY.floor_seconds for found in by_score)
    means = [sum(found) / len(found) for found in by_score]
    assert means[0] < means[1] < means[2]
    assert max(by_score[3]) <= 7 * DAY + POLICY.floor_seconds


def test_classes_of_failures_weigh_differently() -> None:
    """F11: a faltering name server costs a fifth of an interval, a silent host two fifths, a 404 a whole one."""
    most = [max(back_offs(r)) for r in (Reason.NAME_TEMPORARY, Reason.TIMED_OUT, Reason.HTTP_NOT_FOUND)]
    assert most[0] < POLICY.floor_seconds + 0.2 * HOUR < most[1] < POLICY.floor_seconds + 0.42 * HOUR < most[2]


@pytest.mark.parametrize("reason", CLASSES, ids=str)
def test_a_dead_feed_costs_little_and_is_never_forgotten(reason: Reason) -> None:
    """F11: sixty days of each class: few requests, slow checks from the thirtieth day on, the last not long ago."""
    chance, at, feed, asked, undead = Random(7), NOW, FEED, [], []
    while at < NOW + timedelta(days=60):
        asked.append(at)
        undead.append(is_undead(feed, POLICY, reason, at))
        plan = after_failure(feed, POLICY, at, Transient(reason), chance)
        feed, at = replace(feed, error_score=score_after(feed, reason)), plan.at
    assert 10 < len(asked) < 120
    assert undead == sorted(undead), "once given up it stays so"
    first = asked[undead.index(True)]
    assert timedelta(days=30) <= first - NOW <= timedelta(days=38)
    assert sum(undead) <= 3
    assert at - asked[-1] <= timedelta(days=30)


def test_a_feed_that_answered_lately_is_not_given_up() -> None:
    """F11: however often it failed since, thirty days without any success come first."""
    feed = replace(FEED, error_score=99, added_at=NOW - timedelta(days=900), last_success_at=NOW - timedelta(days=29))
    assert not is_undead(feed, POLICY, Reason.HTTP_NOT_FOUND, NOW)
    assert is_undead(feed, POLICY, Reason.HTTP_NOT_FOUND, NOW + timedelta(days=1))
    plan = after_failure(feed, POLICY, NOW + timedelta(days=1), Permanent(Reason.HTTP_NOT_FOUND), Random(1))
    assert plan.decided_by is Bound.UNDEAD
    assert plan.bounds[Bound.UNDEAD] == UNDEAD_WAIT_SECONDS[0]


def test_retry_after_holds_for_feed_and_host() -> None:
    """F8: never earlier than asked, with the host left alone as long."""
    failure = Transient(Reason.HTTP_THROTTLED, retry_after=5 * HOUR, status=429)
    assert host_not_before(failure, NOW) == NOW + timedelta(hours=5)
    plan = after_failure(FEED, POLICY, NOW, failure, Random(1))
    assert (plan.at, plan.decided_by, plan.bounds[Bound.HOST]) == (NOW + timedelta(hours=5), Bound.HOST, 5 * HOUR)


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
    plan = after_failure(FEED, POLICY, NOW, gone, Random(1))
    assert plan.at >= NOW + timedelta(days=1)
    assert plan.decided_by is Bound.GONE
    seen = replace(FEED, gone_seen_at=NOW, error_count=1)
    assert is_gone(seen, gone.reason, plan.at, POLICY)
    assert not is_gone(seen, gone.reason, NOW + timedelta(hours=23), POLICY)


@pytest.mark.parametrize("reason", CLASSES, ids=str)
def test_nothing_else_is_gone(reason: Reason) -> None:
    """F12: no other answer ever stops a feed."""
    assert not is_gone(replace(FEED, gone_seen_at=NOW), reason, NOW + timedelta(days=9), POLICY)
