"""What `storywatch feeds check` explains, and what it leaves alone."""

import asyncio
import itertools
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from cli.wiring import feed_rules
from config.settings import Settings
from pipeline.feeds.check import Step
from pipeline.model import Reason
from pipeline.store import feeds
from pipeline.store.database import Database
from tests.feeds.documents import numbered, rss
from tests.origin import Answer, Origin
from tests.store.making import LEASE, NO_PACE, polled
from workers.clock import utc_now
from workers.feed_check import check_address, check_feed

SETTINGS = Settings.model_validate({"fetch": {"allow_private": ["127.0.0.0/8", "::1"], "host_gap_seconds": 0}})
HEADERS = [("ETag", '"1"'), ("Cache-Control", "max-age=7200"), ("Content-Type", "application/rss+xml")]


async def steps(database: Database, text: str, settings: Settings = SETTINGS) -> dict[str, Step]:
    rules = feed_rules(settings)
    looking = check_feed(rules, database, int(text)) if text.isdigit() else check_address(rules, database, text)
    found = await looking
    assert json.dumps([step.data for step in found], default=str)
    return {step.step: step for step in found}


async def test_a_feed_is_explained_step_by_step(origin: Origin, sqlite_database: Database) -> None:
    """Address policy (S20), hops, headers, validators, freshness, format, identities, dates, and the next poll."""
    dated = "<item><guid>a</guid><pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate></item><item><title>b</title></item>"
    channel = "<ttl>60</ttl><skipHours><hour>3</hour></skipHours>"
    origin.serve("/feed", rss(dated, channel=channel), headers=HEADERS)
    origin.script("/old", [Answer.redirect("/feed", 301)])
    found = await steps(sqlite_database, origin.url("/old"))
    assert "private, allowed by fetch.allow_private" in found["name"].says
    assert found["redirect"].data["status"] == 301
    assert found["status"].data["status"] == 200
    assert found["validators"].data["etag"] == '"1"'
    assert found["freshness"].data == {"seconds": 7200}
    assert (found["format"].data["format"], found["format"].data["entries"]) == ("rss20", 2)
    assert found["identities"].data == {"guid": 1, "hash": 1}
    assert (found["dates"].data["usable"], found["dates"].data["absent"]) == (1, 1)
    assert found["asks for"].data["skip_hours"] == (3,)
    assert found["next poll"].data["because"] in {"freshness", "skipped"}
    with sqlite_database.read() as tx:
        assert feeds.list_all(tx) == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(404), Reason.HTTP_NOT_FOUND),
        (Answer(429, headers=[("Retry-After", "600")]), Reason.HTTP_THROTTLED),
        (Answer(body=""), Reason.NOT_A_FEED),
        (Answer(reset=True), Reason.CONNECTION_FAILED),
    ],
    ids=["missing", "throttled", "empty", "reset"],
)
async def test_what_fails_is_named(origin: Origin, sqlite_database: Database, answer: Answer, reason: Reason) -> None:
    """The failure with its reason, the rest that was asked for, and when it would be tried again."""
    found = await steps(sqlite_database, origin.script("/feed", [answer]))
    assert found["failure"].data["reason"] == reason.value
    assert ("rest" in found) is (reason is Reason.HTTP_THROTTLED)
    assert found["next poll"].says


async def test_a_page_names_its_feeds(origin: Origin, sqlite_database: Database) -> None:
    """An address that is a page gets the hint where its feeds lie."""
    page = '<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head><body>x</body></html>'
    found = await steps(sqlite_database, origin.serve("/", page, headers=[("Content-Type", "text/html")]))
    assert found["failure"].data["reason"] == "not_a_feed"
    assert found["feeds of this page"].data["urls"] == [origin.url("/rss.xml")]


async def test_a_private_address_is_refused_and_says_so(origin: Origin, sqlite_database: Database) -> None:
    """S20: without the owner's word nothing private is asked; the step says which address and why."""
    found = await steps(sqlite_database, origin.serve("/feed", numbered(1)), Settings())
    assert "refused: address denied" in found["name"].says
    assert found["failure"].data["reason"] == "address_denied"
    assert origin.requests == []


async def test_a_stored_feed_is_asked_once_within_its_floor(origin: Origin, sqlite_database: Database) -> None:
    """F6, F7: it shows state and plan; the request counts for the poller; a second check does not ask."""
    with sqlite_database.write() as tx:
        feed = feeds.add(tx, origin.serve("/feed", numbered(1), headers=HEADERS), now=utc_now())
    first = await steps(sqlite_database, str(feed.id))
    again = await steps(sqlite_database, feed.url)
    assert "format" in first
    assert first["stored"].data["id"] == feed.id
    assert "politeness leaves it alone" in again["request"].says
    assert again["planned"].data["because"] == "floor"
    assert len(origin.requests) == 1
    with sqlite_database.write() as tx:
        assert feeds.claim_due(tx, utc_now() + timedelta(minutes=29), 9, LEASE, NO_PACE, floor_seconds=1800) == []
        assert feeds.get(tx, feed.id).validators.etag is None


async def test_a_check_says_who_asks(origin: Origin, sqlite_database: Database) -> None:
    """F25: an honest name with contact and subscribers; the number only of a feed that is ours."""
    url = origin.serve("/feed", numbered(1))
    await steps(sqlite_database, url)
    with sqlite_database.write() as tx:
        feed = feeds.add(tx, origin.serve("/other", numbered(1)), now=utc_now())
    await steps(sqlite_database, str(feed.id))
    first, second = (request.header("User-Agent") or "" for request in origin.requests)
    assert re.fullmatch(r"Storywatch/\S+ \(\+https?://\S+; 0 subscribers\)", first)
    assert second == first.replace(")", f"; feed-id={feed.id})")


async def test_a_check_takes_a_slot_of_its_host(origin: Origin, sqlite_database: Database) -> None:
    """F17, S35: checks of one host keep its gap between them, whoever asks for them."""
    urls = [origin.serve(f"/{number}", numbered(1)) for number in range(3)]
    slow = Settings.model_validate({"fetch": {"allow_private": ["127.0.0.0/8"], "host_gap_seconds": 0.3}})
    await asyncio.gather(*(steps(sqlite_database, url, slow) for url in urls))
    times = sorted(request.at for request in origin.requests)
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.15


async def test_a_host_that_rests_is_not_asked(origin: Origin, sqlite_database: Database) -> None:
    """F8: Retry-After holds for looking, too, also at an address that is not stored."""
    with sqlite_database.write() as tx:
        feeds.add(tx, origin.url("/feed"), now=utc_now())
        (lease,) = feeds.claim_due(tx, utc_now(), 9, LEASE, NO_PACE)
        rest: dict[str, Any] = {"host_not_before": utc_now() + timedelta(hours=1), "reason": Reason.HTTP_THROTTLED}
        feeds.record_poll(tx, lease, polled(status=429, **rest), 24, utc_now())
    found = await steps(sqlite_database, origin.serve("/other", numbered(1)))
    assert "politeness leaves it alone" in found["request"].says
    assert origin.requests == []


async def test_keys_are_masked(origin: Origin, sqlite_database: Database) -> None:
    """S21: no step repeats a key of the address, of a hop or of a hint."""
    canary = "c4n4ryK3y9xQ7w2Z"
    origin.script("/a", [Answer.redirect(f"/{canary}/b?token={canary}")])
    page = f'<html><head><link rel="alternate" type="application/rss+xml" href="/{canary}/rss"></head></html>'
    origin.serve(f"/{canary}/b", page, headers=[("Content-Type", "text/html")])
    found = await check_address(feed_rules(SETTINGS), sqlite_database, f"{origin.url('/a')}?key={canary}")
    assert canary not in str(found)
