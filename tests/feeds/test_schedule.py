"""When a feed is asked again."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from pipeline.feeds.schedule import PollPolicy, after_answer, floor_seconds, spread_seconds, unconditional_seconds
from pipeline.model import Bound, Feed, FeedState, NextPoll, Validators

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
POLICY = PollPolicy()
FEED = Feed(1, "https://e.example/", "e.example", "", "", FeedState.ACTIVE, added_at=NOW)


def plans(feed: Feed = FEED, policy: PollPolicy = POLICY) -> list[NextPoll]:
    """Give many plans after an answer, each with other luck."""
    return [after_answer(feed, policy, NOW, Random(n)) for n in range(200)]


def waits(feed: Feed = FEED, policy: PollPolicy = POLICY) -> list[float]:
    """Give many waits after an answer."""
    return [(plan.at - NOW).total_seconds() for plan in plans(feed, policy)]


BOUNDS = {
    "the interval, a tenth either way": (FEED, POLICY, 0.9 * HOUR, 1.1 * HOUR),
    "the owner's interval": (replace(FEED, interval_seconds=7200), POLICY, 1.8 * HOUR, 2.2 * HOUR),
    "not below the floor": (FEED, PollPolicy(interval_seconds=60), 0.5 * HOUR, 0.55 * HOUR),
    "the owner lowers the floor": (replace(FEED, interval_seconds=600), POLICY, 600, 660),
    "but not to nothing": (replace(FEED, interval_seconds=1), POLICY, 300, 330),
    "seconds where the policy says seconds": (FEED, PollPolicy(1, 0.5, 60), 0.9, 1.1),
    "freshness lengthens": (replace(FEED, fresh_seconds=10_800), POLICY, 3 * HOUR, 3.3 * HOUR),
    "freshness never shortens": (replace(FEED, fresh_seconds=60), POLICY, 0.9 * HOUR, 1.1 * HOUR),
    "freshness is capped": (replace(FEED, fresh_seconds=10**7), POLICY, DAY, 1.1 * DAY),
    "the document lengthens": (replace(FEED, minimum_interval_seconds=7200), POLICY, 2 * HOUR, 2.2 * HOUR),
    "the document is capped": (replace(FEED, minimum_interval_seconds=10**7), POLICY, DAY, 1.1 * DAY),
    "the owner overrules the document": (
        replace(FEED, minimum_interval_seconds=7200, interval_seconds=3600), POLICY, 0.9 * HOUR, 1.1 * HOUR
    ),
}  # fmt: skip


@pytest.mark.parametrize(("feed", "policy", "least", "most"), BOUNDS.values(), ids=BOUNDS)
def test_the_wait_after_an_answer(feed: Feed, policy: PollPolicy, least: float, most: float) -> None:
    """F6, F10, F18, F31: interval with jitter, above floor, freshness and what the document asks for."""
    found = waits(feed, policy)
    assert least <= min(found) < max(found) <= most
    assert max(found) - min(found) > 0.5 * (most - least)


def test_hours_in_which_a_feed_sleeps_are_left_out() -> None:
    """F31: a poll that falls into skipHours (UTC) moves behind them, to no common minute."""
    feed = replace(FEED, skip_hours=(12, 13, 14))
    moved = [plan.at for plan in plans(feed)]
    assert {at.hour for at in moved} == {15}
    assert len({at.minute for at in moved}) > 10


def test_days_on_which_a_feed_sleeps_are_left_out() -> None:
    """F31: a poll that falls on skipDays (UTC) moves behind them, and behind skipHours of the day after."""
    feed = replace(FEED, skip_days=(1, 2), skip_hours=(0, 1))  # NOW is a Tuesday
    assert {(plan.at.weekday(), plan.at.hour, plan.decided_by) for plan in plans(feed)} == {(3, 2, Bound.SKIPPED)}


@pytest.mark.parametrize("feed", [replace(FEED, skip_days=tuple(range(7))), replace(FEED, skip_hours=tuple(range(24)))])
def test_a_feed_that_always_sleeps_is_read_all_the_same(feed: Feed) -> None:
    """F31: what leaves no time says nothing."""
    assert max(waits(feed)) <= 1.1 * HOUR


DECIDED = {
    "the wish": (FEED, Bound.INTERVAL),
    "the floor": (replace(FEED, interval_seconds=60), Bound.FLOOR),
    "freshness": (replace(FEED, fresh_seconds=9000), Bound.FRESHNESS),
    "the document": (replace(FEED, minimum_interval_seconds=9000), Bound.DECLARED),
    "no validators": (replace(FEED, quiet_count=2), Bound.UNCONDITIONAL),
}


@pytest.mark.parametrize(("feed", "bound"), DECIDED.values(), ids=DECIDED)
def test_what_decided_is_named(feed: Feed, bound: Bound) -> None:
    """The plan says why: the bound that lasts longest, every other with its seconds, and how much was chance."""
    for plan in plans(feed):
        assert plan.decided_by is bound
        assert plan.bounds[bound] == max(plan.bounds.values())
        assert (plan.at - NOW).total_seconds() == pytest.approx(plan.bounds[bound] + plan.jitter_seconds)


def test_the_wish_is_given_from_outside() -> None:
    """A rhythm supplies the wished wait; the bounds only lengthen it (F6, F10)."""
    quick = after_answer(FEED, POLICY, NOW, Random(1), lambda _feed, _policy: 60.0)
    slow = after_answer(FEED, POLICY, NOW, Random(1), lambda _feed, _policy: 5 * HOUR)
    assert quick.at >= NOW + timedelta(seconds=POLICY.floor_seconds)
    assert slow.at >= NOW + timedelta(seconds=4.5 * HOUR)
    assert (quick.decided_by, slow.decided_by) == (Bound.FLOOR, Bound.INTERVAL)


UNCONDITIONAL = {
    "nothing offered, something new": (replace(FEED, quiet_count=0), 0),
    "nothing new once": (replace(FEED, quiet_count=1), 2 * HOUR),
    "nothing new thrice": (replace(FEED, quiet_count=3), 8 * HOUR),
    "nothing new for long": (replace(FEED, quiet_count=500), DAY),
    "an ETag": (replace(FEED, quiet_count=9, validators=Validators("x", None, FEED.url)), 0),
    "a Last-Modified": (replace(FEED, quiet_count=9, validators=Validators(None, "x", FEED.url)), 0),
    "freshness": (replace(FEED, quiet_count=9, fresh_seconds=60), 0),
}


@pytest.mark.parametrize(("feed", "seconds"), UNCONDITIONAL.values(), ids=UNCONDITIONAL)
def test_a_server_without_validators_is_asked_once_a_day(feed: Feed, seconds: float) -> None:
    """F6: neither validators nor freshness: a quiet feed comes to a request a day; something new brings it back."""
    assert unconditional_seconds(feed, POLICY) == seconds
    assert min(waits(feed)) >= seconds


def test_the_owner_overrules_the_rule_for_servers_without_validators() -> None:
    """F6: an interval set for one feed is the owner's word."""
    assert max(waits(replace(FEED, interval_seconds=3600, quiet_count=9))) <= 1.1 * HOUR


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)], ids=str)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_a_change_of_clocks_doubles_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, day: datetime, zone: str
) -> None:
    """F44: around both changes of the clocks, wherever this machine stands, every wait is an interval of real time."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        at, chance, end = day - timedelta(hours=3), Random(5), day + timedelta(hours=9)
        feed, asked = replace(FEED, skip_hours=(4,)), []
        while at < end:
            asked.append(at)
            at = after_answer(feed, POLICY, at.astimezone(ZoneInfo(zone)), chance).at
        gaps = [(later.astimezone(UTC) - earlier.astimezone(UTC)).total_seconds() for earlier, later in pairwise(asked)]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert all(0.9 * HOUR <= gap <= 3.1 * HOUR for gap in gaps)
    assert len(asked) >= 9
    assert all(at.astimezone(UTC).hour != 4 for at in asked)


def test_the_interval_counts_from_the_attempt() -> None:
    """F6: what was planned does not matter, a late poll makes no early one."""
    feed = replace(FEED, next_poll_at=NOW - timedelta(days=3))
    assert after_answer(feed, POLICY, NOW, Random(1)).at >= NOW + timedelta(seconds=0.9 * HOUR)


def test_the_owner_may_lower_the_floor_of_one_feed() -> None:
    """F6: never below five minutes, and never below a floor that is lower still."""
    assert floor_seconds(replace(FEED, interval_seconds=60), POLICY) == 300
    assert floor_seconds(replace(FEED, interval_seconds=60), PollPolicy(floor_seconds=2)) == 2


def test_an_import_is_spread() -> None:
    """F18: 10,000 hourly feeds begin over 24 minutes, ten within two seconds; in order, on no grid."""
    many = spread_seconds([HOUR] * 10_000, Random(1))
    assert 1430 < many[-1] <= 1440
    assert all(later > earlier for earlier, later in pairwise(many))
    assert spread_seconds([HOUR] * 10, Random(1))[-1] <= 2
    assert spread_seconds([60] * 10_000, Random(1))[-1] <= 24
    assert spread_seconds([], Random(1)) == []


def test_each_waits_by_its_own_interval() -> None:
    """F18: what is asked every quarter of an hour begins within six minutes, whatever else begins with it."""
    quick, slow = spread_seconds([900, DAY] * 5000, Random(1))[::2], spread_seconds([900, DAY] * 5000, Random(1))[1::2]
    assert 350 < quick[-1] <= 360
    assert 1990 < slow[-1] <= 2000


def test_feeds_imported_together_never_meet() -> None:
    """F18: 10,000 feeds added at once: over a day no minute has more than three times its share."""
    chance = Random(3)
    minutes: Counter[int] = Counter()
    for first in spread_seconds([POLICY.interval_seconds] * 10_000, chance):
        at = NOW + timedelta(seconds=first)
        while at < NOW + timedelta(days=1):
            minutes[int((at - NOW).total_seconds() // 60)] += 1
            at = after_answer(FEED, POLICY, at, chance).at
    assert max(minutes.values()) <= 3 * sum(minutes.values()) / 1440
