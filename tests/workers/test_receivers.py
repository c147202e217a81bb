"""A receiver that fails, hangs or is gone holds up nobody else (checklist R33)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.settings import DeliverySettings
from pipeline.alerts.channels import Target, WebhookTarget
from pipeline.model import DeliveryState, Match, Reason, Span
from pipeline.store import alerts, deliveries, receivers, subscriptions
from pipeline.store.database import Database
from pipeline.store.deliveries import StoredDelivery
from pipeline.transport import Policy, Transport
from tests.origin.answer import Answer
from tests.origin.server import Origin
from tests.store.making import NOW, article, first, sketch, stored_article
from tests.workers.support import eventually
from tests.workers.test_delivery_job import SECRET
from workers.clock import Clock
from workers.delivery_job import DeliveryJobs
from workers.outcomes import LONGEST_REST, rest_seconds

IN_FLIGHT = 16


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    policy = Policy(30, frozenset(), ("127.0.0.0/8",), "Storywatch/test")
    async with Transport(policy) as opened:
        yield opened


class Receiving:
    """Alerts for many channels, and a worker that takes them as the real one does: so many in flight, no more."""

    def __init__(self, database: Database, transport: Transport, urls: dict[str, str], clock: Clock) -> None:
        self.database = database
        self.clock = clock
        targets: dict[str, Target] = {name: WebhookTarget(url, SECRET) for name, url in urls.items()}
        made = DeliverySettings(concurrency=IN_FLIGHT)
        self.jobs = DeliveryJobs(
            database, transport, targets, made, Path(), holder="w", timeout_seconds=60, clock=clock
        )
        self.running: set[asyncio.Task[None]] = set()

    def raise_alerts(self, channels: list[str], count: int) -> None:
        """Make so many stories that every channel hears of."""
        with self.database.write() as tx:
            asked = subscriptions.add(tx, "dam", "dam", channels, NOW)
            for number in range(1, count + 1):
                article_id = stored_article(tx, number, sketch(str(number)))
                story_id = first(tx, article_id)
                match = Match(asked.id, (Span("text", 4, 7),))
                assert alerts.raise_for(tx, match, article_id, article(number), story_id, "The dam", ["dam"], NOW)

    async def pump(self) -> int:
        """Release what there is room for and start it; counts what was started."""
        self.running = {task for task in self.running if not task.done()}
        with self.database.write() as tx:
            rows = deliveries.release(tx, self.clock(), IN_FLIGHT - len(self.running), 60)
        self.running |= {asyncio.create_task(self.jobs.send_delivery(row.id, row.token)) for row in rows}
        await asyncio.sleep(0.01)
        return len(rows)

    def of(self, channel: str) -> list[StoredDelivery]:
        with self.database.read() as tx:
            return [each for each in deliveries.recent(tx, 10_000) if each.channel == channel]

    def all_sent(self, channels: list[str]) -> bool:
        with self.database.read() as tx:
            known = deliveries.recent(tx, 10_000)
        return all(each.state is DeliveryState.SENT for each in known if each.channel in channels)

    async def settle(self) -> None:
        await asyncio.gather(*self.running)
        self.running.clear()


class FakeClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


async def test_fifty_others_hear_while_one_hangs(
    sqlite_database: Database, transport: Transport, origin: Origin
) -> None:
    """R33: with one receiver hanging on every connection, all others have all their alerts before it lets one go."""
    let_go = asyncio.Event()
    others = [f"hook{n}" for n in range(50)]
    urls = {name: origin.serve(f"/{name}") for name in others}
    urls["hanging"] = origin.serve("/hanging", hold=let_go)
    receiving = Receiving(sqlite_database, transport, urls, FakeClock())
    receiving.raise_alerts(["hanging", *others], 4)
    for _ in range(2_000):
        await receiving.pump()
        if len(origin.requests) >= 4 * len(others) and receiving.all_sent(others):
            break
    assert receiving.all_sent(others)
    assert not let_go.is_set()
    assert not any(each.state is DeliveryState.SENT for each in receiving.of("hanging"))
    let_go.set()
    await receiving.settle()


async def test_a_failing_receiver_rests_and_is_tried_by_one(
    sqlite_database: Database, transport: Transport, origin: Origin
) -> None:
    """R33: after three failures nothing is sent for a while, then one delivery tries, and all follow once it works."""
    origin.script("/hook", [*[Answer(status=503)] * 4, Answer(status=200)])
    clock = FakeClock()
    receiving = Receiving(sqlite_database, transport, {"hook": f"http://127.0.0.1:{origin.port}/hook"}, clock)
    receiving.raise_alerts(["hook"], 8)
    asked = []
    for _ in range(20):
        await receiving.pump()
        await receiving.settle()
        asked.append(len(origin.requests))
        clock.now += timedelta(seconds=5)
    with sqlite_database.read() as tx:
        assert receivers.find(tx, "hook") is None
    assert receiving.all_sent(["hook"])
    assert len(origin.requests) == 8 + 4


def test_what_fails_together_is_one_failure(database: Database) -> None:
    """R33: sixteen deliveries on their way when a receiver goes away make it rest as long as three do."""
    with database.write() as tx:
        for number in range(16):
            failures = receivers.failed(tx, "hook", Reason.TIMED_OUT, NOW + timedelta(seconds=number / 10))
            if seconds := rest_seconds(failures, None):
                receivers.rest(tx, "hook", NOW + timedelta(seconds=seconds))
        assert failures == 3
        later = NOW + timedelta(seconds=rest_seconds(3, None) + 1)
        assert receivers.failed(tx, "hook", Reason.TIMED_OUT, later) == 4


def test_a_rest_is_not_cut_short(database: Database) -> None:
    """R33: a receiver that asked for an hour is not asked sooner because another delivery failed in between."""
    with database.write() as tx:
        receivers.failed(tx, "hook", Reason.HTTP_THROTTLED, NOW)
        receivers.rest(tx, "hook", NOW + timedelta(hours=1))
        receivers.rest(tx, "hook", NOW + timedelta(seconds=10))
        found = receivers.find(tx, "hook")
    assert found
    assert found.rests_until == NOW + timedelta(hours=1)


async def test_a_receiver_that_asks_to_wait_is_left_alone(
    sqlite_database: Database, transport: Transport, origin: Origin
) -> None:
    """R33: `Retry-After` holds for the receiver, not only for the delivery that was told."""
    origin.script("/hook", [Answer(status=429, headers=[("Retry-After", "120")]), Answer(status=200)])
    clock = FakeClock()
    receiving = Receiving(sqlite_database, transport, {"hook": f"http://127.0.0.1:{origin.port}/hook"}, clock)
    receiving.raise_alerts(["hook"], 1)
    await receiving.pump()
    await receiving.settle()
    with sqlite_database.write() as tx:
        other = subscriptions.add(tx, "other", "dam", ["hook"], NOW)
        alerts.raise_for(tx, Match(other.id, ()), 1, article(1), 1, "The dam", ["dam"], NOW)
    clock.now += timedelta(seconds=119)
    assert await receiving.pump() == 0
    clock.now += timedelta(seconds=2)
    assert await receiving.pump() == 1
    await receiving.settle()
    assert len(origin.requests) == 2


async def test_a_gone_receiver_is_not_asked_again(
    sqlite_database: Database, transport: Transport, origin: Origin
) -> None:
    """R33: after 410 nothing is sent to that address; another address, or the operator's word, is asked at once."""
    url = origin.serve("/old", status=410)
    receiving = Receiving(sqlite_database, transport, {"hook": url}, FakeClock())
    receiving.raise_alerts(["hook"], 3)
    await receiving.pump()
    await receiving.settle()
    states = {(each.state, each.reason) for each in receiving.of("hook")}
    assert states == {(DeliveryState.PARKED, Reason.RECEIVER_GONE)}
    asked = len(origin.requests)
    with sqlite_database.write() as tx:
        assert [deliveries.replay(tx, each.id, NOW) for each in receiving.of("hook")] == [True] * 3
    await receiving.pump()
    await receiving.settle()
    assert len(origin.requests) == asked
    moved = Receiving(sqlite_database, transport, {"hook": origin.serve("/new")}, FakeClock())
    with sqlite_database.write() as tx:
        ids = [(each.id, each.public_id) for each in moved.of("hook")]
        assert all(deliveries.replay(tx, number, NOW) for number, _ in ids)
    await moved.pump()
    await moved.settle()
    assert moved.all_sent(["hook"])
    assert {seen.header("webhook-id") for seen in origin.requests_for("/new")} == {public for _, public in ids}


async def test_what_waited_too_long_is_parked(sqlite_database: Database, transport: Transport, origin: Origin) -> None:
    """R33: after three days of failures everything that old is a dead letter, also what only waited."""
    clock = FakeClock()
    receiving = Receiving(sqlite_database, transport, {"hook": origin.serve("/hook", status=503)}, clock)
    receiving.raise_alerts(["hook"], 6)
    for _ in range(4):
        await receiving.pump()
        await receiving.settle()
        clock.now += timedelta(hours=1)
    assert all(each.state is DeliveryState.WAITING for each in receiving.of("hook"))
    clock.now = NOW + timedelta(hours=73)
    await receiving.pump()
    await eventually(lambda: all(each.state is DeliveryState.PARKED for each in receiving.of("hook")))
    await receiving.settle()
    assert {each.reason for each in receiving.of("hook")} == {Reason.TOO_MANY_ATTEMPTS}


def test_how_long_a_receiver_rests() -> None:
    """Not at all after one or two failures, then longer and longer to a bound; its own wish is honoured."""
    assert [rest_seconds(n, None) for n in (1, 2, 3, 4, 5, 50)] == [0, 0, 10, 20, 40, LONGEST_REST]
    assert rest_seconds(1, 120) == 120
    assert rest_seconds(50, 3_600) == 3_600
