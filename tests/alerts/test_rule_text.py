"""Rules as people write them: read, refused with a sentence, written back."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadSettings
from pipeline.rule import Every, Growth, Quiet, Rule, Schedule
from pipeline.rule_text import read_rule, write_rule

TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
INSTANTS = st.integers(0, 10**9).map(lambda n: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=n))
SCHEDULES = (
    st.builds(Schedule, st.just(Every.HOURLY), st.builds(time, st.just(0), st.integers(0, 59)))
    | st.builds(Schedule, st.just(Every.DAILY), TIMES)
    | st.builds(Schedule, st.just(Every.WEEKLY), TIMES, st.integers(0, 6))
)
RULES = st.builds(
    Rule,
    outlets=st.integers(1, 99),
    texts=st.integers(1, 99),
    first_in_language=st.booleans(),
    growth=st.none() | st.builds(Growth, st.integers(2, 999), st.integers(1, 99)),
    not_before=st.none() | INSTANTS,
    not_after=st.none(),
    update_outlets=st.lists(st.integers(2, 999), max_size=5, unique=True).map(lambda n: tuple(sorted(n))),
    update_changed=st.booleans(),
    update_most=st.integers(1, 20),
    quiet=st.none() | st.tuples(TIMES, TIMES).filter(lambda t: t[0] != t[1]).map(lambda t: Quiet(*t)),
    most_per_hour=st.integers(1, 99),
    digest=st.none() | SCHEDULES,
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
)


def test_a_rule_is_read() -> None:
    """Every key comes out as what it means."""
    written = {
        "outlets": 3,
        "growth": "10 in 2d",
        "not_before": "2026-03-01T00:00:00+01:00",
        "update_outlets": [20, 5, 5],
        "quiet": "22:00 - 7:00",
        "digest": "weekly@mon-07:30",
        "timezone": "Europe/Berlin",
    }
    assert read_rule(written) == Rule(
        outlets=3,
        growth=Growth(10, 48),
        not_before=datetime(2026, 2, 28, 23, tzinfo=UTC),
        update_outlets=(5, 20),
        quiet=Quiet(time(22), time(7)),
        digest=Schedule(Every.WEEKLY, time(7, 30), 0),
        timezone="Europe/Berlin",
    )
    assert read_rule({}) == Rule()


@given(RULES)
def test_what_is_written_reads_back(rule: Rule) -> None:
    """A rule survives the store and the file."""
    assert read_rule(write_rule(rule)) == rule


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("outlets", 0),
        ("outlets", True),
        ("outlets", "3"),
        ("texts", -1),
        ("first_in_language", "yes"),
        ("growth", "10"),
        ("growth", "1 in 6h"),
        ("growth", "10 in 9999d"),
        ("not_before", "tomorrow"),
        ("update_outlets", []),
        ("update_outlets", [1]),
        ("update_most", 1000),
        ("quiet", "22:00"),
        ("quiet", "07:00-07:00"),
        ("quiet", "25:00-07:00"),
        ("most_per_hour", 0),
        ("digest", "daily"),
        ("digest", "daily@24:00"),
        ("digest", "weekly@moon-07:30"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../etc/passwd"),
        ("timezone", ""),
        ("sound", "loud"),
    ],
)
def test_what_cannot_be_meant_is_refused(key: str, value: object) -> None:
    """The sentence names the key."""
    with pytest.raises(BadSettings, match=key):
        read_rule({key: value})


def test_all_mistakes_come_at_once() -> None:
    """Nobody mends a rule one refusal at a time; dates that contradict each other are one."""
    with pytest.raises(BadSettings) as caught:
        read_rule({"outlets": 0, "quiet": "late", "digest": "often"})
    assert len(caught.value.problems) == 3
    with pytest.raises(BadSettings, match="later"):
        read_rule({"not_before": "2026-03-02", "not_after": "2026-03-01"})
