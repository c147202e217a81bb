"""The poller with a real store and a real, misbehaving web server."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import structlog
from sqlalchemy import text

from pipeline.model import FeedState, Pace, Reason, Validators
from pipeline.store import entries, subscriptions
from pipeline.store.database import Database
from tests.feeds.documents import numbered, rss
from tests.origin import Answer, Origin, Seen
from tests.workers.polling import add, feed_answer, polling, stored, stored_entries
from tests.workers.support import eventually
from workers.clock import utc_now

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


async def test_an_entry_is_given_out_once_however_often_its_feed_changes(
    origin: Origin, sqlite_database: Database
) -> None:
    """F16: a hundred entries under another ETag at every poll: a hundred pages to fetch, and none after that."""
    number, body = iter(range(1000)), numbered(*range(100))
    add(sqlite_database, origin.respond("/feed", lambda _: feed_answer(body, ("ETag", f'"{next(number)}"'))))
    counts = []
    async with polling(sqlite_database):
        for _ in range(3):
            await origin.wait_for("/feed", count=len(origin.requests_for("/feed")) + 3)
            with sqlite_database.write() as tx:
                counts.append(len(entries.release(tx, utc_now(), 500, 3600, Pace(0, 1000))))
    assert counts == [100, 0, 0]


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


async def test_renamed_entries_are_one_line_and_no_news(origin: Origin, sqlite_database: Database) -> None:
    """F21: every guid of a feed is rewritten: one line of log, no new entry, whatever is polled after that."""
    renamed = numbered(*range(9)).replace("isPermaLink='false'>", "isPermaLink='false'>tag:new,")
    add(sqlite_database, origin.script("/feed", [feed_answer(numbered(*range(9))), feed_answer(renamed)]))
    with structlog.testing.capture_logs() as logs:
        async with polling(sqlite_database):
            await origin.wait_for("/feed", count=5)
    assert [line["count"] for line in logs if line["event"] == "feed_renamed_its_entries"] == [9]
    assert [identity for identity, _ in stored_entries(sqlite_database)] == [f"tag:new,{n}" for n in range(9)]


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


async def test_a_feed_far_in_the_future_is_not_due(origin: Origin, sqlite_database: Database) -> None:
    """A feed polled once waits its interval, whatever the clock of its server says."""
    late = format_datetime(datetime(2099, 1, 1, tzinfo=UTC))
    add(sqlite_database, origin.serve("/feed", BODY, headers=[("Date", late), ("Expires", late)]))
    other = origin.serve("/other", BODY, host="other.localhost")
    add(sqlite_database, other, interval_seconds=3600)
    async with polling(sqlite_database):
        await origin.wait_for("/feed", count=3)
    assert len(origin.requests_for("/other")) == 1


async def test_every_hop_is_told_who_asks(origin: Origin, sqlite_database: Database) -> None:
    """F25: name, contact, subscribers and feed number, at every hop of every request, with no other name tried."""
    with sqlite_database.write() as tx:
        for name in ("a", "b"):
            subscriptions.add(tx, name, "storm", ["alerts"], now=utc_now())
    origin.script("/old", [Answer.redirect(origin.url("/feed", "other.localhost"), 301), Answer(403)])
    origin.serve("/feed", BODY)
    feed = add(sqlite_database, origin.url("/old"))
    async with polling(sqlite_database):
        await eventually(lambda: stored(sqlite_database, feed).error_count)
    agents = {seen.header("User-Agent") for seen in origin.requests}
    assert agents == {f"Storywatch/0.1.0 (+https://contact.example; 2 subscribers; feed-id={feed.id})"}


async def test_a_temporary_redirect_is_never_stored(origin: Origin, sqlite_database: Database) -> None:
    """F14: a feed added through a 302 keeps the address that was typed, and so do 303 and 307."""
    for status in (302, 303, 307):
        origin.script(f"/{status}", [Answer.redirect("/feed", status)])
    origin.serve("/feed", BODY)
    added = [add(sqlite_database, origin.url(f"/{status}")) for status in (302, 303, 307)]
    async with polling(sqlite_database):
        await origin.wait_for("/feed", count=9)
    for feed in added:
        found = stored(sqlite_database, feed)
        assert (found.url, found.moved_url) == (feed.url, None)


async def test_a_control_byte_in_a_validator_stops_no_feed(origin: Origin, sqlite_database: Database) -> None:
    """S23: an ETag that cannot be sent back is not kept, no header is injected, and the feed goes on."""
    raw = b'HTTP/1.1 200 OK\r\nETag: "a\x01\x7fb"\r\nLast-Modified: x\x0by\r\nContent-Length: %d\r\n\r\n%b'
    feed = add(sqlite_database, origin.serve("/feed", raw=raw % (len(BODY.encode()), BODY.encode())))
    async with polling(sqlite_database):
        await origin.wait_for("/feed", count=3)
        await eventually(lambda: stored(sqlite_database, feed).last_attempt_at)
    assert {conditions(seen) for seen in origin.requests} == {(None, None)}


async def test_keys_in_addresses_are_not_logged_nor_kept_in_errors(origin: Origin, sqlite_database: Database) -> None:
    """S21: what the poller logs and what a feed's trouble says hold no key of its address."""
    canary = "c4n4ryK3y9xQ7w2Z"
    bad = origin.script(f"/{canary}/loop", [Answer.redirect(f"/{canary}/loop?token={canary}")])
    feeds_added = [add(sqlite_database, bad), add(sqlite_database, origin.serve(f"/f?token={canary}", BODY))]
    with structlog.testing.capture_logs() as logs:
        async with polling(sqlite_database):
            await eventually(lambda: stored(sqlite_database, feeds_added[0]).error_count)
            await eventually(lambda: stored(sqlite_database, feeds_added[1]).imported_at)
    assert canary not in str(logs)
    assert "***" in stored(sqlite_database, feeds_added[0]).last_error


async def test_repeated_guids_are_logged_once(origin: Origin, sqlite_database: Database) -> None:
    """F33: a feed that names entries alike at each poll is told of once; mended and broken again, once more."""
    item = "<item><guid>1</guid><title>{}</title></item>"
    twice, once = rss(item.format("One") + item.format("Other")), rss(item.format("One"))
    with structlog.testing.capture_logs() as logs:
        origin.script("/feed", [feed_answer(body) for body in (twice, twice, twice, once, twice, twice)])
        add(sqlite_database, origin.url("/feed"))
        async with polling(sqlite_database):
            await origin.wait_for("/feed", count=8)
    assert [log["count"] for log in logs if log["event"] == "feed_repeats_its_ids"] == [1, 1]
