"""The one table from failures to what becomes of the work."""

import pytest

from config.settings import DeliverySettings
from pipeline.errors import Failure, Permanent, Poison, Transient
from pipeline.model import Reason
from workers.outcomes import Outcome, Step, delivery_outcome, page_outcome, spread

SLOW = Transient(Reason.TIMED_OUT)
HANG = Poison(Reason.EXTRACTION_TIMED_OUT)
CRASH = Poison(Reason.EXTRACTION_CRASHED)


def plainly() -> float:
    return 1.0


@pytest.mark.parametrize(
    ("failure", "attempts", "last_reason", "expected"),
    [
        pytest.param(SLOW, 1, None, Outcome(Step.RETRY, Reason.TIMED_OUT, 60), id="first failure"),
        pytest.param(SLOW, 2, None, Outcome(Step.RETRY, Reason.TIMED_OUT, 300), id="second"),
        pytest.param(SLOW, 4, None, Outcome(Step.RETRY, Reason.TIMED_OUT, 7200), id="fourth"),
        pytest.param(SLOW, 5, None, Outcome(Step.USE_FEED, Reason.TIMED_OUT), id="the last try"),
        pytest.param(
            Transient(Reason.HTTP_THROTTLED, retry_after=900), 1, None,
            Outcome(Step.RETRY, Reason.HTTP_THROTTLED, 900), id="the host asked for longer",
        ),
        pytest.param(
            Transient(Reason.HTTP_THROTTLED, retry_after=5), 1, None,
            Outcome(Step.RETRY, Reason.HTTP_THROTTLED, 60), id="the host asked for less",
        ),
        pytest.param(
            Transient(Reason.HTTP_THROTTLED, retry_after=9e9), 1, None,
            Outcome(Step.RETRY, Reason.HTTP_THROTTLED, 86_400), id="the host asked for ages",
        ),
        pytest.param(
            Permanent(Reason.HTTP_NOT_FOUND, status=404), 1, None,
            Outcome(Step.USE_FEED, Reason.HTTP_NOT_FOUND), id="no such page",
        ),
        pytest.param(
            Permanent(Reason.ADDRESS_DENIED), 1, None, Outcome(Step.USE_FEED, Reason.ADDRESS_DENIED), id="denied"
        ),
        pytest.param(
            Permanent(Reason.NAME_UNKNOWN), 2, None,
            Outcome(Step.RETRY, Reason.NAME_UNKNOWN, 300), id="no such name: perhaps our own resolver",
        ),
        pytest.param(
            Permanent(Reason.NAME_UNKNOWN), 3, None, Outcome(Step.USE_FEED, Reason.NAME_UNKNOWN), id="no such name"
        ),
        pytest.param(HANG, 1, None, Outcome(Step.RETRY, Reason.EXTRACTION_TIMED_OUT, 60), id="first poison"),
        pytest.param(HANG, 3, Reason.TIMED_OUT, Outcome(Step.RETRY, HANG.reason, 60), id="first poison, third try"),
        pytest.param(CRASH, 2, HANG.reason, Outcome(Step.QUARANTINE, CRASH.reason), id="second poison"),
        pytest.param(HANG, 9, None, Outcome(Step.RETRY, HANG.reason, 60), id="poison at the last try"),
    ],
)  # fmt: skip
def test_pages(failure: Failure, attempts: int, last_reason: Reason | None, expected: Outcome) -> None:
    """R11: retry with growing waits, then the feed's text; the second poison is quarantined."""
    assert page_outcome(failure, attempts, last_reason, 5, plainly) == expected


@pytest.mark.parametrize(
    ("failure", "attempts", "expected"),
    [
        pytest.param(SLOW, 1, Outcome(Step.RETRY, Reason.TIMED_OUT, 10), id="first failure"),
        pytest.param(SLOW, 4, Outcome(Step.RETRY, Reason.TIMED_OUT, 80), id="doubles"),
        pytest.param(SLOW, 11, Outcome(Step.RETRY, Reason.TIMED_OUT, 3600), id="to the longest"),
        pytest.param(SLOW, 12, Outcome(Step.PARK, Reason.TOO_MANY_ATTEMPTS), id="the last try"),
        pytest.param(
            Transient(Reason.HTTP_THROTTLED, retry_after=120, status=429), 1,
            Outcome(Step.RETRY, Reason.HTTP_THROTTLED, 120), id="429 says when",
        ),
        pytest.param(Permanent(Reason.HTTP_GONE, status=410), 1, Outcome(Step.PARK, Reason.RECEIVER_GONE), id="410"),
        pytest.param(
            Permanent(Reason.HTTP_REFUSED, status=400), 1, Outcome(Step.PARK, Reason.RECEIVER_REFUSED), id="400"
        ),
        pytest.param(
            Permanent(Reason.HTTP_NOT_FOUND, status=404), 1, Outcome(Step.PARK, Reason.RECEIVER_REFUSED), id="404"
        ),
        pytest.param(
            Permanent(Reason.ADDRESS_DENIED), 1, Outcome(Step.PARK, Reason.ADDRESS_DENIED), id="private address"
        ),
        pytest.param(Permanent(Reason.CHANNEL_UNKNOWN), 1, Outcome(Step.PARK, Reason.CHANNEL_UNKNOWN), id="unknown"),
    ],
)  # fmt: skip
def test_deliveries(failure: Failure, attempts: int, expected: Outcome) -> None:
    """R33: back-off that doubles, Retry-After obeyed, refusals parked."""
    settings = DeliverySettings(attempts=12, first_retry_seconds=10, longest_retry_seconds=3600)
    assert delivery_outcome(failure, attempts, settings, plainly) == expected


def test_the_attempts_last_a_day() -> None:
    """R33: with the settings as they come, a receiver may be away for 24 hours or more, and at most 72."""
    settings = DeliverySettings()
    waits = [delivery_outcome(SLOW, attempt, settings, plainly).wait_seconds for attempt in range(1, settings.attempts)]
    assert 24 * 3600 <= sum(waits) <= 72 * 3600


def test_waits_are_spread() -> None:
    """What failed together does not come back together."""
    drawn = {round(spread(), 3) for _ in range(100)}
    assert len(drawn) > 10
    assert 0.8 <= min(drawn) < max(drawn) <= 1.2
