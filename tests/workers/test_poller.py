"""The poller with a real store and a real, misbehaving web server."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any, TypeVar

import pytest
import structlog
from sqlalchemy import text

from pipeline.errors import StoreUnavailable
from pipeline.feeds.schedule import PollPolicy
from pipeline.model import FeedState, Pace, Reason, Validators
from pipeline.store import feeds
from pipeline.store.database import Database
from tests.feeds.documents import numbered, rss
from tests.origin import Answer, Origin, Seen
from tests.workers.poller_process import FLOOR, LEASE_SECONDS
from tests.workers.polling import NO_PACE, add, feed_answer, polling, stored, stored_entries
from tests.workers.support import eventually
from workers.clock import utc_now

T = TypeVar("T")

BODY = numbered(1, 2)
E1, E2, E3 = ("ETag", 'W/"a-1"'), ("ETag", "abc"), ("ETag", '"x--gzip"')
L1, L2 = ("Last-Modified", "Sat, 16 Nov 2041 19:11:00 GMT"), ("Last-Modified", "2026-11-23 10:00")


def conditions(seen: Seen) -> tuple[str | None, str | None]:
    return seen.header("If-None-Match"), seen.header("If-Modified-Since")


SEQUENCES = {
    "F1: opaque, byte for byte": ([feed_answer(BODY, E1, L1)], [(None, None), (E1[1], L1[1])]),
    "F1: not even dates": ([feed_answer(BODY, E2, L2)], [(None, None), (E2[1], L2[1])]),
    "F2: only one of both changes": (
        [feed_answer(BODY, E1, L1), feed_answer(BODY, E2, L1), feed_answer(BODY, E3, L1)],
        [(None, None), (E1[1], L1[1]), (E2[1], L1[1]), (E3[1], L1[1])],
    ),
    "F2: a 304 renews": (
        [feed_answer(BODY, E1, L1), Answer(304, headers=[E2, L2]), Answer(304)],
        [(None, None), (E1[1], L1[1]), (E2[1], L2[1]), (E2[1], L2[1])],
    ),
    "F3: a 200 without clears": (
        [feed_answer(BODY, E1, L1), feed_answer(BODY, L2), feed_answer(BODY)],
        [(None, None), (E1[1], L1[1]), (None, L2[1]), (None, None)],
    ),
    "F4: a short body leaves the old": (
        [feed_answer(BODY, E1), feed_answer(numbered(1, 2, 3), E2, cut_at=60), feed_answer(numbered(1, 2, 3), E3)],
        [(None, None), (E1[1], None), (E1[1], None), (E3[1], None)],
    ),
    "F4: a document cut by its generator leaves the old": (
        [feed_answer(BODY, E1), feed_answer(numbered(3, 1, 2)[:-40], E2), feed_answer(numbered(3, 1, 2), E3)],
        [(None, None), (E1[1], None), (E1[1], None), (E3[1], None)],
    ),
    "F19: a page in its place leaves the old": (
        [feed_answer(BODY, E1), Answer(body="<html><body>wait</body></html>", headers=[E2]), feed_answer(BODY, E3)],
        [(None, None), (E1[1], None), (E1[1], None), (E3[1], None)],
    ),
    "F19: an empty body leaves the old": (
        [feed_answer(BODY, E1), Answer(headers=[E2]), feed_answer(BODY, E3)],
        [(None, None), (E1[1], None), (E1[1], None), (E3[1], None)],
    ),
}


@pytest.mark.parametrize(("answers", "expected"), SEQUENCES.values(), ids=SEQUENCES)
async def test_conditional_requests(
    origin: Origin, sqlite_database: Database, answers: list[Answer], expected: list[tuple[str | None, str | None]]
) -> None:
    """F1 to F4, F19: what the next request carries, over several polls."""
    add(sqlite_database, origin.script("/feed", answers))
    async with polling(sqlite_database):
        await origin.wait_for("/feed", count=len(expected))
    assert [conditions(seen) for seen in origin.requests_for("/feed")[: len(expected)]] == expected


async def test_validators_outlive_a_restart(origin: Origin, sqlite_url: str) -> None:
    """F1: the same bytes come from another process tomorrow."""
    origin.serve("/feed", BODY, headers=[E1, L1])
    for count in (1, 2):
        database = Database.open(sqlite_url)
        add(database, origin.url("/feed"))
        async with polling(database):
            await origin.wait_for("/feed", count=count)
        database.close()
    assert conditions(origin.requests_for("/feed")[-1]) == (E1[1], L1[1])


async def test_no_entry_is_missing_after_a_cut(origin: Origin, sqlite_database: Database) -> None:
    """F4: what the cut part held comes with the next poll."""
    document = numbered(*range(20))
    answers = [feed_answer(document, E1, cut_at=900), feed_answer(document[:900], E2), feed_answer(document, E3)]
    feed = add(sqlite_database, origin.script("/feed", answers))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).imported_at)
    assert len(stored_entries(sqlite_database)) == 20
    assert stored(sqlite_database, feed).validators == Validators(E3[1], None, origin.url("/feed"))


async def test_a_failed_commit_loses_nothing(origin: Origin, sqlite_database: Database) -> None:
    """F4: entries and validators are stored together or not at all; an unforeseen error ends one poll, not the loop."""
    feed = add(sqlite_database, origin.serve("/feed", BODY, headers=[E1]))
    other = add(sqlite_database, origin.serve("/other", numbered(), host="other.localhost"))
    with sqlite_database.write() as tx:
        tx.execute(text("CREATE TRIGGER broken BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'no'); END"))
    with structlog.testing.capture_logs() as logs:
        async with polling(sqlite_database, lease_seconds=0.8) as poller:
            await eventually(lambda: poller.detail().get("crashed_count"))
            await origin.wait_for("/other", count=2)
            assert stored_entries(sqlite_database) == []
            assert stored(sqlite_database, feed).validators == Validators()
            with sqlite_database.write() as tx:
                tx.execute(text("DROP TRIGGER broken"))
            await eventually(lambda: len(stored_entries(sqlite_database)) == 2)
    assert conditions(origin.requests_for("/feed")[1]) == (None, None)
    assert stored(sqlite_database, other).last_success_at
    crash = next(line for line in logs if line["event"] == "poll_crashed")
    assert crash["exc_info"].__traceback__ is not None


async def test_validators_stay_with_their_address(origin: Origin, sqlite_database: Database) -> None:
    """F5: A leads to B, later to C: B gets its validators back, A and C never see them."""
    origin.script("/a", [Answer.redirect("/b"), Answer.redirect("/b"), Answer.redirect("/c")])
    origin.script("/b", [feed_answer(BODY, E1), Answer(304)])
    origin.serve("/c", BODY, headers=[E2])
    add(sqlite_database, origin.url("/a"))
    async with polling(sqlite_database):
        await origin.wait_for("/c", count=2)
    assert [conditions(seen) for seen in origin.requests_for("/b")] == [(None, None), (E1[1], None)]
    assert [conditions(seen) for seen in origin.requests_for("/c")[:2]] == [(None, None), (E2[1], None)]
    assert {conditions(seen) for seen in origin.requests_for("/a")} == {(None, None)}


async def test_a_304_from_elsewhere_is_asked_again(origin: Origin, sqlite_database: Database) -> None:
    """F5: a 304 from another address than the validators' brings one unconditional request."""
    origin.script("/a", [feed_answer(BODY, E1), Answer.redirect("/b")])
    origin.script("/b", [Answer(304), feed_answer(numbered(1, 2, 3), E2)])
    add(sqlite_database, origin.url("/a"))
    async with polling(sqlite_database):
        await eventually(lambda: len(stored_entries(sqlite_database)) == 3)
    assert {conditions(seen) for seen in origin.requests_for("/b")[:2]} == {(None, None)}


async def test_an_unchanged_feed_stores_nothing(origin: Origin, sqlite_database: Database) -> None:
    """F16: new validators on the same entries make no work."""
    number = iter(range(1000))
    feed = add(sqlite_database, origin.respond("/feed", lambda _: feed_answer(BODY, ("ETag", f'"{next(number)}"'))))
    async with polling(sqlite_database) as poller:
        await origin.wait_for("/feed", count=5)
        await eventually(lambda: int(str(poller.detail()["polled_count"])) >= 5)
        assert poller.detail()["new_entry_count"] == 2
    assert stored_entries(sqlite_database) == [("1", "waiting"), ("2", "waiting")]
    assert stored(sqlite_database, feed).error_count == 0


async def test_a_page_in_place_of_a_feed_is_seen(origin: Origin, sqlite_database: Database) -> None:
    """F19: the feed says what is wrong, keeps its entries, and recovers."""
    answers = [feed_answer(BODY, E1), Answer(body="<html><title>Log in</title></html>", headers=[E2])]
    feed = add(sqlite_database, origin.script("/feed", answers))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).error_count >= 2)
        broken = stored(sqlite_database, feed)
        origin.serve("/feed", numbered(1, 2, 3))
        await eventually(lambda: stored(sqlite_database, feed).error_count == 0)
    assert (broken.last_reason, broken.last_error) == (Reason.NOT_A_FEED, "the answer is no feed but a web page")
    assert broken.validators.etag == E1[1]
    assert len(stored_entries(sqlite_database)) == 3


async def test_the_first_import_is_quiet(origin: Origin, database: Database) -> None:
    """F24: of a new feed only what is fresh becomes work, the rest is counted."""
    item = "<item><guid>{}</guid><link>https://gazette.example/{}</link><title>t {}</title><pubDate>{}</pubDate></item>"
    old, fresh = (format_datetime(utc_now() - timedelta(hours=hours)) for hours in (100, 1))
    items = "".join(item.format(n, n, n, old) for n in range(500)) + item.format(500, 500, 500, fresh)
    feed = add(database, origin.serve("/feed", rss(items)))
    with structlog.testing.capture_logs() as logs:
        async with polling(database):
            await eventually(lambda: stored(database, feed).imported_at)
    states = [state for _, state in stored_entries(database)]
    assert (states.count("dropped"), states.count("waiting"), len(states)) == (500, 1, 501)
    line = next(line for line in logs if line["event"] == "feed_polled")
    assert (line["dropped_count"], line["new_count"]) == (500, 1)


async def test_two_pollers_share_the_work(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """R28: two pollers on one store: every feed is polled, by both together, never twice within the floor."""
    policy = PollPolicy(interval_seconds=1, floor_seconds=1, ceiling_seconds=60)
    hosts = [f"outlet{n}.localhost" for n in range(12)]
    for host in hosts:
        add(sqlite_database, origin.serve("/feed", BODY, host=host))
    second = Database.open(sqlite_url)
    async with (
        polling(sqlite_database, policy=policy, concurrency=4) as one,
        polling(second, policy=policy, concurrency=4) as other,
    ):
        for host in hosts:
            await eventually(lambda host=host: len(origin.requests_for("/feed", host)) >= 3)
        counts = [int(str(poller.detail().get("polled_count", 0))) for poller in (one, other)]
    second.close()
    assert min(counts) > 0
    for host in hosts:
        times = [seen.at for seen in origin.requests_for("/feed", host)]
        assert min(later - earlier for earlier, later in pairwise(times)) >= 1 - 0.05  # the wire's own delay


async def test_a_poller_that_slept_does_not_ask(origin: Origin, sqlite_database: Database) -> None:
    """R28: a suspended process wakes up with a lease that is over: no request, the feed is another's."""
    add(sqlite_database, origin.serve("/feed", BODY))
    with sqlite_database.write() as tx:
        (lease,) = feeds.claim_due(tx, utc_now(), 1, 60, NO_PACE)
    async with polling(sqlite_database, lease_seconds=60, clock=lambda: utc_now() + timedelta(seconds=50)) as poller:
        await poller._poll(lease)
    assert origin.requests == []


@asynccontextmanager
async def poller_process(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.workers.poller_process", url)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def test_a_suspended_poller_is_replaced(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """R28: another takes over; what the first brings when it wakes up is not stored, and the floor is kept."""
    feed = add(sqlite_database, origin.serve("/feed", BODY, delay_seconds=0.2))
    async with poller_process(sqlite_url) as first:
        await origin.wait_for("/feed", seconds=30)
        first.send_signal(signal.SIGSTOP)
        async with polling(sqlite_database, policy=FLOOR, lease_seconds=LEASE_SECONDS) as second:
            await eventually(lambda: second.detail().get("polled_count", 0) == 2)
            first.send_signal(signal.SIGCONT)
            await origin.wait_for("/feed", count=7)
    times = [seen.at for seen in origin.requests_for("/feed")]
    assert times[1] - times[0] <= LEASE_SECONDS + 1.5
    assert min(later - earlier for earlier, later in pairwise(times)) >= 1 - 0.1  # the wire's own delay
    assert stored(sqlite_database, feed).error_count == 0


async def test_a_killed_poller_keeps_the_floor(origin: Origin, sqlite_url: str, sqlite_database: Database) -> None:
    """F4, F6: killed between answer and record: nothing is lost, and the next request still waits its time."""
    add(sqlite_database, origin.serve("/feed", BODY, headers=[E1], delay_seconds=0.2))
    async with poller_process(sqlite_url) as first:
        await origin.wait_for("/feed", seconds=30)
        first.kill()
    policy = PollPolicy(interval_seconds=4, floor_seconds=4, ceiling_seconds=60)
    async with polling(sqlite_database, policy=policy):
        await eventually(lambda: len(stored_entries(sqlite_database)) == 2)
    first_at, second_at = (seen.at for seen in origin.requests_for("/feed"))
    assert second_at - first_at >= 4 - 0.2  # the wire's own delay
    assert conditions(origin.requests_for("/feed")[1]) == (None, None)


async def test_one_host_is_asked_gently(origin: Origin, sqlite_database: Database) -> None:
    """F17: the starts at one host keep their gap, at most two at once, and other hosts do not wait for it."""
    slow = [origin.serve(f"/{n}", BODY, host="busy.localhost", delay_seconds=0.7) for n in range(4)]
    for url in slow:
        add(sqlite_database, url)
    add(sqlite_database, origin.serve("/", BODY, host="calm.localhost"))
    policy = PollPolicy(interval_seconds=3600, floor_seconds=1800)
    async with polling(sqlite_database, policy=policy, pace=Pace(gap_seconds=0.5, concurrency=2)):
        await eventually(lambda: len(origin.requests) == 5)
    busy = sorted(seen.at for seen in origin.requests if seen.host == "busy.localhost")
    (calm,) = (seen.at for seen in origin.requests if seen.host == "calm.localhost")
    assert min(later - earlier for earlier, later in pairwise(busy)) >= 0.5 - 0.2  # the wire's own delay
    assert busy[-1] - busy[0] >= 3 * 0.5 - 0.2
    assert origin.most_answering_count <= 3
    assert calm < busy[2]


async def test_retry_after_holds_for_the_host(origin: Origin, sqlite_database: Database) -> None:
    """F8: a 429 of one feed keeps its siblings quiet, too."""
    first = add(
        sqlite_database, origin.serve("/1", status=429, headers=[("Retry-After", "3600")], host="busy.localhost")
    )
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, first).error_count)
        add(sqlite_database, origin.serve("/2", BODY, host="busy.localhost"))
        add(sqlite_database, origin.serve("/", BODY, host="calm.localhost"))
        await origin.wait_for("/", count=3)
    assert origin.requests_for("/2") == []
    failed = stored(sqlite_database, first)
    assert failed.last_reason is Reason.HTTP_THROTTLED
    assert failed.next_poll_at is not None
    assert failed.next_poll_at > utc_now() + timedelta(minutes=59)


async def test_gone_stops_polling(origin: Origin, sqlite_database: Database) -> None:
    """F12: 410, and 410 again long enough after: no third request."""
    feed = add(sqlite_database, origin.serve("/feed", status=410))
    other = add(sqlite_database, origin.serve("/other", BODY, host="other.localhost"))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).state is FeedState.GONE)
        await origin.wait_for("/other", count=len(origin.requests_for("/other")) + 3)
    assert len(origin.requests_for("/feed")) == 2
    assert stored(sqlite_database, other).state is FeedState.ACTIVE


async def test_one_clean_request_a_poll(origin: Origin, sqlite_database: Database) -> None:
    """F15: one GET for each poll, without cookies or referrer, that takes feeds of every format."""
    feed = add(sqlite_database, origin.serve("/feed?a=1", BODY, headers=[("Set-Cookie", "id=7; Path=/")]))
    async with polling(sqlite_database) as poller:
        await origin.wait_for("/feed", count=3)
    assert len(origin.requests) == poller.detail()["polled_count"]
    assert stored(sqlite_database, feed).error_count == 0
    for seen in origin.requests:
        assert (seen.method, seen.path) == ("GET", "/feed?a=1")
        assert not {name.lower() for name, _ in seen.headers} & {"cookie", "referer"}
        assert all(kind in (seen.header("Accept") or "") for kind in ("atom+xml", "rss+xml", "feed+json", "*/*"))


async def test_a_stop_lets_polls_end(origin: Origin, sqlite_database: Database) -> None:
    """A poll under way is still stored."""
    feed = add(sqlite_database, origin.serve("/feed", BODY, delay_seconds=0.3))
    async with polling(sqlite_database):
        await origin.wait_for("/feed")
    assert stored(sqlite_database, feed).imported_at
    assert len(stored_entries(sqlite_database)) == 2


async def test_a_stop_does_not_wait_for_ever(origin: Origin, sqlite_database: Database) -> None:
    """A server that never answers holds no process; the lease runs out by itself."""
    feed = add(sqlite_database, origin.serve("/feed", BODY, silent=True))
    async with asyncio.timeout(5):
        async with polling(sqlite_database, grace_seconds=0.1):
            await origin.wait_for("/feed")
    assert stored(sqlite_database, feed).last_success_at is None


class Away(Database):
    """A store that does not answer while `is_away`."""

    is_away = False
    refused_count = 0

    async def run(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        if self.is_away:
            self.refused_count += 1
            raise StoreUnavailable("the database does not answer")
        return await super().run(fn, *args, **kwargs)


async def test_an_absent_store_is_waited_for(origin: Origin, sqlite_url: str) -> None:
    """R19: a poll that cannot be stored is tried again, claims wait, and nothing is lost."""
    database = Away.open(sqlite_url)
    assert isinstance(database, Away)
    feed = add(database, origin.serve("/feed", BODY, delay_seconds=0.2))
    async with polling(database, policy=PollPolicy(interval_seconds=3600)):
        await origin.wait_for("/feed")
        database.is_away = True
        await eventually(lambda: database.refused_count >= 2)
        database.is_away = False
        await eventually(lambda: stored(database, feed).imported_at)
    assert len(origin.requests_for("/feed")) == 1
    assert len(stored_entries(database)) == 2
    database.close()


async def test_idle_looks_are_cheap(sqlite_database: Database) -> None:
    """With nothing due the store is asked once a look."""

    class Counting(Away):
        asked_count = 0

        async def run(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
            self.asked_count += 1
            return await super().run(fn, *args, **kwargs)

    database = Counting.open(sqlite_database.url)
    assert isinstance(database, Counting)
    async with polling(database, look_seconds=0.2):
        await asyncio.sleep(1)
    assert 3 <= database.asked_count <= 7
    database.close()


async def test_a_feed_far_in_the_future_is_not_due(origin: Origin, sqlite_database: Database) -> None:
    """A feed polled once waits its interval, whatever the clock of its server says."""
    late = format_datetime(datetime(2099, 1, 1, tzinfo=UTC))
    add(sqlite_database, origin.serve("/feed", BODY, headers=[("Date", late), ("Expires", late)]))
    other = origin.serve("/other", BODY, host="other.localhost")
    add(sqlite_database, other, interval_seconds=3600)
    async with polling(sqlite_database):
        await origin.wait_for("/feed", count=3)
    assert len(origin.requests_for("/other")) == 1
