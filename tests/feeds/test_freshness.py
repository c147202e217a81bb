"""How long an answer says it stays fresh."""

from datetime import UTC, datetime

import pytest

from pipeline.feeds.freshness import fresh_seconds

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"

CASES = {
    "nothing": ({}, 0),
    "max-age": ({"cache-control": "public, max-age=600"}, 600),
    "less its age": ({"cache-control": "max-age=43200", "age": "40000"}, 3200),
    "older than it may be": ({"cache-control": "max-age=60", "age": "90"}, 0),
    "an age that is none": ({"cache-control": "max-age=60", "age": "-5, x"}, 60),
    "no-cache": ({"cache-control": "no-cache, max-age=9999"}, 0),
    "no-store": ({"cache-control": "no-store, max-age=9999"}, 0),
    "quoted": ({"cache-control": 'max-age="600"'}, 600),
    "in capitals": ({"cache-control": "Max-Age = 600"}, 600),
    "huge": ({"cache-control": "max-age=99999999999"}, 2**31),
    "negative": ({"cache-control": "max-age=-1"}, 0),
    "garbage": ({"cache-control": "max-age=soon"}, 0),
    "two different": ({"cache-control": "max-age=60, max-age=600"}, 0),
    "the same twice": ({"cache-control": "max-age=60, max-age=60"}, 60),
    "for shared caches only": ({"cache-control": "s-maxage=600"}, 0),
    "expires": ({"expires": "Tue, 24 Nov 2026 13:00:00 GMT", "date": DATE}, 3600),
    "expires by a wrong clock": (
        {"expires": "Tue, 24 Nov 2026 15:00:00 GMT", "date": "Tue, 24 Nov 2026 14:00:00 GMT"}, 3600
    ),
    "expires without a date": ({"expires": "Tue, 24 Nov 2026 12:10:00 GMT"}, 600),
    "expired": ({"expires": "Tue, 24 Nov 2026 11:00:00 GMT", "date": DATE}, 0),
    "expires: 0": ({"expires": "0"}, 0),
    "expires: garbage": ({"expires": "Thu, 99 Foo 2026"}, 0),
    "max-age before expires": ({"cache-control": "max-age=0", "expires": "Tue, 24 Nov 2026 13:00:00 GMT"}, 0),
}  # fmt: skip


@pytest.mark.parametrize(("headers", "seconds"), CASES.values(), ids=CASES)
def test_freshness(headers: dict[str, str], seconds: float) -> None:
    """F10: max-age less Age, or Expires less Date; what is garbled or forbidden to keep says nothing."""
    assert fresh_seconds(headers, NOW) == seconds
