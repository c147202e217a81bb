"""Which instants feeds mean, and which they cannot mean."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.feeds.dates import parse_date

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TEN = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)

READ = {
    "RFC 822": ("Mon, 02 Nov 2026 10:00:00 GMT", TEN),
    "offset": ("Mon, 02 Nov 2026 11:00:00 +0100", TEN),
    "offset with colon": ("Mon, 02 November 2026 04:30:00 -05:30", TEN),
    "offset after GMT": ("Mon, 02 Nov 2026 12:00:00 GMT+0200", TEN),
    "offset with a comment": ("Mon, 02 Nov 2026 15:30:00 +0530 (IST)", TEN),
    "American zone": ("Mon, 02 Nov 2026 05:00:00 EST", TEN),
    "European zone": ("2 Nov 26 11:00 CET", TEN),
    "no day name": ("02 Nov 2026 10:00:00 UT", TEN),
    "month first": ("Nov 2, 2026 10:00:00 GMT", TEN),
    "RFC 3339": ("2026-11-02T10:00:00Z", TEN),
    "fraction and offset": ("2026-11-02T11:00:00.123456+01:00", TEN),
    "space for T": ("2026-11-02 10:00:00 UTC", TEN),
    "ISO without a zone is UTC": ("2026-11-02T10:00", TEN),
    "a day": ("2026-11-02", TEN.replace(hour=0)),
    "a day in words": ("Mon, 02 Nov 2026", TEN.replace(hour=0)),
    "seconds since 1970": (str(int(TEN.timestamp())), TEN),
    "milliseconds since 1970": (str(int(TEN.timestamp()) * 1000), TEN),
    "a leap second": ("2026-11-02T09:59:60Z", TEN - timedelta(seconds=1)),
    "two digits of the last century": ("Sun, 06 Nov 94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
    "spaces around": ("  \n2026-11-02T10:00:00Z ", TEN),
    "23 hours ahead": ("2026-11-25T11:00:00Z", NOW + timedelta(hours=23)),
}


@pytest.mark.parametrize(("raw", "instant"), READ.values(), ids=READ)
def test_dates_are_read(raw: str, instant: datetime) -> None:
    """F23: every usual spelling gives its instant in UTC."""
    assert parse_date(raw, NOW) == instant


SENSELESS = {
    "nothing": "",
    "words": "yesterday",
    "no zone": "Mon, 02 Nov 2026 10:00:00",
    "an ambiguous zone": "Mon, 02 Nov 2026 10:00:00 IST",
    "an unknown zone": "2026-11-02T10:00:00 QQT",
    "31 February": "Mon, 31 Feb 2026 10:00:00 GMT",
    "25:61": "Mon, 02 Nov 2026 25:61:00 GMT",
    "month 13": "2026-13-02",
    "never set": "1970-01-01T00:00:00Z",
    "year 1": "Mon, 01 Jan 0001 00:00:00 +0000",
    "before time itself": "0001-01-01T00:00:00+23:00",
    "2099": "2099-01-01T00:00:00Z",
    "25 hours ahead": "2026-11-25T13:00:00Z",
    "a number that is no time": "17",
    "a number in 1972": "99999999",
    "a number too large": "9" * 30,
    "something behind it": "2026-11-02T10:00:00Z or so",
}


@pytest.mark.parametrize("raw", SENSELESS.values(), ids=SENSELESS)
def test_a_date_that_cannot_be_right_is_none(raw: str) -> None:
    """F23: a wrong instant is worse than none."""
    assert parse_date(raw, NOW) is None
