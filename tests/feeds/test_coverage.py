"""What counts as an incident of coverage, and when it is over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.feeds import rhythm
from pipeline.feeds.coverage import Tally, feed_findings, findings, is_over
from pipeline.model import CoverageKind, Feed, FeedState

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://a.example/"
FEED = Feed(7, URL, "a.example", "A", "", FeedState.ACTIVE, added_at=NOW - timedelta(days=90), last_success_at=NOW)


def known_until(at: datetime, an_hour: float, count: int = 200) -> str:
    """Give the rhythm of a steady feed whose last entry came then."""
    dates = [at - timedelta(hours=(number + 0.5) / an_hour) for number in range(count)]
    return rhythm.to_text(rhythm.first_rhythm(dates, at))


def kinds(feed: Feed) -> list[CoverageKind]:
    return [finding.kind for finding in feed_findings(feed, NOW)]


@pytest.mark.parametrize(
    ("silent_hours", "an_hour", "count", "quiet"),
    [(30, 1.0, 200, True), (8, 4.0, 200, False), (60, 0.1, 200, False), (200, 0.1, 200, True), (90, 1.0, 6, False)],
    ids=["thirty hours of one an hour", "less than a day", "six expected", "twenty expected", "hardly known"],
)
def test_silence_is_measured_by_the_feeds_own_past(
    silent_hours: float, an_hour: float, count: int, quiet: bool
) -> None:
    """A feed that answers and is silent longer than its rhythm explains is an incident; a slow one is not."""
    feed = replace(FEED, rhythm=known_until(NOW - timedelta(hours=silent_hours), an_hour, count))
    assert kinds(feed) == ([CoverageKind.FEED_QUIET] if quiet else [])


def test_a_night_is_no_silence() -> None:
    """Hours and days count: a feed of office hours is not missed over a long weekend's nights."""
    monday = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    start = datetime(2026, 8, 1, tzinfo=UTC)
    hours = [start + timedelta(minutes=30 * n) for n in range(120 * 48)]
    dates = [at for at in hours if 8 <= at.hour < 17 and at.weekday() < 5 and at < monday]
    feed = replace(FEED, rhythm=rhythm.to_text(rhythm.first_rhythm(dates, dates[-1])), last_success_at=monday)
    assert list(feed_findings(feed, monday)) == []
    assert [f.kind for f in feed_findings(replace(feed, last_success_at=NOW), NOW)] == [CoverageKind.FEED_QUIET]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"error_count": 9, "last_success_at": NOW - timedelta(days=4)}, [CoverageKind.FEED_DEAD]),
        ({"error_count": 9, "last_success_at": NOW - timedelta(days=2)}, []),
        ({"error_count": 9, "last_success_at": None}, [CoverageKind.FEED_DEAD]),
        ({"state": FeedState.GONE}, [CoverageKind.FEED_DEAD]),
        ({"state": FeedState.PAUSED, "error_count": 9, "last_success_at": None}, []),
        ({"gap_at": NOW - timedelta(hours=2), "gap_count": 2}, [CoverageKind.FEED_GAPS]),
        ({"gap_at": NOW - timedelta(hours=2), "gap_count": 1}, []),
        ({"gap_at": NOW - timedelta(days=2), "gap_count": 5}, []),
    ],
    ids=["dead", "away", "never read", "gone", "paused", "outruns us", "once", "long ago"],
)
def test_dead_feeds_and_feeds_that_outrun_us(changed: dict[str, object], expected: Sequence[CoverageKind]) -> None:
    """F11, F32: each state of a feed is told by what is stored of it."""
    assert kinds(replace(FEED, **changed)) == expected  # type: ignore[arg-type]


def found(kind: CoverageKind, tallies: dict[str, Tally]) -> list[str]:
    return [finding.subject for finding in findings([], {kind: tallies}, NOW)]


def test_a_host_whose_pages_give_no_text_any_more() -> None:
    """A yield is compared with the host's own; few pages say nothing."""
    tallies = {
        "fell.example": Tally(40, 300, recent_good=4, past_good=280),
        "poor.example": Tally(40, 300, recent_good=4, past_good=30),
        "few.example": Tally(10, 300, recent_good=0, past_good=280),
        "fine.example": Tally(40, 300, recent_good=35, past_good=280),
    }
    assert found(CoverageKind.HOST_YIELD, tallies) == ["fell.example"]


@pytest.mark.parametrize("kind", [CoverageKind.FOLDER_SHARE, CoverageKind.LANGUAGE_SHARE])
def test_a_share_that_collapses(kind: CoverageKind) -> None:
    """A part of the list that brings next to nothing of what it brought, while the others go on."""
    tallies = {"de": Tally(3, 700), "en": Tally(400, 2000), "fr": Tally(90, 700), "fi": Tally(0, 40)}
    assert found(kind, tallies) == ["de"]
    quiet = {name: Tally(tally.recent // 20, tally.past) for name, tally in tallies.items()}
    assert found(kind, quiet) == []  # all of it fell: that is no share


def test_an_incident_is_over_when_it_has_recovered() -> None:
    """What closes an incident lies apart from what opens it."""
    opened_at = NOW - timedelta(days=1)
    silent = replace(FEED, rhythm=known_until(NOW - timedelta(hours=40), 1.0))
    back = replace(FEED, rhythm=known_until(NOW - timedelta(hours=1), 1.0))

    def over(kind: CoverageKind, feed: Feed | None = None, tally: Tally | None = None) -> bool:
        subject = URL if feed or not tally else "x"
        tallies = {kind: {"x": tally, "y": Tally(100, 700)}} if tally else {}
        return is_over(kind, subject, opened_at, {URL: feed} if feed else {}, tallies, NOW)

    assert [over(CoverageKind.FEED_QUIET, one) for one in (silent, back, None)] == [False, True, True]
    dead = replace(FEED, error_count=4)
    assert [over(CoverageKind.FEED_DEAD, one) for one in (dead, FEED)] == [False, True]
    assert [over(CoverageKind.HOST_YIELD, tally=Tally(40, 300, good, 300)) for good in (25, 36)] == [False, True]
    assert [over(CoverageKind.FOLDER_SHARE, tally=Tally(recent, 700)) for recent in (30, 90)] == [False, True]
