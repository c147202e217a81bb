"""What RQ is told of jobs, and what is found again after a worker that died."""

from redis import Redis

from tests.workers.support import rows
from workers.bookkeeping import Bookkeeper, Ended
from workers.queue import PAGES, SILENT_SECONDS, WorkQueue


def books(queue: WorkQueue, name: str = "books") -> Bookkeeper:
    made = Bookkeeper(queue, {"fetch"}, name)
    made.begin()
    return made


def test_a_job_taken_by_a_worker_that_died_comes_back(valkey: Redis) -> None:
    """R2, R8: an id that was moved off the queue and never started is back after two rounds of maintenance."""
    queue = WorkQueue(PAGES, valkey)
    row = rows(1)[0]
    queue.enqueue("fetch", [row], 60)
    valkey.blmove(queue.rq.key, queue.intermediate_key, 1)
    keeper = books(queue)
    keeper.maintain()
    assert queue.places().taken == {row.job_id}
    keeper.maintain()
    assert queue.places().queued == {row.job_id}
    assert [one.job.id for one in keeper.take(5, 1)] == [row.job_id]


def test_a_job_started_by_a_worker_that_died_comes_back(valkey: Redis) -> None:
    """R7, R8: when the heartbeats of an execution stop, its job is tried again."""
    queue = WorkQueue(PAGES, valkey)
    row = rows(1)[0]
    queue.enqueue("fetch", [row], 60)
    assert len(books(queue, "dead").take(1, 1)) == 1
    [member] = valkey.zrange(queue.rq.started_job_registry.key, 0, -1)
    valkey.zadd(queue.rq.started_job_registry.key, {member: 1})
    keeper = books(queue)
    keeper.maintain()
    assert queue.places().scheduled == {row.job_id}
    valkey.zadd(queue.rq.scheduled_job_registry.key, {row.job_id: 1})
    assert keeper.requeue_due() == 1
    assert queue.places().queued == {row.job_id}


def test_a_job_that_ended_is_never_called_abandoned(valkey: Redis) -> None:
    """R25: an execution left in the registry of started jobs makes no failure of a job that finished."""
    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(1), 60)
    keeper = books(queue)
    [taken] = keeper.take(1, 1)
    [member] = valkey.zrange(queue.rq.started_job_registry.key, 0, -1)
    keeper.record([Ended(taken, "")])
    valkey.zadd(queue.rq.started_job_registry.key, {member: 1})
    keeper.maintain()
    assert (queue.failed_count(), queue.depth()) == (0, 0)
    assert queue.rq.finished_job_registry.get_job_ids(cleanup=False) == [taken.job.id]


def test_an_id_without_its_job_is_forgotten(valkey: Redis) -> None:
    """R17: an id whose hash is gone leaves the lists; its row is the sweeper's to return."""
    queue = WorkQueue(PAGES, valkey)
    first, second = rows(2)
    queue.enqueue("fetch", [first, second], 60)
    valkey.delete(f"rq:job:{first.job_id}")
    assert [one.job.id for one in books(queue).take(5, 1)] == [second.job_id]
    assert not queue.places().taken


def test_maintenance_is_done_by_one(valkey: Redis) -> None:
    """While one worker maintains a queue the others leave it alone."""
    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(1), 60)
    valkey.blmove(queue.rq.key, queue.intermediate_key, 1)
    keeper = books(queue)
    valkey.set(queue.rq.registry_cleaning_key, 1, ex=30)
    keeper.maintain()
    keeper.maintain()
    assert len(queue.places().taken) == 1


def test_a_member_that_is_no_execution_stops_no_maintenance(valkey: Redis) -> None:
    """S10: a forged member of a registry is passed over, the other chores are done."""
    queue = WorkQueue(PAGES, valkey)
    valkey.zadd(queue.rq.started_job_registry.key, {b"a:b:c:d": 1, b"\xff\xfe": 1})
    queue.enqueue("fetch", rows(1), 60)
    valkey.blmove(queue.rq.key, queue.intermediate_key, 1)
    keeper = books(queue)
    keeper.maintain()
    keeper.maintain()
    assert len(queue.places().queued) == 1


def test_a_silent_worker_shows(valkey: Redis) -> None:
    """R8: jobs whose heartbeats stopped are told from those that run, long before RQ calls them abandoned."""
    queue = WorkQueue(PAGES, valkey)
    queue.enqueue("fetch", rows(2), 60)
    first, second = (one.job.id for one in books(queue).take(2, 1))
    assert queue.places().started == {first, second}
    assert not queue.places().silent
    [member] = [m for m in valkey.zrange(queue.rq.started_job_registry.key, 0, -1) if m.startswith(first.encode())]
    valkey.zincrby(queue.rq.started_job_registry.key, -(SILENT_SECONDS + 1), member)
    assert queue.places().silent == {first}
