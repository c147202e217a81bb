"""The queues: what is put on them and what can be asked."""

import json
import zlib

import pytest
from redis import Redis
from rq.job import Job

from pipeline.errors import QueueUnavailable
from pipeline.store import deliveries, entries
from pipeline.store.database import Database
from tests.store.making import LEASE, NO_PACE, NOW, entry, show
from tests.store.test_deliveries import raised
from tests.workers.support import rows
from workers.bookkeeping import Bookkeeper, Ended
from workers.queue import DELIVERIES, PAGES, WorkQueue
from workers.server import connect


def test_a_job_carries_only_ids_token_and_version(valkey: Redis) -> None:
    """R27, R7: ids and token, JSON, short lives, tries again."""
    row = rows(1)[0]
    WorkQueue(PAGES, valkey).enqueue("fetch_page", [row], 60)
    stored = valkey.hgetall(Job.key_for(row.job_id))
    assert json.loads(zlib.decompress(stored[b"data"])) == ["fetch_page", None, [row.id, row.token], {"version": 1}]
    assert int(stored[b"result_ttl"]) <= 60
    assert int(stored[b"failure_ttl"]) <= 7 * 86_400
    assert int(stored[b"retries_left"]) == 3
    assert int(stored[b"timeout"]) == 60


def test_many_jobs_take_little_memory(valkey: Redis) -> None:
    """R27: of 5,000 jobs, 500 of which failed with a traceback, each takes 2 KB at most."""
    queue, before = WorkQueue(PAGES, valkey), _used_bytes(valkey)
    queue.enqueue("fetch_page", rows(5_000), 60)
    keeper = Bookkeeper(queue, {"fetch_page"}, "books")
    keeper.begin()
    taken = keeper.take(500, 1)
    for one in taken:
        one.job.retries_left = 0
    keeper.record([Ended(one, "Traceback: the page could not be read\n" * 500) for one in taken])
    assert (queue.failed_count(), queue.depth()) == (500, 4_500)
    assert _used_bytes(valkey) - before < 5_000 * 2_048


def _used_bytes(valkey: Redis) -> int:
    return int(valkey.info("memory")["used_memory"])


def test_no_key_of_an_address_reaches_the_queue(sqlite_database: Database, valkey: Redis) -> None:
    """S21: after pages and deliveries of keyed addresses were queued, no key of the store holds anything of them."""
    canary = "c4n4ry0f7e5t5c4n4ry"
    with sqlite_database.write() as tx:
        raised(tx)
        show(
            tx, entry(1, url=f"https://outlet.example/1?key={canary}"), url=f"https://feeds.example/rss?token={canary}"
        )
        pages, sent = entries.release(tx, NOW, 9, LEASE, NO_PACE), deliveries.release(tx, NOW, 9, LEASE)
    assert pages
    assert sent
    WorkQueue(PAGES, valkey).enqueue("fetch_page", pages, 60)
    WorkQueue(DELIVERIES, valkey).enqueue("deliver", sent, 60)
    jobs = [valkey.hgetall(key) for key in valkey.scan_iter("rq:job:*")]
    assert len(jobs) == len(pages) + len(sent)
    for job in jobs:
        held = [zlib.decompress(job.pop(b"data")), *job.values()]
        assert not [value for value in held if canary.encode() in value or b"example" in value]
    assert not [key for key in valkey.scan_iter() if canary.encode() in key or canary.encode() in valkey.dump(key)]


def test_places_and_depth_follow_the_jobs(valkey: Redis) -> None:
    """A job is found where it stands; one whose id fell out of every list is not, though its hash says queued."""
    queue = WorkQueue(PAGES, valkey)
    made = rows(4)
    ids = [row.job_id for row in made]
    queue.enqueue("fetch_page", made, 60)
    valkey.lmove(queue.rq.key, queue.intermediate_key)
    valkey.lrem(queue.rq.key, 1, ids[3])
    places = queue.places()
    assert places.taken == {ids[0]}
    assert places.queued == {ids[1], ids[2]}
    assert places.count == queue.depth() == 3
    assert WorkQueue(DELIVERIES, valkey).depth() == 0


def test_the_same_row_can_be_queued_again_after_a_failure(valkey: Redis) -> None:
    """R23, R24: every job has an id of its own, so nothing that stays in Redis blocks a row."""
    queue = WorkQueue(PAGES, valkey)
    first, second = rows(1)[0], rows(1)[0]
    queue.enqueue("fetch_page", [first], 60)
    valkey.delete(queue.rq.key)
    valkey.zadd(queue.rq.failed_job_registry.key, {first.job_id: 9e9})
    queue.enqueue("fetch_page", [second], 60)
    assert first.id == second.id
    assert queue.places().queued == {second.job_id}
    assert queue.failed_count() == 1


def test_a_dead_server_is_unavailable() -> None:
    """R14: every question to an absent server ends in the one error that loops wait for."""
    queue = WorkQueue(PAGES, connect("redis://127.0.0.1:1"))
    for ask in (queue.depth, queue.places, queue.failed_count, lambda: queue.enqueue("fetch_page", rows(1), 60)):
        with pytest.raises(QueueUnavailable):
            ask()


def test_a_full_server_is_unavailable(valkey: Redis) -> None:
    """R17: out of memory is back-pressure, not a crash."""
    valkey.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(QueueUnavailable, match="OutOfMemory"):
            WorkQueue(PAGES, valkey).enqueue("fetch_page", rows(1), 60)
    finally:
        valkey.config_set("maxmemory", "0")
