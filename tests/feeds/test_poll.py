"""What a sequence of answers makes of a feed: conditional requests, truncation, failures; without a network.

The origin here keeps what it was asked with. What really goes over the wire is shown in tests/workers/test_poller.py.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pipeline.errors import Permanent, Transient
from pipeline.feeds.poll import Means, poll
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import Feed, FeedState, PollResult, Reason, Response, Validators
from tests.feeds.documents import numbered

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
A, B, C = (f"https://{name}.example/feed" for name in "abc")
FEED = Feed(1, A, "a.example", "", "", FeedState.ACTIVE, added_at=NOW)
BODY = numbered(1, 2)
OLD = Validators('"old"', "Mon, 23 Nov 2026 10:00:00 GMT", A)


def answer(
    status: int = 200, body: str = "", etag: str = "", last_modified: str = "", url: str = A, **headers: str
) -> Response:
    fields = {"etag": etag, "last-modified": last_modified, **headers}
    redirects = () if url == A else ((301, url),)
    return Response(url, status, {k: v for k, v in fields.items() if v}, body.encode(), 0.1, redirects)


class Fake:
    """Gives its answers in order and remembers what it was asked with; an exception is raised."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Validators]] = []

    async def __call__(self, url: str, validators: Validators) -> Response:
        self.asked.append((url, validators))
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


def means(fake: Fake, clock: Callable[[], datetime] = lambda: NOW) -> Means:
    return Means(fake, PollPolicy(), Random(1), clock)


async def results(fake: Fake, feed: Feed = FEED) -> list[PollResult]:
    """Poll until the answers are used up, each time with what the last poll left to store."""
    found = []
    while fake.answers:
        result = await poll(feed, means(fake), seconds=10)
        feed = replace(feed, validators=result.validators)
        found.append(result)
    return found


OPAQUE = {
    "weak": ('W/"a-1"', ""),
    "without quotes": ("abc", ""),
    "of another coding": ('"x--gzip"', ""),
    "a date of the future": ("", "Sat, 16 Nov 2041 19:11:00 GMT"),
    "no HTTP date": ("", "2026-11-23 10:00"),
    "both": ('"b"', "Mon, 23 Nov 2026 10:00:00 GMT"),
}


@pytest.mark.parametrize(("etag", "last_modified"), OPAQUE.values(), ids=OPAQUE)
async def test_validators_are_kept_as_they_came(etag: str, last_modified: str) -> None:
    """F1: byte for byte, whatever they look like."""
    (result,) = await results(Fake(answer(body=BODY, etag=etag, last_modified=last_modified)))
    assert result.validators == Validators(etag or None, last_modified or None, A)


@pytest.mark.parametrize("etag", ["\u00e9", "x" * 9000, "a\udce9"], ids=["beyond ASCII", "endless", "surrogate"])
async def test_a_validator_that_cannot_come_back_unchanged_is_not_kept(etag: str) -> None:
    """F1: none is better than another one."""
    (result,) = await results(Fake(answer(body=BODY, etag=etag)))
    assert result.validators.etag is None


async def test_the_newest_pair_is_kept() -> None:
    """F2: 200 with the same body, and 304, replace what they carry."""
    fake = Fake(
        answer(body=BODY, etag="1", last_modified="x"),
        answer(body=BODY, etag="2", last_modified="x"),
        answer(304, etag="3"),
        answer(304, last_modified="y"),
    )
    found = [(result.validators.etag, result.validators.last_modified) for result in await results(fake)]
    assert found == [("1", "x"), ("2", "x"), ("3", "x"), ("3", "y")]


async def test_what_a_200_no_longer_sends_is_cleared() -> None:
    """F3: two answers are never mixed."""
    fake = Fake(answer(body=BODY, etag="1", last_modified="x"), answer(body=BODY, last_modified="y"), answer(body=BODY))
    found = [(result.validators.etag, result.validators.last_modified) for result in await results(fake)]
    assert found == [("1", "x"), (None, "y"), (None, None)]


async def test_unchanged_brings_nothing() -> None:
    """A 304 is a success without a document."""
    (result,) = await results(Fake(answer(304)), replace(FEED, validators=OLD))
    assert (result.parsed, result.reason, result.status, result.validators) == (None, None, 304, OLD)


@pytest.mark.parametrize(
    "failure",
    [
        Transient(Reason.TRUNCATED, "60 of 100 bytes"),
        Transient(Reason.HTTP_TEMPORARY, status=503),
        Permanent(Reason.HTTP_NOT_FOUND, status=404),
        answer(body="<html><body>maintenance</body></html>", etag='"new"'),
        answer(body="", etag='"new"'),
        answer(body=BODY[: BODY.index("<item>")], etag='"new"'),
        answer(206, body=BODY, etag='"new"'),
    ],
    ids=["short", "503", "404", "a page", "empty", "cut before the entries", "206"],
)
async def test_a_failure_leaves_the_validators(failure: Response | Exception) -> None:
    """F4, F19: what was not read must come again; the last good state stays."""
    (result,) = await results(Fake(failure), replace(FEED, validators=OLD))
    assert result.reason is not None
    assert result.parsed is None
    assert result.validators == OLD
    assert result.error


async def test_a_document_cut_short_is_read_and_asked_for_again() -> None:
    """F4: its entries are there at once, the others come with the next, unconditional request."""
    cut = BODY[: BODY.rindex("</item>")]
    fake = Fake(answer(body=cut, etag='"new"'), answer(body=BODY, etag='"new"'))
    first, second = await results(fake)
    assert first.parsed is not None
    assert not first.parsed.complete
    assert fake.asked[1][1] == Validators()
    assert second.parsed is not None
    assert len(second.parsed.entries) == 2
    assert second.validators.etag == '"new"'


async def test_a_damaged_document_that_goes_to_its_end_keeps_its_validators() -> None:
    """F4: malformed is not cut; asking for it in full for ever would be rude."""
    (result,) = await results(Fake(answer(body=BODY.replace("Story 1", "Salt & Pepper <b>"), etag='"new"')))
    assert result.parsed is not None
    assert [entry.identity for entry in result.parsed.entries] == ["1", "2"]
    assert result.validators.etag == '"new"'


async def test_validators_carry_the_address_that_sent_them() -> None:
    """F5: behind a redirect it is the last address."""
    fake = Fake(answer(body=BODY, etag="1", url=B), answer(body=BODY, etag="2", url=C))
    found = [result.validators for result in await results(fake)]
    assert found == [Validators("1", None, B), Validators("2", None, C)]
    assert [url for url, _ in fake.asked] == [A, A]


async def test_a_304_from_elsewhere_is_asked_again() -> None:
    """F5: it says nothing about what we hold; one unconditional request follows."""
    fake = Fake(answer(304, url=C), answer(body=BODY, etag="2", url=C))
    (result,) = await results(fake, replace(FEED, validators=Validators("1", None, B)))
    assert [validators.etag for _, validators in fake.asked] == ["1", None]
    assert result.validators == Validators("2", None, C)


async def test_a_304_to_nothing_is_a_failure() -> None:
    """F5: a server that cannot but say 304 is a temporary failure, not an endless loop."""
    fake = Fake(answer(304), answer(304))
    (result,) = await results(fake)
    assert result.reason is Reason.HTTP_TEMPORARY
    assert len(fake.asked) == 2


async def test_retry_after_reaches_the_host() -> None:
    """F8: the poll says until when the host is left alone."""
    (result,) = await results(Fake(Transient(Reason.HTTP_THROTTLED, retry_after=7200, status=429)))
    assert result.host_not_before == NOW + timedelta(hours=2)
    assert result.next_poll_at >= result.host_not_before
    assert (result.reason, result.status) == (Reason.HTTP_THROTTLED, 429)


async def test_freshness_counts_from_a_304_too() -> None:
    """F10: the newest answer says how long it holds."""
    found = await results(
        Fake(answer(304, **{"cache-control": "max-age=43200", "age": "3600"})), replace(FEED, validators=OLD)
    )
    assert found[0].next_poll_at >= NOW + timedelta(seconds=39_600)


async def test_what_a_document_declared_outlives_it() -> None:
    """F31: a 304 has no ttl, so the stored one counts; a new document replaces it at once."""
    slow = replace(FEED, minimum_interval_seconds=4 * 3600, validators=OLD)
    unchanged, changed = await results(Fake(answer(304), answer(body=BODY)), slow)
    assert unchanged.next_poll_at >= NOW + timedelta(hours=4)
    assert changed.next_poll_at < NOW + timedelta(hours=2)


async def test_gone_is_said_the_second_time() -> None:
    """F12: a 410 a day after the first."""
    gone = Permanent(Reason.HTTP_GONE, status=410)
    (first,) = await results(Fake(gone))
    (second,) = await results(Fake(gone), replace(FEED, gone_seen_at=NOW - timedelta(days=1), error_count=1))
    assert (first.gone, second.gone) == (False, True)


async def test_a_poll_ends_in_time() -> None:
    """A server that never ends is a failure that is counted, whatever the transport allows."""

    class Silent(Fake):
        async def __call__(self, url: str, validators: Validators) -> Response:
            await super().__call__(url, validators)
            await asyncio.Event().wait()
            raise AssertionError

    result = await poll(FEED, means(Silent(answer())), seconds=0.05)
    assert result.reason is Reason.TIMED_OUT


async def test_a_mistake_of_ours_is_not_hidden() -> None:
    """Only failures of the other side become results."""
    with pytest.raises(ZeroDivisionError):
        await poll(FEED, means(Fake(ZeroDivisionError())), seconds=10)
