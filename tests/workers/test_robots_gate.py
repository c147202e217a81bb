"""Asking a site's robots.txt before its pages, over real sockets and one store (checklist F26)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.errors import Permanent, StoreUnavailable, Transient
from pipeline.model import Reason
from pipeline.store import hosts, robots
from pipeline.store.database import Database
from pipeline.transport import Policy, Transport
from tests.origin.answer import Answer
from tests.origin.server import Origin
from tests.store.making import NO_PACE, NOW
from workers.robots import RobotsGate

FILE = "/robots.txt"
TEXT = [("Content-Type", "text/plain")]
HOST = "127.0.0.1"
LATE = NOW + timedelta(days=30)  #: until when a store that is away is waited for


@dataclass
class Door:
    """Gates over one store, each as another worker has it, and their clock."""

    database: Database
    transport: Transport
    now: datetime = NOW

    def gate(self) -> RobotsGate:
        return RobotsGate(self.database, self.transport, NO_PACE, lambda: self.now)


@pytest.fixture
async def door(sqlite_database: Database) -> AsyncIterator[Door]:
    policy = Policy(5, frozenset(), ("127.0.0.0/8", "localhost"), "Storywatch/test (+https://storywatch.invalid)")
    async with Transport(policy) as transport:
        yield Door(sqlite_database, transport)


async def test_our_own_token_is_obeyed_and_the_file_asked_for_once(door: Door, origin: Origin) -> None:
    """F26: what is closed to us raises, what is open passes, and both need one request."""
    origin.serve(FILE, "User-agent: *\nDisallow: /\n\nUser-agent: storywatch\nDisallow: /private\n", headers=TEXT)
    gate = door.gate()
    await gate.check(origin.url("/news/1"), HOST, LATE)
    with pytest.raises(Permanent) as caught:
        await gate.check(origin.url("/private/1"), HOST, LATE)
    assert caught.value.reason is Reason.ROBOTS_DISALLOWED
    assert len(origin.requests_for(FILE)) == 1


@pytest.mark.parametrize("verb", ["find", "keep"])
async def test_a_store_that_is_away_is_waited_for(
    door: Door, origin: Origin, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """R30, R38: the job does not crash on it, and the site is not asked a second time."""
    origin.serve(FILE, "", headers=TEXT)
    store, failures = getattr(robots, verb), iter([StoreUnavailable("away"), StoreUnavailable("away")])

    def flaky(*args: Any, **kwargs: Any) -> object:
        for failure in failures:
            raise failure
        return store(*args, **kwargs)

    monkeypatch.setattr(robots, verb, flaky)
    await door.gate().check(origin.url("/a"), HOST, LATE)
    assert len(origin.requests_for(FILE)) == 1


async def test_workers_share_a_copy_for_a_day(door: Door, origin: Origin) -> None:
    """A second worker asks nothing while the copy is fresh; after a day it is renewed."""
    origin.script(FILE, [Answer(body="", headers=TEXT), Answer(body="User-agent: *\nDisallow: /", headers=TEXT)])
    await door.gate().check(origin.url("/a"), HOST, LATE)
    await door.gate().check(origin.url("/b"), HOST, LATE)
    assert len(origin.requests_for(FILE)) == 1
    door.now += timedelta(hours=24, seconds=1)
    with pytest.raises(Permanent):
        await door.gate().check(origin.url("/b"), HOST, LATE)
    assert len(origin.requests_for(FILE)) == 2


@pytest.mark.parametrize("answer", [Answer(status=404), Answer(status=401), Answer.redirect("/robots.txt")])
async def test_no_file_allows(door: Door, origin: Origin, answer: Answer) -> None:
    """Any 4xx, and a redirect that leads nowhere, mean that there are no rules."""
    origin.script(FILE, [answer])
    await door.gate().check(origin.url("/a"), HOST, LATE)


@pytest.mark.parametrize("answer", [Answer(status=503), Answer(reset=True)])
async def test_a_server_that_cannot_say_is_asked_again_later(door: Door, origin: Origin, answer: Answer) -> None:
    """5xx and silence forbid for the moment; nobody asks again within ten minutes, then the answer counts."""
    origin.script(FILE, [answer])
    for _ in range(2):
        with pytest.raises(Transient) as caught:
            await door.gate().check(origin.url("/a"), HOST, LATE)
        assert caught.value.reason is Reason.ROBOTS_UNKNOWN
    asked = len(origin.requests_for(FILE))
    origin.serve(FILE, "User-agent: *\nAllow: /\n", headers=TEXT)
    with pytest.raises(Transient):
        await door.gate().check(origin.url("/a"), HOST, LATE)
    assert len(origin.requests_for(FILE)) == asked
    door.now += timedelta(minutes=10, seconds=1)
    await door.gate().check(origin.url("/a"), HOST, LATE)


async def test_a_crawl_delay_becomes_the_hosts_gap(door: Door, origin: Origin) -> None:
    """F17, F26: what a file asks for between two requests holds for whatever is asked of the host, feeds too."""
    origin.serve(FILE, "User-agent: *\nCrawl-delay: 7\n", headers=TEXT)
    with door.database.write() as tx:
        hosts.know(tx, [HOST])
    await door.gate().check(origin.url("/a"), HOST, LATE)
    with door.database.read() as tx:
        assert hosts.rest_of(tx, HOST, door.now).gap_seconds == 7


async def test_rules_at_the_end_of_half_a_megabyte_count(door: Door, origin: Origin) -> None:
    """At least 500 KiB of a file are read, whatever its length."""
    padding = "# nothing to see here, move along\n" * 15_000
    body = f"{padding}User-agent: *\nDisallow: /closed\n{padding}"
    assert len(padding) > 500 * 1024 - 2048
    origin.serve(FILE, body, headers=TEXT)
    with pytest.raises(Permanent):
        await door.gate().check(origin.url("/closed/1"), HOST, LATE)
