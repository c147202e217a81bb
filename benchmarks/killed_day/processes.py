"""The processes of the play: the product's own jobs, releases and sweeps, with a world of ours around them.

In: a `World` and a `Life`. Out: a coroutine for each kind of process, which ends only by death. Trap: looks are some
seconds apart where the product's are a quarter of one; a day has enough of them.
"""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

from benchmarks.faults.newsroom import Heard
from benchmarks.killed_day.mortal import Board, Job, Killed, Life, MortalDatabase, MortalQueue
from config.settings import DeliverySettings, Settings
from pipeline.alerts.channels import WebhookTarget
from pipeline.articles import Extractor, Hint
from pipeline.errors import StorywatchError, Transient
from pipeline.model import Extract, FeedLease, ParsedFeed, PollResult, Reason, Response, Validators
from pipeline.store import feeds, processes
from pipeline.store.database import Database
from pipeline.transport import Transport
from workers.concurrent import JobFunction
from workers.current_index import CurrentIndex
from workers.delivery_job import DeliveryJobs
from workers.dispatcher import Dispatcher
from workers.lanes import delivery_lane, page_lane
from workers.limits import pace_of
from workers.page_job import PageJobs
from workers.queue import DELIVERIES, PAGES

START = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
BEAT_SECONDS = 12.0  #: not half of what one may be silent
LOOK_SECONDS = 10.0
TAKE_SECONDS = 1.0
POLL_SECONDS = 20.0
POLL_LEASE_SECONDS = 30.0
IN_FLIGHT = 16
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass(slots=True)
class World:
    """What all processes share, and what they see outside."""

    database: Database
    settings: Settings
    show: Callable[[FeedLease], ParsedFeed]  #: what a feed shows when it is asked
    text_of: Callable[[str], str]  #: of the page at an address
    interval_seconds: float  #: of a feed
    dice: Random
    failing: float = 0.05  #: of all requests
    heard: list[Heard] = field(default_factory=list)
    asked: list[tuple[str, float, float]] = field(default_factory=list)  #: pages: address, asked at, answered at
    pages: Board = field(default_factory=lambda: Board(PAGES))
    deliveries: Board = field(default_factory=lambda: Board(DELIVERIES))

    @staticmethod
    def clock() -> datetime:
        """Say what time it is in the play."""
        return START + timedelta(seconds=asyncio.get_running_loop().time())


async def beat(world: World, life: Life, kind: str) -> None:
    """Beat as every process does."""
    database = MortalDatabase(world.database, life, world.dice)
    while True:
        await database.run(processes.beat, life.name, kind, 1, world.clock(), {})
        await life.pass_(BEAT_SECONDS)


async def poller(world: World, life: Life) -> None:
    """Claim feeds, ask them, store what they showed; each of these may be its last deed."""
    database, pace = MortalDatabase(world.database, life, world.dice), pace_of(world.settings)
    while True:
        leases = await database.run(feeds.claim_due, world.clock(), 200, POLL_LEASE_SECONDS, pace)
        await life.pass_(world.dice.uniform(0.1, 3))
        for lease in leases:
            now = world.clock()
            again = now + timedelta(seconds=world.interval_seconds * world.dice.uniform(0.9, 1.1))
            result = PollResult(now, again, Validators(), 200, world.show(lease))
            await database.run(feeds.record_poll, lease, result, 24, world.clock())
        await life.pass_(POLL_SECONDS)


async def dispatcher(world: World, life: Life) -> None:
    """Release and sweep with the product's own dispatcher."""
    database = MortalDatabase(world.database, life, world.dice)
    queues = [MortalQueue(board, life) for board in (world.pages, world.deliveries)]
    lanes = page_lane(queues[0], world.settings), delivery_lane(queues[1], world.settings)
    made = Dispatcher(database, *lanes, clock=world.clock)
    while True:
        for lane in lanes:
            while await made.release(lane):
                await life.pass_(0.25)
        await made.sweeper.sweep()
        await life.pass_(LOOK_SECONDS)


async def worker(world: World, life: Life) -> None:
    """Read pages with the product's own job."""
    database = MortalDatabase(world.database, life, world.dice)
    web = _Web(world, life)
    index = CurrentIndex(database)
    parts = cast("Transport", web), cast("Extractor", web)
    jobs = PageJobs(database, *parts, index, world.settings, holder=life.name, clock=world.clock)
    await _work(world.pages, life, jobs.functions)


async def deliverer(world: World, life: Life) -> None:
    """Send alerts with the product's own job."""
    database = MortalDatabase(world.database, life, world.dice)
    target = WebhookTarget("https://receiver.example/hook", f"whsec_{b64encode(b's' * 24).decode()}")
    made = DeliveryJobs(
        database,
        _Web(world, life),
        {"receiver": target},
        DeliverySettings(),
        Path(),
        holder=life.name,
        timeout_seconds=60,
        clock=world.clock,
    )
    await _work(world.deliveries, life, made.functions)


PROCESSES: Mapping[str, Callable[[World, Life], Coroutine[Any, Any, None]]] = {
    "poller": poller,
    "dispatcher": dispatcher,
    "worker": worker,
    "deliverer": deliverer,
}


async def _work(board: Board, life: Life, functions: Mapping[str, JobFunction]) -> None:
    running: set[asyncio.Task[None]] = set()
    while True:
        board.give_up(asyncio.get_running_loop().time())
        for job in board.take(IN_FLIGHT - len(running), life):
            task = asyncio.create_task(_do(board, functions, job))
            running.add(task)
            task.add_done_callback(running.discard)
        await life.pass_(TAKE_SECONDS)


async def _do(board: Board, functions: Mapping[str, JobFunction], job: Job) -> None:
    try:
        await functions[job.function](job.row_id, job.token)
    except Killed:
        return
    except StorywatchError:
        board.queued[job.job_id] = job
    board.started.pop(job.job_id, None)


class _Web:
    """Pages and receivers, slow by chance and failing now and then; also what takes the text out of a page."""

    def __init__(self, world: World, life: Life) -> None:
        self._world, self._life = world, life

    async def get(self, url: str, **_: object) -> Response:
        asked_at = asyncio.get_running_loop().time()
        await self._life.pass_(self._world.dice.uniform(0.2, 8))
        self._world.asked.append((url, asked_at, asyncio.get_running_loop().time()))
        self._fail_sometimes()
        return Response(url, 200, HTML, b"<p>The page.</p>", 1.0)

    async def extract(self, _: str, url: str, __: Hint) -> Extract:
        await self._life.pass_(self._world.dice.uniform(0, 0.1))
        return Extract(text=self._world.text_of(url), language="en")

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes, **_: object) -> Response:
        await self._life.pass_(self._world.dice.uniform(0.02, 2))
        self._fail_sometimes()
        heard_at = asyncio.get_running_loop().time()
        digest = hashlib.sha256(body).hexdigest()
        self._world.heard.append(Heard(headers["webhook-id"], digest, heard_at, accepted=True))
        await self._life.pass_(self._world.dice.uniform(0.02, 0.5))
        return Response(url, 200, {}, b"", 1.0)

    def _fail_sometimes(self) -> None:
        if self._world.dice.random() < self._world.failing:
            raise Transient(Reason.TIMED_OUT, "it took too long")
