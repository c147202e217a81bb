"""Statuses and Retry-After as rows (checklist F8)."""

from datetime import UTC, datetime

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.model import Reason, Response
from pipeline.transport import Fields, failure_of_status

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CENTURY = 36_500 * 86_400.0

FAILURES = {
    300: (Permanent, Reason.HTTP_REFUSED),
    302: (Permanent, Reason.HTTP_REFUSED),
    400: (Permanent, Reason.HTTP_REFUSED),
    401: (Permanent, Reason.HTTP_REFUSED),
    402: (Permanent, Reason.HTTP_REFUSED),
    403: (Permanent, Reason.HTTP_REFUSED),
    404: (Permanent, Reason.HTTP_NOT_FOUND),
    406: (Permanent, Reason.HTTP_REFUSED),
    408: (Transient, Reason.HTTP_TEMPORARY),
    410: (Permanent, Reason.HTTP_GONE),
    418: (Permanent, Reason.HTTP_REFUSED),
    425: (Transient, Reason.HTTP_TEMPORARY),
    429: (Transient, Reason.HTTP_THROTTLED),
    451: (Permanent, Reason.HTTP_REFUSED),
    500: (Transient, Reason.HTTP_TEMPORARY),
    502: (Transient, Reason.HTTP_TEMPORARY),
    503: (Transient, Reason.HTTP_TEMPORARY),
    520: (Transient, Reason.HTTP_TEMPORARY),
    999: (Transient, Reason.HTTP_TEMPORARY),
}

WAITS: dict[str, tuple[str, str, float | None]] = {
    "seconds": ("3600", "", 3600),
    "space around": (" 120 ", "", 120),
    "date": ("Sun, 01 Mar 2026 12:10:00 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", 600),
    "server two hours ahead": ("Sun, 01 Mar 2026 14:10:00 GMT", "Sun, 01 Mar 2026 14:00:00 GMT", 600),
    "server two hours behind": ("Sun, 01 Mar 2026 10:10:00 GMT", "Sun, 01 Mar 2026 10:00:00 GMT", 600),
    "date, no clock shown": ("Sun, 01 Mar 2026 12:10:00 GMT", "", 600),
    "date, clock not readable": ("Sun, 01 Mar 2026 12:10:00 GMT", "noon", 600),
    "date of the old kind": ("Sunday, 01-Mar-26 12:10:00 GMT", "", 600),
    "date by another meridian": ("Sun, 01 Mar 2026 13:10:00 +0100", "", 600),
    "beyond a week": ("864000", "", 864_000),
    "a number without end": ("9" * 400, "", CENTURY),
    "date beyond a century": ("Sun, 01 Mar 2199 12:10:00 GMT", "", CENTURY),
    "zero": ("0", "", None),
    "negative": ("-5", "", None),
    "words": ("abc", "", None),
    "exponent": ("1e9", "", None),
    "fraction": ("1.5", "", None),
    "other digits": ("٣٦٠٠", "", None),
    "past date": ("Sun, 01 Mar 2026 11:00:00 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", None),
    "impossible date": ("Sun, 99 Mar 2026 11:00:00 GMT", "", None),
    "date before all time": ("Mon, 01 Jan 0001 00:00:00 +1400", "", None),
    "nothing": ("", "", None),
}


def answer(status: int, **headers: str) -> Response:
    fields = Fields((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items() if value)
    return Response("http://news.example/", status, fields, b"", 0.1)


@pytest.mark.parametrize("status", [200, 204, 226, 304])
def test_good_answers_are_no_failure(status: int) -> None:
    """2xx and 304 are what was asked for."""
    assert failure_of_status(answer(status, Retry_After="60"), NOW) is None


@pytest.mark.parametrize(("status", "expected"), FAILURES.items())
def test_each_status_has_its_failure(status: int, expected: tuple[type[Exception], Reason]) -> None:
    """Every other status is either worth another try or not, under one reason, and carries its number."""
    failure = failure_of_status(answer(status), NOW)
    assert failure is not None
    assert (type(failure), failure.reason, failure.status) == (*expected, status)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("retry_after", "date", "seconds"), WAITS.values(), ids=WAITS.keys())
def test_retry_after_is_understood(status: int, retry_after: str, date: str, seconds: float | None) -> None:
    """F8: seconds and dates by the server's own clock, as long as is asked for; nonsense is not obeyed."""
    failure = failure_of_status(answer(status, Retry_After=retry_after, Date=date), NOW)
    assert isinstance(failure, Transient)
    assert failure.retry_after == seconds


def test_other_statuses_do_not_say_when() -> None:
    """F8: Retry-After counts with 429 and 503 only."""
    failure = failure_of_status(answer(500, Retry_After="60"), NOW)
    assert isinstance(failure, Transient)
    assert failure.retry_after is None
