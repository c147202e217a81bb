"""Failures as a bad day leaves them: in our store, and as failed jobs where RQ keeps them.

In: a store or a connection, and how many. Out: rows and keys. Hides nothing. Trap: half of the failures are of one host
and one cause, so that a button beside that group has the most to do.
"""

import json
import time
from datetime import UTC, datetime, timedelta

from redis import Redis

from pipeline.model import EntryState, Reason
from pipeline.store import feeds, hosts
from pipeline.store.database import Database
from pipeline.store.samples import SampledStage
from pipeline.store.tables import entries, queue_samples
from pipeline.store.types import key_of

HOSTS, BATCH, MINUTES = 400, 5_000, 24 * 60
REASONS = (Reason.TIMED_OUT, Reason.HTTP_TEMPORARY, Reason.TLS_FAILED, Reason.HTTP_NOT_FOUND, Reason.NAME_UNKNOWN)
NOW = datetime.now(UTC)
Written = bytes | bytearray | memoryview | str | int | float  # what redis-py takes as a field or value


def fill_store(database: Database, count: int) -> None:
    """Store entries that failed: at many hosts, for some reasons, waiting or ended with the feed's text."""
    with database.write() as tx:
        feed_id = feeds.add(tx, "https://feeds.example/rss", now=NOW).id
        hosts.know(tx, {f"host{number}.example" for number in range(HOSTS)})
    for start in range(0, count, BATCH):
        with database.write() as tx:
            tx.execute(
                entries.insert(), [_entry(feed_id, number) for number in range(start, min(start + BATCH, count))]
            )


def _entry(feed_id: int, number: int) -> dict[str, object]:
    spread = number % 2 > 0
    host, waits = f"host{number * 7 % HOSTS if spread else 0}.example", number % 3 > 0
    at = NOW - timedelta(seconds=number)
    plain = dict.fromkeys(("summary", "content", "author", "language", "guid", "published_raw"), "")
    return plain | {
        "feed_id": feed_id,
        "identity": f"id-{number}",
        "identity_key": key_of(f"id-{number}"),
        "url": f"https://{host}/{number}",
        "page_key": key_of(f"https://{host}/{number}"),
        "host": host,
        "title": f"The council of town {number} votes on the harbour",
        "first_seen_at": at,
        "state": EntryState.WAITING if waits else EntryState.DONE,
        "reason": REASONS[number % len(REASONS) if spread else 0],
        "error": "ConnectionTimeoutError: no answer within 30 s",
        "attempts": 2,
        "crashes": 0,
        "next_attempt_at": NOW + timedelta(hours=1),
        "token": 2,
        "finished_at": None if waits else at,
    }


def fill_history(database: Database) -> None:
    """Store how much waited in each minute of the last day."""
    rows = [
        {"stage": stage.value, "at": (NOW - timedelta(minutes=minute)).replace(second=0, microsecond=0)}
        | {
            "waiting_count": minute * 37 % 90_000,
            "queued_count": 64,
            "held_count": 32,
            "oldest_seconds": minute % 4_000,
        }
        for stage in SampledStage
        for minute in range(MINUTES)
    ]
    with database.write() as tx:
        tx.execute(queue_samples.insert(), rows)


def fill_queue(connection: Redis, count: int) -> None:
    """Write failed jobs as RQ does."""
    connection.sadd("rq:queues", "rq:queue:pages")
    when = NOW.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    job: dict[Written, Written] = {
        "created_at": when,
        "enqueued_at": when,
        "ended_at": when,
        "origin": "pages",
        "status": "failed",
        "timeout": 80,
    }
    job |= {
        "data": json.dumps(["fetch_page", None, [1, 1], {}]),
        "description": "fetch_page(1, 1)",
        "exc_info": "Traceback",
    }
    for start in range(0, count, BATCH):
        with connection.pipeline(transaction=False) as many:
            for number in range(start, min(start + BATCH, count)):
                many.hset(f"rq:job:job-{number}", mapping=job)
                many.zadd("rq:failed:pages", {f"job-{number}": time.time() + 86_400 + number})
            many.execute()
