"""What is learned of a feed's times, and how long it is left alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pipeline.feeds import rhythm
from pipeline.feeds.replan import replan
from pipeline.feeds.rhythm import Bounds
from pipeline.feeds.schedule import JITTER, PollPolicy
from pipeline.feeds.wish import wished_seconds
from pipeline.model import Arrivals, Entry, Feed, FeedState, ParsedFeed

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday
BOUNDS = Bounds(usual=1, shortest=1 / 60, longest=24)
FEED = Feed(1, "https://a.example/", "a.example", "", "", FeedState.ACTIVE, added_at=NOON, last_attempt_at=NOON)
ADAPTIVE = PollPolicy(adaptive=True, longest_seconds=86_400)


def every(minutes: float, days: float, until: datetime = NOON) -> list[datetime]:
    count = int(days * 24 * 60 / minutes)
    return [until - timedelta(minutes=minutes * (number + 0.5)) for number in range(count)]


def known(dates: Sequence[datetime], now: datetime = NOON, window: int = 100) -> rhythm.Rhythm:
    return replace(rhythm.first_rhythm(dates, now), window=window)


@pytest.mark.parametrize(("minutes", "hours"), [(60, 1.0), (15, 0.5), (240, 2.0), (6, 0.32)])
def test_a_steady_feed_is_asked_by_the_root_of_its_rate(minutes: float, hours: float) -> None:
    """One entry an hour is the usual interval; four an hour half of it; one in four hours twice."""
    assert rhythm.wait_hours(known(every(minutes, 14)), NOON, BOUNDS) == pytest.approx(hours, rel=0.3)


@pytest.mark.parametrize("days", [0.4, 1, 2.7, 6.9, 7, 9.3, 30])
def test_watched_hours_are_those_that_passed(days: float) -> None:
    """However long nothing was learned: each hour of the day and each day of the week gets its own share."""
    begin = NOON - timedelta(hours=3.25)
    learned = rhythm.learn(rhythm.new_rhythm(begin), [], 10, begin + timedelta(days=days))
    total = sum(learned.hour_watched)
    assert total == pytest.approx(sum(learned.day_watched))
    assert 0.8 * days * 24 < total <= days * 24
    pieces = [begin + timedelta(hours=number / 4) for number in range(round(days * 96))]
    for hour in range(24):
        share = sum(at.hour == hour for at in pieces) / len(pieces)
        assert learned.hour_watched[hour] / total == pytest.approx(share, abs=0.02)
    for day in range(7):
        share = sum(at.weekday() == day for at in pieces) / len(pieces)
        assert learned.day_watched[day] / total == pytest.approx(share, abs=0.02)


def test_nights_and_weekends_are_left_alone() -> None:
    """F32: hours and days are learned: a feed of office hours is asked in them, and hardly besides."""
    dates = [at for at in every(20, 42) if 8 <= at.hour < 18 and at.weekday() < 5]
    feed = known(dates)
    busy, night = (NOON + timedelta(hours=hours) for hours in (1, 9))
    saturday = NOON + timedelta(days=4)
    assert rhythm.wait_hours(feed, busy, BOUNDS) < 1
    assert 4 < rhythm.wait_hours(feed, night, BOUNDS) < 13
    assert rhythm.wait_hours(feed, saturday, BOUNDS) > 2 * rhythm.wait_hours(feed, busy, BOUNDS)


def test_a_burst_shortens_and_silence_lengthens() -> None:
    """F32: what came within the last hours counts beside what is usual."""
    feed = known(every(120, 30))
    usual = rhythm.wait_hours(feed, NOON, BOUNDS)
    later = NOON + timedelta(hours=2)
    burst = rhythm.learn(feed, [later - timedelta(minutes=3 * n) for n in range(30)], 100, later)
    assert rhythm.wait_hours(burst, later, BOUNDS) < usual / 1.5
    assert rhythm.wait_hours(feed, NOON + timedelta(days=3), BOUNDS) > usual * 1.3


def test_a_short_document_is_read_before_it_has_passed() -> None:
    """F32: a document of ten at thirty an hour: no more than a third of it is expected to be new at once."""
    feed = known(every(2, 7), window=10)
    assert rhythm.wait_hours(feed, NOON, replace(BOUNDS, usual=24)) <= 10 / 3 / 30 * 1.2


def test_the_bounds_hold() -> None:
    """F32: whatever the rhythm says, never more often than the floor nor less often than the longest wait."""
    bounds = Bounds(usual=1, shortest=0.5, longest=4)
    assert rhythm.wait_hours(known(every(1, 3)), NOON, bounds) == 0.5
    assert rhythm.wait_hours(known(every(60 * 24 * 9, 90)), NOON, bounds) == 4


def test_days_without_a_time_teach_no_hour() -> None:
    """A date at midnight is only a day: the hours stay even."""
    dates = [datetime(2026, 11, day, tzinfo=UTC) for day in range(1, 24)]
    feed = rhythm.first_rhythm(dates, NOON)
    assert max(feed.hour_counts) == pytest.approx(min(feed.hour_counts))
    assert sum(feed.day_counts) > 15


@pytest.mark.parametrize(
    "dates",
    [[], [None], [NOON], [NOON, NOON], [NOON + timedelta(hours=20)] * 3, [datetime(1995, 1, 1, tzinfo=UTC), NOON]],
    ids=["none", "undated", "one", "twice", "ahead", "old"],
)
def test_odd_documents_give_a_wait(dates: list[datetime | None]) -> None:
    """Nothing that a document says of its dates breaks the arithmetic."""
    feed = rhythm.first_rhythm(dates, NOON)
    later = rhythm.learn(feed, [NOON], 1, NOON + timedelta(days=400))
    for one, at in ((feed, NOON), (later, NOON), (later, NOON + timedelta(days=900))):
        assert 1 / 60 <= rhythm.wait_hours(one, at, BOUNDS) <= 24
        assert rhythm.from_text(rhythm.to_text(one)) is not None


def test_a_rhythm_is_small_and_comes_back() -> None:
    """F32: bounded state: after a year of 30 entries an hour some hundred bytes, and the same waits."""
    feed = known(every(2, 40))
    for day in range(1, 366):
        feed = rhythm.learn(feed, every(2, 1, NOON + timedelta(days=day)), 100, NOON + timedelta(days=day))
    text = rhythm.to_text(feed)
    again = rhythm.from_text(text)
    assert len(text) < 900
    assert again is not None
    at = NOON + timedelta(days=365)
    assert rhythm.wait_hours(again, at, BOUNDS) == pytest.approx(rhythm.wait_hours(feed, at, BOUNDS), rel=0.05)


@pytest.mark.parametrize("text", ["", "no", "[1,2]", "[1,10,[1],[1],[1],[1],[1,1]]", "null"])
def test_another_make_of_text_is_no_rhythm(text: str) -> None:
    """What was stored by another version is learned anew."""
    assert rhythm.from_text(text) is None


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (NOON - timedelta(minutes=20), -20),
        (NOON - timedelta(days=2), -30),
        (NOON + timedelta(hours=1), -30),
        (None, -30),
    ],
    ids=["between", "backdated", "ahead", "undated"],
)
def test_a_date_is_believed_between_two_polls(published: datetime | None, expected: float) -> None:
    """F23: a publisher's date teaches nothing that the polls contradict."""
    at = rhythm.believed(published, NOON - timedelta(hours=1), NOON)
    assert at == NOON + timedelta(minutes=expected)


def parsed(dates: Sequence[datetime]) -> ParsedFeed:
    entries = tuple(Entry(str(number), "", published_at=at) for number, at in enumerate(dates))
    return ParsedFeed("", "", "", entries, "rss20")


def test_the_first_document_sets_the_pace() -> None:
    """F32: the dates of the first document are enough to begin with."""
    document = parsed(every(240, 10))
    planned = replan(FEED, document, ADAPTIVE, Random(1), wished_seconds, Arrivals(()))
    assert planned.next_poll.at - NOON > timedelta(hours=1.5)
    assert planned.rhythm


def test_the_owners_interval_overrules_the_rhythm() -> None:
    """An interval set for one feed is kept; without `adaptive` every feed has the usual one."""
    feed = replace(FEED, rhythm=rhythm.to_text(known(every(600, 30))))
    assert wished_seconds(feed, ADAPTIVE) > 2 * 3600
    assert wished_seconds(replace(feed, interval_seconds=900), ADAPTIVE) == 900
    assert wished_seconds(feed, PollPolicy()) == 3600


def test_without_overlap_the_wait_is_halved_down_to_the_floor() -> None:
    """F32: a whole document passed between two polls: ask sooner, never sooner than the floor, nor than asked."""
    document = parsed(every(30, 1))
    feed = replace(FEED, last_success_at=NOON - timedelta(hours=3), rhythm=rhythm.to_text(known(every(600, 30))))
    lost = Arrivals(tuple(entry.published_at for entry in document.entries), lost=True)
    policy = replace(ADAPTIVE, interval_seconds=4 * 3600)

    def wait(feed: Feed) -> float:
        at = replan(feed, document, policy, Random(1), wished_seconds, lost).next_poll.at
        return (at - NOON).total_seconds()

    assert wait(feed) == pytest.approx(1.5 * 3600, rel=JITTER)
    assert wait(replace(feed, last_success_at=NOON - timedelta(minutes=40))) == pytest.approx(1800, rel=JITTER)
    assert wait(replace(feed, fresh_seconds=7200)) >= 7200
