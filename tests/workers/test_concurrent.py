"""The worker that keeps many jobs in flight."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from redis import Redis
from rq import Worker

from pipeline.errors import Unusable
from tests.valkey_fixtures import RunningValkey
from tests.workers.support import eventually, rows, working, zmembers
from workers import concurrent
from workers.concurrent import ConcurrentWorker
from workers.queue import PAGES, WorkQueue


@pytest.fixture(autouse=True)
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let heartbeats and second tries come every half second."""
    monkeypatch.setattr(concurrent, "BEAT_SECONDS", 1)


async def test_jobs_run_at_once_and_each_once(valkey: Redis, valkey_url: str) -> None:
    """Of a hundred jobs fifty are in flight together, never more, and none runs twice."""
    ran: Counter[tuple[int, int]] = Counter()
    most = 0
    at_once = 0
    full = asyncio.Event()

    async def fetch(entry_id: int, token: int) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        if at_once == 50:
            full.set()
        await full.wait()
        await asyncio.sleep(0.05)  # room for a fifty-first that should not be
        at_once -= 1
        ran[entry_id, token] += 1

    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(100), 60)
    async with working(valkey_url, {"fetch": fetch}, concurrency=50):
        await eventually(lambda: len(ran) == 100)
    assert most == 50
    assert set(ran.values()) == {1}


async def test_registries_show_the_truth(valkey: Redis, valkey_url: str) -> None:
    """R25: started while it runs, finished or failed after, and nothing left behind."""
    go_on = asyncio.Event()

    async def fetch(entry_id: int, _token: int) -> None:
        await go_on.wait()
        if entry_id == 2:
            raise ValueError("this one is broken")

    queue = WorkQueue(PAGES, valkey)
    good, bad = rows(2)
    queue.enqueue("fetch", [good, bad], 60)
    async with working(valkey_url, {"fetch": fetch}):
        await eventually(lambda: queue.places().started == {good.job_id, bad.job_id})
        assert [w.get_state() for w in Worker.all(connection=valkey)] == ["busy"]
        assert valkey.hget(f"rq:job:{good.job_id}", "status") == b"started"
        go_on.set()
        await eventually(lambda: not queue.places().started)
        await eventually(lambda: good.job_id in zmembers(valkey, queue.rq.finished_job_registry.key))
        await eventually(lambda: queue.places().scheduled == {bad.job_id})
        valkey.hset(f"rq:job:{bad.job_id}", "retries_left", 0)
        valkey.zadd(queue.rq.scheduled_job_registry.key, {bad.job_id: 1})
        await eventually(lambda: bad.job_id in zmembers(valkey, queue.rq.failed_job_registry.key))
    assert 0 < valkey.ttl(f"rq:job:{good.job_id}") <= 60
    assert 0 < valkey.ttl(f"rq:job:{bad.job_id}") <= 7 * 86_400
    assert queue.depth() == 0
    assert not Worker.all(connection=valkey)
    assert not valkey.keys("rq:execution*")


async def test_a_failed_job_is_tried_again(valkey: Redis, valkey_url: str) -> None:
    """R7: a job that fails comes back by itself."""
    tries = 0

    async def fetch(_entry_id: int, _token: int) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConnectionError("the store is away")

    queue = WorkQueue(PAGES, valkey)
    row = rows(1)[0]
    queue.enqueue("fetch", [row], 60)
    async with working(valkey_url, {"fetch": fetch}):
        await eventually(lambda: queue.places().scheduled)
        valkey.zadd(queue.rq.scheduled_job_registry.key, {row.job_id: 1})
        await eventually(lambda: tries == 2)


async def test_a_limit_cannot_be_swallowed(valkey: Redis, valkey_url: str) -> None:
    """R9: a job that swallows everything, cancellation too, is over at its limit, and its slot is free again."""
    over = asyncio.Event()
    ran = []

    async def stubborn(_entry_id: int, _token: int) -> None:
        while not over.is_set():
            with suppress(BaseException):
                await over.wait()

    async def plain(entry_id: int, _token: int) -> None:
        ran.append(entry_id)

    queue = WorkQueue(PAGES, valkey)
    stuck = rows(1)
    queue.enqueue("stubborn", stuck, 1)
    async with working(valkey_url, {"stubborn": stubborn, "plain": plain}, concurrency=1, cancel_seconds=0.5) as worker:
        await eventually(lambda: queue.places().started)
        queue.enqueue("plain", rows(1), 60)
        await eventually(lambda: ran == [1])
        assert worker.detail()["abandoned"] == 1
        assert worker.detail()["failed"] == 1
        over.set()
    assert queue.places().scheduled == {stuck[0].job_id}


async def test_a_job_that_exits_ends_alone(valkey: Redis, valkey_url: str) -> None:
    """A `sys.exit` in a job fails that job; the worker goes on."""
    ran = []

    async def fetch(entry_id: int, _token: int) -> None:
        if entry_id == 1:
            raise SystemExit(3)
        ran.append(entry_id)

    WorkQueue(PAGES, valkey).enqueue("fetch", rows(3), 60)
    async with working(valkey_url, {"fetch": fetch}) as worker:
        await eventually(lambda: sorted(ran) == [2, 3])
        await eventually(lambda: worker.detail()["failed"] == 1)


async def test_a_warm_stop_finishes_what_runs(valkey: Redis, valkey_url: str) -> None:
    """R13: at a stop running jobs finish and are recorded, waiting ones stay on the queue."""
    ended = []
    go_on = asyncio.Event()

    async def fetch(entry_id: int, _token: int) -> None:
        await go_on.wait()
        ended.append(entry_id)

    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(20), 60)
    async with working(valkey_url, {"fetch": fetch}, concurrency=4):
        await eventually(lambda: len(queue.places().started) == 4)
        asyncio.get_running_loop().call_later(0.3, go_on.set)  # after the stop that comes with the block's end
    places = queue.places()
    assert not places.started
    assert not places.taken
    assert len(ended) + len(places.queued) == 20
    assert len(ended) >= 4


async def test_a_warm_stop_ends_with_its_grace(valkey: Redis, valkey_url: str) -> None:
    """R13: a job longer than the grace is cancelled and will be tried again; the stop does not wait for its end."""

    async def fetch(_entry_id: int, _token: int) -> None:
        await asyncio.Event().wait()

    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(2), 60)
    async with working(valkey_url, {"fetch": fetch}, grace_seconds=0.3):
        await eventually(lambda: len(queue.places().started) == 2)
    assert len(queue.places().scheduled) == 2


async def test_a_cold_stop_waits_for_nobody(valkey: Redis) -> None:
    """R13: the second signal cancels all at once; what ran stays started, for the sweeper."""

    async def fetch(_entry_id: int, _token: int) -> None:
        await asyncio.Event().wait()

    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(2), 60)
    stop, hurry = asyncio.Event(), asyncio.Event()
    run = asyncio.create_task(ConcurrentWorker(queue, {"fetch": fetch}, 8, name="cold").run(stop, hurry))
    await eventually(lambda: len(queue.places().started) == 2)
    stop.set()
    hurry.set()
    async with asyncio.timeout(40):  # less than the grace of a minute
        await run
    assert not queue.places().scheduled


async def test_heartbeats_keep_running_jobs_and_the_worker_known(valkey: Redis, valkey_url: str) -> None:
    """R6, R15: while a job runs its execution's life is renewed, and a worker that Redis forgot enters again."""
    go_on = asyncio.Event()

    async def fetch(_entry_id: int, _token: int) -> None:
        await go_on.wait()

    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(1), 60)
    async with working(valkey_url, {"fetch": fetch}):
        await eventually(lambda: queue.places().started)
        [member] = valkey.zrange(queue.rq.started_job_registry.key, 0, -1)
        soon = time.time() + 20  # its last heartbeat long ago, but not so long that maintenance gives it up
        valkey.zadd(queue.rq.started_job_registry.key, {member: soon})
        valkey.delete("rq:workers", *valkey.keys("rq:worker:*"))
        await eventually(lambda: valkey.zscore(queue.rq.started_job_registry.key, member) > soon + 10)
        await eventually(lambda: Worker.all(connection=valkey))
        go_on.set()


async def test_an_outage_is_waited_out(new_valkey: Callable[[], RunningValkey]) -> None:
    """R14: a server that is killed and comes back finds the same worker working, without anybody's help."""
    server = new_valkey()
    ran = []

    async def fetch(entry_id: int, _token: int) -> None:
        await asyncio.sleep(0.1)
        ran.append(entry_id)

    queue = WorkQueue(PAGES, server.client)
    async with working(server.url, {"fetch": fetch}) as worker:
        queue.enqueue("fetch", rows(5), 60)
        await eventually(lambda: len(ran) == 5)
        server.kill()
        await eventually(lambda: not worker.detail()["queue_answers"])
        await asyncio.sleep(1)
        server.start()
        queue.enqueue("fetch", rows(5), 60)
        await eventually(lambda: len(ran) == 10)
        await eventually(lambda: worker.detail()["queue_answers"])


async def test_a_hanging_server_is_waited_out(new_valkey: Callable[[], RunningValkey]) -> None:
    """R14: a server that stops answering without closing its connections does not hold the worker for ever."""
    server = new_valkey()
    ran = []

    async def fetch(entry_id: int, _token: int) -> None:
        ran.append(entry_id)

    queue = WorkQueue(PAGES, server.client)
    async with working(server.url, {"fetch": fetch}) as worker:
        queue.enqueue("fetch", rows(1), 60)
        await eventually(lambda: ran == [1])
        server.pause()
        await eventually(lambda: not worker.detail()["queue_answers"])
        server.resume()
        await eventually(lambda: worker.detail()["queue_answers"])
        queue.enqueue("fetch", rows(1), 60)
        await eventually(lambda: ran == [1, 1])


async def test_a_worker_may_start_before_its_server(new_valkey: Callable[[], RunningValkey]) -> None:
    """R36: the order of starting is free."""
    server = new_valkey()
    server.kill()
    ran = []

    async def fetch(entry_id: int, _token: int) -> None:
        ran.append(entry_id)

    async with working(server.url, {"fetch": fetch}) as worker:
        await eventually(lambda: not worker.detail()["queue_answers"])
        server.start()
        WorkQueue(PAGES, server.client).enqueue("fetch", rows(1), 60)
        await eventually(lambda: ran == [1])


async def test_a_worker_refuses_a_server_that_evicts(valkey: Redis) -> None:
    """R17: a worker does not begin on a server that may throw its jobs away."""
    valkey.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(Unusable, match="noeviction"):
            await ConcurrentWorker(WorkQueue(PAGES, valkey), {}, 1, name="refusing").run(asyncio.Event())
    finally:
        valkey.config_set("maxmemory-policy", "noeviction")
