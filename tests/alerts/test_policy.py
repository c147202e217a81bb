"""Conditions, updates, quiet hours, limits and digests, decided without a database or a clock."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alerts.policy import Told, clauses, due_update, hold_for, holds, next_hold, novelty
from pipeline.alerts.policy.times import next_due, quiet_until
from pipeline.rule import Every, Growth, Hold, HoldReason, Quiet, Rule, Schedule, StoryState, UpdateReason

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def state(**values: int) -> StoryState:
    plain = {
        "article_count": 5,
        "text_count": 3,
        "outlet_count": 4,
        "independent_outlet_count": 2,
        "grown_count": 5,
        "first_in_language": False,
    }
    return StoryState(**(plain | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "held"),
    [
        (Rule(), True),
        (Rule(outlets=2), True),
        (Rule(outlets=3), False),
        (Rule(texts=3), True),
        (Rule(texts=4), False),
        (Rule(first_in_language=True), False),
        (Rule(growth=Growth(5, 6)), True),
        (Rule(growth=Growth(6, 6)), False),
        (Rule(not_before=NOW), True),
        (Rule(not_before=NOW + timedelta(seconds=1)), False),
        (Rule(not_after=NOW), True),
        (Rule(not_after=NOW - timedelta(seconds=1)), False),
        (Rule(outlets=2, texts=4), False),
    ],
)
def test_conditions(rule: Rule, held: bool) -> None:
    """All must hold; independent outlets count, not all outlets; bounds are included."""
    assert holds(rule, state(), NOW) is held
    assert all(clause.holds for clause in clauses(rule, state(), NOW)) is held


def test_each_clause_says_what_was_found() -> None:
    """The answer to "why not": wanted, found, and whether that is enough."""
    found = {each.key: (each.found, each.holds) for each in clauses(Rule(outlets=3, texts=2), state(), NOW)}
    assert found == {"outlets": ("2", False), "texts": ("3", True)}


@pytest.mark.parametrize(
    ("told", "outlets", "changed", "due"),
    [
        (Told(0, 1), 4, False, None),
        (Told(0, 1), 5, False, UpdateReason.OUTLETS),
        (Told(0, 5), 19, False, None),
        (Told(1, 5), 20, False, UpdateReason.OUTLETS),
        (Told(0, 4), 30, False, UpdateReason.OUTLETS),
        (Told(1, 5), 6, True, UpdateReason.CHANGED),
        (Told(2, 5), 20, True, None),
    ],
)
def test_updates(told: Told, outlets: int, changed: bool, due: UpdateReason | None) -> None:
    """A threshold is told of once, thresholds passed together are one update, and `update_most` ends it."""
    rule = Rule(update_outlets=(5, 20), update_changed=True, update_most=2)
    assert due_update(rule, told, state(outlet_count=outlets), changed=changed) is due


@pytest.mark.parametrize(
    ("headline", "new"),
    [
        ("dam broke at dawn", False),
        ("minister resigns over dam", True),
        ("dam death toll reaches 40", True),
        ("dam broke, say officials", False),
        ("", False),
    ],
)
def test_what_is_new(headline: str, new: bool) -> None:
    """A headline brings news if at least half of its longer words, and two, stand nowhere in the story."""
    known = ["the", "dam", "of", "velin", "broke", "at", "dawn", "say", "local", "officials"]
    assert novelty(headline.replace(",", "").split(), known) is new


def test_daily_across_the_clocks_changes() -> None:
    """02:30 in Berlin: once a day; on the day without it at the jump, on the day with two at the first."""
    daily = Schedule(Every.DAILY, time(2, 30))
    dues = [datetime(2026, 3, 27, 12, tzinfo=UTC)]
    for _ in range(3):
        dues.append(next_due(daily, BERLIN, dues[-1]))
    assert [due.astimezone(ZoneInfo(BERLIN)).strftime("%d %H:%M") for due in dues[1:]] == [
        "28 02:30",
        "29 03:00",
        "30 02:30",
    ]
    autumn = next_due(daily, BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_due(daily, BERLIN, autumn) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_weekly_and_hourly() -> None:
    """A week apart in local time; an hour apart in the world's, also through the hour that comes twice."""
    weekly = Schedule(Every.WEEKLY, time(7, 30), 0)
    first = next_due(weekly, BERLIN, datetime(2026, 3, 24, tzinfo=UTC))
    assert first == datetime(2026, 3, 30, 5, 30, tzinfo=UTC)
    assert next_due(weekly, BERLIN, first) == datetime(2026, 4, 6, 5, 30, tzinfo=UTC)
    assert next_due(weekly, BERLIN, first - timedelta(seconds=1)) == first
    dues = [datetime(2026, 10, 24, 23, 45, tzinfo=UTC)]
    for _ in range(4):
        dues.append(next_due(Schedule(Every.HOURLY, time(0, 30)), BERLIN, dues[-1]))
    assert [due.strftime("%H:%M") for due in dues[1:]] == ["00:30", "01:30", "02:30", "03:30"]
    half = next_due(Schedule(Every.HOURLY, time(0, 0)), "Asia/Kolkata", datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    assert half == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@given(
    st.sampled_from([Every.HOURLY, Every.DAILY, Every.WEEKLY]),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 6),
    st.sampled_from([BERLIN, "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "UTC"]),
    st.integers(0, 8_700),
)
def test_digests_come_one_after_the_other(
    every: Every, hour: int, minute: int, weekday: int, zone: str, start: int
) -> None:
    """Whatever the clocks do, the next digest is later and never much more than a period away."""
    schedule = Schedule(every, time(0 if every is Every.HOURLY else hour, minute), weekday)
    dues = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=start)]
    for _ in range(4):
        dues.append(next_due(schedule, zone, dues[-1]))
    longest = {Every.HOURLY: 1.0, Every.DAILY: 25.5, Every.WEEKLY: 7 * 24 + 1.5}[every]
    for earlier, later in pairwise(dues):
        assert timedelta(0) < later - earlier <= timedelta(hours=longest)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (datetime(2026, 3, 1, 20, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 1, 21, 0, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)),
        (datetime(2026, 3, 2, 5, 59, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)),
        (datetime(2026, 3, 2, 6, 0, tzinfo=UTC), None),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),
    ],
)
def test_quiet_hours_run_over_midnight(moment: datetime, until: datetime | None) -> None:
    """22:00-07:00 in Berlin, the night of the changed clock included; the end belongs to the day."""
    assert quiet_until(Quiet(time(22), time(7)), BERLIN, moment) == until


def test_what_holds_an_alert() -> None:
    """A digest before quiet hours before the limit; what the limit holds comes when the hour of the first is over."""
    night = datetime(2026, 3, 1, 23, tzinfo=UTC)
    quiet = Quiet(time(22), time(7))
    assert hold_for(Rule(), NOW, []) is None
    assert hold_for(Rule(quiet=quiet), NOW, []) is None
    assert hold_for(Rule(quiet=quiet), night, []) == Hold(datetime(2026, 3, 2, 7, tzinfo=UTC), HoldReason.QUIET)
    daily = Rule(digest=Schedule(Every.DAILY, time(6)), quiet=quiet)
    assert hold_for(daily, night, []) == Hold(datetime(2026, 3, 2, 7, tzinfo=UTC), HoldReason.DIGEST)
    two = Rule(most_per_hour=2)
    at = [NOW - timedelta(minutes=50), NOW - timedelta(minutes=10)]
    assert hold_for(two, NOW, at[1:]) is None
    assert hold_for(two, NOW, at) == Hold(at[0] + timedelta(hours=1), HoldReason.LIMIT)
    assert hold_for(two, NOW + timedelta(minutes=10), at) is None


def test_after_a_closed_digest_comes_another() -> None:
    """What cannot join a digest that is on its way joins the next one of the rule, or one an hour later."""
    daily = Rule(digest=Schedule(Every.DAILY, time(6)))
    six = datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert next_hold(daily, HoldReason.DIGEST, six).until == six + timedelta(days=1)
    assert next_hold(Rule(), HoldReason.LIMIT, six).until == six + timedelta(hours=1)
