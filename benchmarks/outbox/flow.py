"""The way of an article from its entry to its receiver, in a process that may be killed at a point.

In: the database's address, the receiver's, a point. Out: the way gone, or the process dead. Trap: it uses the product's
own verbs and client; only the queue is left out, which carries nothing but ids.
"""

import asyncio
import logging
import os
import random
import signal
from datetime import timedelta
from pathlib import Path
from string import ascii_lowercase

import structlog

from benchmarks.outbox.points import Point
from config.settings import DeliverySettings
from pipeline.accept import accept
from pipeline.alerts import SubscriptionIndex
from pipeline.alerts.channels import WebhookTarget
from pipeline.articles import article_from_feed
from pipeline.model import DeliveryTask, Entry, FetchTask, Pace, ParsedFeed, PollResult, Reason, Validators
from pipeline.store import deliveries, entries, feeds, polls, subscriptions
from pipeline.store.database import Database
from pipeline.stories import sketch
from pipeline.transport import Policy, Transport
from workers.clock import utc_now
from workers.delivery_job import DeliveryJobs

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of a receiver that lives for a minute
CHANNEL = "hook"
WINDOW = timedelta(hours=72)
FREE = Pace(gap_seconds=0.0, concurrency=1_000)
CRASH_LIMIT = 1_000  #: what came back waits behind the others and may be killed again; here that is no fault of its own
LEASE_SECONDS = 600.0


def seed(database_url: str, count: int) -> None:
    """Make a subscription and so many entries, each of a story of its own."""
    database = Database.open(database_url)
    database.migrate()
    now = utc_now()
    shown = tuple(
        Entry(f"id-{n}", f"https://outlet.example/{n}", _text(n)[:60], content=_text(n)) for n in range(1, count + 1)
    )
    with database.write() as tx:
        subscriptions.add(tx, "locks", "lock", [CHANNEL], now)
        feeds.add(tx, "https://outlet.example/rss", now=now)
        [lease] = feeds.claim_due(tx, now, 1, LEASE_SECONDS, FREE)
        parsed = ParsedFeed("Outlet", "", "en", shown, "rss20")
        result = PollResult(now, now + timedelta(days=1), Validators(), 200, parsed)
        polls.record_poll(tx, lease, result, 24, now)
    database.close()


def _text(number: int) -> str:
    """Write a text that shares one word with the others: 80 words of random letters, the same for the same number."""
    dice = random.Random(number)
    words = ("".join(dice.choices(ascii_lowercase, k=8)) for _ in range(80))
    return f"The lock {' '.join(words)}"


def run_round(database_url: str, hook_url: str, name: str, point: Point | None, limit: int) -> None:
    """Take in up to `limit` entries and hand over what is due; dies at the point, if there is one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    database = Database.open(database_url)
    _give_back(database, name)
    for _ in range(limit):
        if not _take_in(database, name, point):
            break
    asyncio.run(_hand_over(database, hook_url, name, point))
    database.close()


def _give_back(database: Database, name: str) -> None:
    """Do as the sweeper does once it finds the process dead that was killed."""
    with database.write() as tx:
        entries.sweep(tx, utc_now(), [f"{name}-killed"], CRASH_LIMIT)
        deliveries.sweep(tx, utc_now(), [f"{name}-killed"], CRASH_LIMIT)


def _take_in(database: Database, name: str, point: Point | None) -> bool:
    holder = _holder(name, point)
    with database.write() as tx:
        rows = entries.release(tx, utc_now(), 1, LEASE_SECONDS, FREE)
        tasks = [entries.start(tx, row.id, row.token, holder, utc_now(), LEASE_SECONDS, FREE) for row in rows]
    for task in tasks:
        if task:
            _accept(database, task, point)
    return bool(tasks)


def _accept(database: Database, task: FetchTask, point: Point | None) -> None:
    article = article_from_feed(task, Reason.HTTP_GONE)
    assert article is not None
    made = sketch(article.title, article.text, article.language)
    with database.write() as tx:
        index = SubscriptionIndex(subscriptions.list_all(tx))
        assert accept(tx, task, article, made, index, WINDOW, utc_now())
        _die_at(Point.BEFORE_COMMIT, point)
    _die_at(Point.AFTER_COMMIT, point)


async def _hand_over(database: Database, hook_url: str, name: str, point: Point | None) -> None:
    policy = Policy(20, frozenset(), ("127.0.0.0/8",), "Storywatch/outbox")
    async with Transport(policy) as transport:
        jobs = _Mortal(database, transport, hook_url, _holder(name, point), point)
        with database.write() as tx:
            rows = deliveries.release(tx, utc_now(), 1_000, LEASE_SECONDS)
        for row in rows:
            await jobs.send_delivery(row.id, row.token)


class _Mortal(DeliveryJobs):
    """The product's own job, which dies where it is told."""

    def __init__(
        self, database: Database, transport: Transport, hook_url: str, holder: str, point: Point | None
    ) -> None:
        targets = {CHANNEL: WebhookTarget(hook_url, SECRET)}
        super().__init__(database, transport, targets, DeliverySettings(), Path(), holder=holder, timeout_seconds=60)
        self._point = point

    async def _deliver(self, task: DeliveryTask) -> str:
        _die_at(Point.AFTER_CLAIM, self._point)
        return await super()._deliver(task)

    async def _note_sent(self, task: DeliveryTask, answer: str) -> None:
        _die_at(Point.AFTER_YES, self._point)
        await super()._note_sent(task, answer)


def _holder(name: str, point: Point | None) -> str:
    return f"{name}-killed" if point else f"{name}-living"


def _die_at(here: Point, point: Point | None) -> None:
    if here is point:
        os.kill(os.getpid(), signal.SIGKILL)
