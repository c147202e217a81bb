"""What a rule would have let through, and how it would have been handed over, without a database or a clock."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from math import inf

import pytest

from pipeline.alerts.forecast import Missing, first_of_languages, forecast, hopeless_below, raised_by, tried_rule
from pipeline.rule import Every, Growth, Quiet, Rule, Schedule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Member:
    """An article of a story; it is dated and stored so many hours after noon as its number says."""

    article_id: int
    outlet: str
    is_copy: bool = False
    language: str = "en"
    story_id: int = 1

    @property
    def text_hash(self) -> bytes:
        return bytes([self.article_id])

    @property
    def stored_at(self) -> datetime:
        return NOON + self.article_id * HOUR

    @property
    def stored(self) -> int:
        return (self.stored_at - EPOCH) // timedelta(microseconds=1)

    published = stored


STORY = [
    Member(1, "gazette"),
    Member(2, "courier", is_copy=True),
    Member(3, "courier"),
    Member(4, "mirror", language="de"),
]


@pytest.mark.parametrize(
    ("rule", "met", "at", "shown"),
    [
        (Rule(outlets=2), {1}, 3, 1),
        (Rule(outlets=2), {1, 2}, 3, 2),
        (Rule(outlets=3), {1}, 4, 1),
        (Rule(outlets=2), {4}, 4, 4),
        (Rule(texts=3), {1, 4}, 4, 4),
        (Rule(growth=Growth(2, 24)), {1}, 2, 1),
        (Rule(growth=Growth(2, 1)), {1}, None, "at least 2 articles in 1 h"),
        (Rule(outlets=4), {1}, None, "at least 4 independent outlets"),
        (Rule(not_before=NOON + 2 * HOUR), {1}, 2, 1),
        (Rule(not_after=NOON), {1}, None, "until 2026-03-01 12:00 UTC"),
        (Rule(first_in_language=True), {1}, 1, 1),
    ],
)
def test_a_story_is_raised_when_the_last_condition_holds(
    rule: Rule, met: set[int], at: int | None, shown: int | str
) -> None:
    """By the article that makes it true, even one that does not meet the query; else it is said what was lacking."""
    raised, missing = raised_by(rule, met, reversed(STORY), {1})
    if at is None:
        assert (raised, missing) == ([], (Missing(str(shown), 1),))
    else:
        assert [(one.raised_at, one.article_id) for one in raised] == [(NOON + at * HOUR, shown)]
        assert missing == ()


def test_only_the_first_of_a_language_begins_a_story() -> None:
    """A story begun by a later article of a language that was met is held back, another language's is not."""
    others = [replace(STORY[0], article_id=5, story_id=2), replace(STORY[3], article_id=6, story_id=3)]
    members = [STORY[0], *others]
    firsts = first_of_languages((member.story_id, member.language) for member in members)
    raised, missing = raised_by(Rule(first_in_language=True), {1, 5, 6}, members, firsts)
    assert [one.story_id for one in raised] == [1, 3]
    assert missing == (Missing("first article of its language", 1),)


@pytest.mark.parametrize(
    ("rule", "single", "digests"),
    [
        (Rule(), 4, 0),
        (Rule(most_per_hour=2), 3, 1),
        (Rule(quiet=Quiet(time(12), time(12, 30))), 1, 1),
        (Rule(digest=Schedule(Every.HOURLY, time(0))), 0, 2),
        (Rule(digest=Schedule(Every.DAILY, time(7))), 0, 1),
    ],
)
def test_it_is_told_how_alerts_would_be_handed_over(rule: Rule, single: int, digests: int) -> None:
    """One by one, or in so many digests, by the rule's digest, quiet hours and hourly limit."""
    instants = [NOON + minutes * timedelta(minutes=1) for minutes in (0, 5, 10, 90)]
    told = forecast(rule, instants, 6, (), NOON)
    assert (told.single_count, told.digest_count, told.held_back_count) == (single, digests, 2)
    assert any("only delay" in remark for remark in told.remarks) == (rule != Rule())


def test_a_rule_that_begins_later_is_tried_as_if_it_held() -> None:
    """Else a trial on the past would say nothing; it is said that it does so, and that updates come on top."""
    rule = Rule(not_before=NOON + HOUR, update_changed=True)
    assert tried_rule(rule, NOON).not_before is None
    assert tried_rule(rule, NOON + 2 * HOUR) == rule
    remarks = " ".join(forecast(rule, [], 0, (), NOON).remarks)
    assert "raises nothing before 2026-03-01 13:00 UTC" in remarks
    assert "updates are not foreseen" in remarks


@pytest.mark.parametrize(
    ("rule", "least"),
    [
        (Rule(outlets=3), 3),
        (Rule(outlets=4, texts=2, growth=Growth(3, 24)), 2),
        (Rule(outlets=3, first_in_language=True), 3),
        (Rule(first_in_language=True), inf),
        (Rule(first_in_language=True, not_after=NOON), 0),
        (Rule(outlets=3, not_after=NOON), 0),
        (Rule(update_changed=True), 0),
    ],
)
def test_small_stories_need_not_be_read(rule: Rule, least: float) -> None:
    """A story with fewer articles than every condition asks lacks them all, and is counted without being read."""
    assert hopeless_below(rule) == least
    if least:
        small = [replace(member, story_id=2) for member in STORY if member.article_id < least]
        assert raised_by(rule, {1}, small) == raised_by(rule, {1}, [], hopeless_count=1)
        assert raised_by(rule, {1}, small)[1]
