"""Handing one alert to one channel: what becomes of the delivery."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from config.settings import DeliverySettings
from pipeline.alerts.channels import FileTarget, Target, WebhookTarget
from pipeline.errors import StoreUnavailable
from pipeline.model import DeliveryState, Match, Reason, Span
from pipeline.store import alerts, crashes, deliveries, subscriptions
from pipeline.store.database import Database
from pipeline.store.deliveries import StoredDelivery
from pipeline.transport import Policy, Transport
from tests.origin.answer import Answer
from tests.origin.server import Origin
from tests.store.making import NOW, article, first, sketch, stored_article
from tests.workers.support import eventually
from workers import delivery_job
from workers.channel_slots import ChannelSlots
from workers.crash_notes import TRACEBACK_BYTES, note_delivery_crash
from workers.delivery_job import DeliveryJobs

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    policy = Policy(90, frozenset(), ("127.0.0.0/8",), "Storywatch/test")
    async with Transport(policy) as opened:
        yield opened


def make_delivery(tx: Connection, channel: str) -> None:
    asked = subscriptions.add(tx, "dam", "dam", [channel], NOW)
    article_id = stored_article(tx, 1, sketch())
    story_id = first(tx, article_id)
    match = Match(asked.id, (Span("text", 4, 7),))
    assert alerts.raise_for(tx, match, article_id, article(), story_id, "The dam", ["dam"], NOW)


def jobs(database: Database, transport: Transport, targets: dict[str, Target], folder: Path) -> DeliveryJobs:
    return DeliveryJobs(
        database, transport, targets, DeliverySettings(), folder, holder="worker", timeout_seconds=30, clock=lambda: NOW
    )


def hooked(database: Database, transport: Transport, url: str, **settings: int) -> DeliveryJobs:
    targets: dict[str, Target] = {"hook": WebhookTarget(url, SECRET)}
    made = DeliverySettings(**settings)
    return DeliveryJobs(
        database, transport, targets, made, Path(), holder="worker", timeout_seconds=30, clock=lambda: NOW
    )


async def run_once(database: Database, made: DeliveryJobs, now: datetime = NOW) -> StoredDelivery:
    with database.write() as tx:
        [row] = deliveries.release(tx, now, 10, 60)
    await made.send_delivery(row.id, row.token)
    with database.read() as tx:
        return deliveries.get(tx, row.id)


async def test_an_alert_reaches_its_file(database: Database, transport: Transport, tmp_path: Path) -> None:
    """A delivery that works is sent, with the answer kept."""
    with database.write() as tx:
        make_delivery(tx, "log")
    made = jobs(database, transport, {"log": FileTarget(Path("alerts.jsonl"))}, tmp_path)
    done = await run_once(database, made)
    assert done.state is DeliveryState.SENT
    assert done.answer
    assert done.public_id in (tmp_path / "alerts.jsonl").read_text()


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        pytest.param(Answer(status=204), DeliveryState.SENT, None, id="204"),
        pytest.param(Answer(status=410), DeliveryState.PARKED, Reason.RECEIVER_GONE, id="410"),
        pytest.param(Answer(status=400), DeliveryState.PARKED, Reason.RECEIVER_REFUSED, id="400"),
        pytest.param(Answer(status=404), DeliveryState.PARKED, Reason.RECEIVER_REFUSED, id="404"),
        pytest.param(Answer(status=408), DeliveryState.WAITING, Reason.HTTP_TEMPORARY, id="408"),
        pytest.param(Answer(status=425), DeliveryState.WAITING, Reason.HTTP_TEMPORARY, id="425"),
        pytest.param(Answer(status=429), DeliveryState.WAITING, Reason.HTTP_THROTTLED, id="429"),
        pytest.param(Answer(status=503), DeliveryState.WAITING, Reason.HTTP_TEMPORARY, id="503"),
        pytest.param(Answer(reset=True), DeliveryState.WAITING, None, id="reset"),
    ],
)
async def test_what_an_answer_means(
    sqlite_database: Database,
    transport: Transport,
    origin: Origin,
    answer: Answer,
    state: DeliveryState,
    reason: Reason | None,
) -> None:
    """R33: what is refused is parked, what may pass waits, by the receiver's answer over a real connection."""
    url = origin.script("/hook", [answer])
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
    done = await run_once(sqlite_database, hooked(sqlite_database, transport, url))
    assert done.state is state
    if reason:
        assert done.reason is reason
    if state is DeliveryState.WAITING:
        assert done.next_attempt_at > NOW


async def test_a_hanging_receiver_leaves_room(sqlite_database: Database, transport: Transport, origin: Origin) -> None:
    """R33: while a channel hangs, its next delivery gives its place in the worker away, and no try is counted."""
    url = origin.script("/hook", [Answer(silent=True)])
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
        asked = subscriptions.add(tx, "outlet", "dam", ["hook"], NOW)
        match = Match(asked.id, (Span("text", 4, 7),))
        assert alerts.raise_for(tx, match, 1, article(), 1, "The dam", ["dam"], NOW)
        crowd = deliveries.release(tx, NOW, 10, 60)
    made = hooked(sqlite_database, transport, url, concurrency=1)
    hanging = asyncio.create_task(made.send_delivery(crowd[0].id, crowd[0].token))
    await eventually(lambda: origin.requests)
    await asyncio.wait_for(made.send_delivery(crowd[1].id, crowd[1].token), 60)
    with sqlite_database.read() as tx:
        waiting = deliveries.get(tx, crowd[1].id)
    assert (waiting.state, waiting.attempts) == (DeliveryState.WAITING, 0)
    assert waiting.next_attempt_at > NOW
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging


def test_a_failing_channel_gets_one_slot_until_it_answers() -> None:
    """R33: of sixteen jobs a working channel may use twelve, a failing one a single job, others are not touched."""
    slots = ChannelSlots(16)
    assert [slots.take("a") for _ in range(13)] == [True] * 12 + [False]
    assert slots.take("b")
    for _ in range(12):
        slots.free("a", works=False)
    assert [slots.take("a") for _ in range(2)] == [True, False]
    assert slots.take("b")
    slots.free("a", works=True)
    assert [slots.take("a") for _ in range(2)] == [True, True]


async def test_retries_carry_the_same_id(sqlite_database: Database, transport: Transport, origin: Origin) -> None:
    """R5, R33: the receiver asked for two minutes and gets them; the second try has the id of the first."""
    later = Answer(status=429, headers=[("Retry-After", "120")])
    url = origin.script("/hook", [later, Answer(status=200)])
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
    made = hooked(sqlite_database, transport, url)
    waiting = await run_once(sqlite_database, made)
    assert waiting.next_attempt_at >= NOW + timedelta(seconds=120)
    with sqlite_database.write() as tx:
        assert not deliveries.release(tx, NOW + timedelta(seconds=119), 10, 60)
    done = await run_once(sqlite_database, made, NOW + timedelta(seconds=200))
    assert done.state is DeliveryState.SENT
    ids = [seen.header("webhook-id") for seen in origin.requests_for("/hook")]
    assert len(ids) == 2
    assert set(ids) == {done.public_id}


async def test_an_unknown_channel_is_parked(sqlite_database: Database, transport: Transport, tmp_path: Path) -> None:
    """A channel that the settings no longer name parks its deliveries; they can be replayed."""
    with sqlite_database.write() as tx:
        make_delivery(tx, "forgotten")
    done = await run_once(sqlite_database, jobs(sqlite_database, transport, {}, tmp_path))
    assert (done.state, done.reason) == (DeliveryState.PARKED, Reason.CHANNEL_UNKNOWN)
    with sqlite_database.write() as tx:
        assert deliveries.replay(tx, done.id, NOW)


async def test_a_stale_job_sends_nothing(sqlite_database: Database, transport: Transport, origin: Origin) -> None:
    """R6: a job whose row was given back meanwhile does not even ask the receiver."""
    url = origin.serve("/hook")
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
        [row] = deliveries.release(tx, NOW, 10, 60)
        assert deliveries.give_back(tx, [(row.id, row.token)], NOW) == 1
    await hooked(sqlite_database, transport, url).send_delivery(row.id, row.token)
    assert not origin.requests


async def test_a_stopped_job_lets_its_delivery_wait(
    sqlite_database: Database, transport: Transport, origin: Origin
) -> None:
    """R13: a job cancelled while the receiver hangs puts its row back at once instead of leaving it to the lease."""
    url = origin.script("/hook", [Answer(silent=True)])
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
        [row] = deliveries.release(tx, NOW, 10, 60)
    made = hooked(sqlite_database, transport, url)
    job = asyncio.create_task(made.send_delivery(row.id, row.token))
    await eventually(lambda: origin.requests)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    with sqlite_database.read() as tx:
        assert deliveries.get(tx, row.id).state is DeliveryState.WAITING


async def test_a_store_that_is_away_is_waited_for_after_sending(
    sqlite_database: Database, transport: Transport, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R5: the success is noted when the store is back, and the alert is not sent twice."""
    url = origin.serve("/hook")
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
    note, failures = deliveries.sent, iter([StoreUnavailable("away"), StoreUnavailable("away")])

    def flaky(*args: object) -> bool:
        for failure in failures:
            raise failure
        return note(*args)  # type: ignore[arg-type] - passed through

    monkeypatch.setattr(deliveries, "sent", flaky)
    done = await run_once(sqlite_database, hooked(sqlite_database, transport, url))
    assert done.state is DeliveryState.SENT
    assert len(origin.requests) == 1


async def test_an_exception_nobody_foresaw_leaves_its_traceback(
    sqlite_database: Database, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S21: the job fails, its row is the sweeper's; the crash is kept as its channel's last, without any address."""

    async def broken(*_args: object) -> str:
        raise ZeroDivisionError("tgram://123:opensesame/7 and https://hooks.example/services/opensesame?x=1")

    monkeypatch.setattr(delivery_job, "deliver", broken)
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
        [row] = deliveries.release(tx, NOW, 10, 60)
    with pytest.raises(ZeroDivisionError):
        await hooked(sqlite_database, transport, "https://hooks.example/").send_delivery(row.id, row.token)
    with sqlite_database.read() as tx:
        assert deliveries.get(tx, row.id).state is DeliveryState.SENDING
        kept = crashes.find(tx, crashes.place_of_channel("hook"))
    assert kept
    assert (kept.at, kept.url, kept.attempts) == (NOW, "", 1)
    assert kept.traceback.startswith("Traceback")
    assert "ZeroDivisionError: tgram://… and https://…" in kept.traceback
    assert "opensesame" not in kept.traceback


async def test_no_half_of_an_address_is_left_where_a_traceback_is_cut(sqlite_database: Database) -> None:
    """S21: addresses go before the beginning of a long traceback does."""
    with sqlite_database.write() as tx:
        make_delivery(tx, "hook")
        [row] = deliveries.release(tx, NOW, 10, 60)
        task = deliveries.start(tx, row.id, row.token, "sender", NOW, 60)
    assert task
    error = ValueError("tgram://123:opensesame/7 " + "x" * (TRACEBACK_BYTES - 20))
    await note_delivery_crash(sqlite_database, task, error, NOW)
    with sqlite_database.read() as tx:
        kept = crashes.find(tx, crashes.place_of_channel("hook"))
    assert kept
    assert "opensesame" not in kept.traceback
