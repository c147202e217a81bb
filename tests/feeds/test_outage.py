"""When nobody answers, and when it is only some."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.feeds.outage import Silence
from pipeline.model import Feed, FeedState, PollResult, Reason, Validators

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
BEFORE = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)


def feed(number: int, host: str = "") -> Feed:
    name = host or f"h{number}.example"
    return Feed(number, f"https://{name}/", name, "", "", FeedState.ACTIVE, AT, last_attempt_at=BEFORE)


def result(reason: Reason | None) -> PollResult:
    return PollResult(AT, AT, Validators(), reason=reason)


LOST = Reason.NAME_UNKNOWN
ROWS = {
    "three hosts": ([(1, "", LOST), (2, "", Reason.TIMED_OUT), (3, "", Reason.CONNECTION_FAILED)], True),
    "two hosts": ([(1, "", LOST), (2, "", LOST)], False),
    "three feeds of one host": ([(n, "one.example", LOST) for n in (1, 2, 3)], False),
    "one host again and again": ([(1, "", LOST)] * 5, False),
    "an answer in between": ([(1, "", LOST), (2, "", LOST), (4, "", None), (3, "", LOST)], False),
    "a refusal in between": ([(1, "", LOST), (2, "", LOST), (4, "", Reason.HTTP_THROTTLED), (3, "", LOST)], False),
    "answers that cannot be read": ([(n, "", Reason.TRUNCATED) for n in (1, 2, 3)], False),
}


@pytest.mark.parametrize(("polls", "suspicious"), ROWS.values(), ids=ROWS)
def test_silence_of_three_hosts_is_suspicious(polls: list[tuple[int, str, Reason | None]], suspicious: bool) -> None:
    """Only hosts that say nothing at all count, and whatever anybody says ends it."""
    silence = Silence()
    for number, host, reason in polls:
        silence.note(feed(number, host), result(reason))
    assert silence.is_suspicious is suspicious


def test_a_feed_asked_twice_in_vain_is_remembered_as_before_the_first() -> None:
    """What is put back is what stood before the outage, not what its first failure made of it."""
    silence = Silence()
    silence.note(feed(1), result(LOST))
    silence.note(replace(feed(1), error_count=1, error_score=1.0), result(LOST))
    assert [(one.feed.error_count, one.last_attempt_at) for one in silence.struck] == [(0, BEFORE)]


def test_a_request_that_timed_out_may_have_arrived() -> None:
    """F6: the distance to it is kept, for its host may have seen it."""
    silence = Silence()
    silence.note(feed(1), result(Reason.TIMED_OUT))
    assert [one.last_attempt_at for one in silence.struck] == [AT]
