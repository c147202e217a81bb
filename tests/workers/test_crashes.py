"""A process that dies at any point between a match and its note that the alert was sent."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.model import DeliveryState
from pipeline.store import alerts, deliveries
from pipeline.store.database import Database
from pipeline.transport import Policy, Transport
from tests.origin.server import Origin
from tests.store.making import NOW
from tests.workers.crashing_sender import CRASHED, POINTS
from tests.workers.test_delivery_job import hooked, make_delivery, run_once

ROOT = Path(__file__).parents[2]
ARRIVES_TWICE = {"after body sent", "after the answer"}


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    async with Transport(Policy(90, frozenset(), ("127.0.0.0/8",), "Storywatch/test")) as opened:
        yield opened


@pytest.mark.parametrize("point", POINTS)
async def test_an_alert_outlives_a_crash(
    point: str, sqlite_database: Database, sqlite_url: str, origin: Origin, transport: Transport
) -> None:
    """R4, R3: it reaches the receiver, under one id; twice only if the receiver had it before the crash."""
    answering = asyncio.Event()
    url = origin.serve("/hook", status=204, hold=answering)
    if point not in {"before commit", "after commit"}:
        with sqlite_database.write() as tx:
            make_delivery(tx, "hook")
    if point != "after body sent":
        answering.set()
    await crash_at(point, sqlite_url, url, origin)
    answering.set()
    with sqlite_database.write() as tx:
        raised_count = len(alerts.recent(tx, 9))
        assert raised_count == (point != "before commit")
        if not raised_count:  # the page's job is done again
            make_delivery(tx, "hook")
        deliveries.sweep(tx, NOW + timedelta(seconds=1), ["worker"], 3)
    done = await run_once(sqlite_database, hooked(sqlite_database, transport, url), NOW + timedelta(seconds=2))
    assert done.state is DeliveryState.SENT
    ids = [seen.header("webhook-id") for seen in origin.requests_for("/hook")]
    assert ids == [done.public_id] * (2 if point in ARRIVES_TWICE else 1)


async def crash_at(point: str, database_url: str, hook_url: str, origin: Origin) -> None:
    """Let a process die there; one that waits for the receiver's answer is killed in that."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workers.crashing_sender", point, database_url, hook_url), cwd=ROOT
    )
    try:
        if point == "after body sent":
            await origin.wait_for("/hook")
            process.kill()
        assert await asyncio.wait_for(process.wait(), 90) == (-9 if point == "after body sent" else CRASHED)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
