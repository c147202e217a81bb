"""What RQ must be told of each job: taken, running, ended; so that its registries and dashboards show the truth.

In: a queue and the names on the allow-list. Out: batches of `Taken` jobs to run; `Ended` ones recorded. Hides
RQ's worker. Every method blocks on the server and raises `QueueUnavailable`; call them in threads. Trap: the same
transitions as RQ 3.0.0's `Worker` makes, but many jobs to one pipeline: job by job they cost 3.6 ms of CPU each.
"""

import time
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

import structlog
from rq.executions import Execution
from rq.job import JOB_ID_PATTERN, Job, JobStatus
from rq.queue import Queue
from rq.registry import FailedJobRegistry, FinishedJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.utils import now, utcformat
from rq.worker import BaseWorker, WorkerStatus
from rq.worker_registration import clean_worker_registry, register, unregister

from workers.allow_list import Call, JobForbidden, read_call
from workers.locked_job import FAILURE_SECONDS, FIELDS, RESULT_SECONDS, LockedJob
from workers.queue import BEAT_SECONDS, WorkQueue
from workers.server import queue_errors

log = structlog.get_logger(__name__)

MAINTENANCE_SECONDS = 60  #: between two looks for what dead workers left (checklist R8)
MAINTENANCE_LOCK_SECONDS = 30
DUE_LIMIT = 500
ERROR_CHARACTERS = 4000

Field = bytes | bytearray | memoryview | str | int | float  #: what redis-py takes as a hash's name or value


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that is ours to run."""

    job: LockedJob
    execution: Execution
    call: Call


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that ran; `error` is empty if it succeeded."""

    taken: Taken
    error: str = ""


class Bookkeeper(BaseWorker):
    """An RQ worker without a work loop: only its records. Make it when the server answers."""

    def __init__(self, queue: WorkQueue, functions: Collection[str], name: str) -> None:
        with queue_errors():
            super().__init__(
                [queue.rq],
                name=name,
                connection=queue.connection,
                job_class=LockedJob,
                serializer=JSONSerializer,
                maintenance_interval=MAINTENANCE_SECONDS,
                job_monitoring_interval=BEAT_SECONDS,
                worker_ttl=2 * BEAT_SECONDS,
                log_job_description=False,
            )
        self._queue = queue
        self._functions = functions
        self._stuck: frozenset[bytes] = frozenset()
        self._recording = Lock()  # a heartbeat between a job's end and its record would bring its hash back
        self.forbidden_count = 0

    @property
    def connection_timeout(self) -> int:
        """Keep the connection's own bound: RQ would raise it to minutes, and an outage would last as long."""
        return 0

    # Beginning and end

    def begin(self) -> None:
        """Appear among RQ's workers."""
        self.birth_date = now()
        self.beat()

    def end(self) -> None:
        """Disappear from RQ's workers, leaving for a minute the hour of death."""
        with queue_errors(), self.connection.pipeline() as pipeline:
            unregister(self, pipeline)
            pipeline.hset(self.key, "death", utcformat(now()))
            pipeline.expire(self.key, 60)
            pipeline.delete(self.executions_key)
            pipeline.execute()

    # Taking

    def take(self, limit: int, wait_seconds: float) -> list[Taken]:
        """Take up to `limit` jobs from the queue, waiting at most `wait_seconds` for the first.

        Ids pass through RQ's intermediate list, where they are found again if this process dies here.
        """
        with queue_errors():
            ids = self._move(limit, wait_seconds)
            return self._start(self._read(ids)) if ids else []

    def _move(self, limit: int, wait_seconds: float) -> list[bytes]:
        key, aside = self._queue.rq.key, self._queue.intermediate_key
        ready_count = min(limit, int(self.connection.llen(key)))
        if not ready_count:
            first = self.connection.blmove(key, aside, cast("int", wait_seconds))
            return [_raw(first)] if first else []
        with self.connection.pipeline(transaction=False) as pipeline:
            for _ in range(ready_count):
                pipeline.lmove(key, aside)
            return [_raw(moved) for moved in pipeline.execute() if moved]

    def _read(self, ids: Sequence[bytes]) -> list[tuple[LockedJob, Call]]:
        """Read the jobs behind ids, set the forbidden aside, forget those whose hash is gone."""
        named = {raw: raw.decode("ascii", "replace") for raw in ids}
        for raw in [raw for raw, name in named.items() if not JOB_ID_PATTERN.fullmatch(name)]:
            self._forbid_id(raw)
            del named[raw]
        with self.connection.pipeline(transaction=False) as pipeline:
            for name in named.values():
                pipeline.hmget(Job.key_for(name), *FIELDS)
            found = pipeline.execute(raise_on_error=False)
        jobs = []
        for job_id, values in zip(named.values(), found, strict=True):
            try:
                job = self._restore(job_id, values)
            except JobForbidden as error:
                self._forbid(job_id, str(error))
            else:
                jobs += [job] if job else []
        return jobs

    def _restore(self, job_id: str, values: Any) -> tuple[LockedJob, Call] | None:
        if isinstance(values, Exception):
            raise JobForbidden(f"the job cannot be read: {values}")
        fields = {name.encode(): value for name, value in zip(FIELDS, values, strict=True) if value is not None}
        if not fields:
            self.connection.lrem(self._queue.intermediate_key, 1, job_id)
            log.info("job_vanished", queue=self._queue.name, job_id=job_id)
            return None
        job = LockedJob(job_id, connection=self.connection, serializer=JSONSerializer)
        job.restore(fields)
        job.origin = self._queue.name
        return job, read_call(job.data, self._functions)

    def _start(self, jobs: Sequence[tuple[LockedJob, Call]]) -> list[Taken]:
        """Enter the jobs as started; until this is done they count as taken but not begun."""
        taken = []
        with self.connection.pipeline() as pipeline:
            for job, call in jobs:
                seconds = self.get_heartbeat_ttl(job)
                execution = Execution.create(job, seconds, pipeline=pipeline, worker_name=self.name)
                job.prepare_for_execution(self.name, pipeline=pipeline)
                pipeline.persist(job.key)
                pipeline.lrem(self._queue.intermediate_key, 1, job.id)
                taken.append(Taken(job, execution, call))
            self.set_state(WorkerStatus.BUSY, pipeline=pipeline)
            pipeline.execute()
        self.executions.update({one.execution.id: one.execution for one in taken})
        return taken

    # Refusing

    def _forbid_id(self, raw: bytes) -> None:
        self.forbidden_count += 1
        self.connection.lrem(self._queue.intermediate_key, 1, cast("str", raw))
        log.error("job_forbidden", queue=self._queue.name, job_id=repr(raw[:80]), why="the id is not one of ours")

    def _forbid(self, job_id: str, why: str) -> None:
        """Put a harmless record of the job into the failed registry, in place of what stood there."""
        self.forbidden_count += 1
        log.error("job_forbidden", queue=self._queue.name, job_id=job_id, why=why)
        key = Job.key_for(job_id)
        with self.connection.pipeline() as pipeline:
            pipeline.delete(key)
            pipeline.hset(key, mapping=self._record_of_forbidden(why))
            pipeline.expire(key, FAILURE_SECONDS)
            pipeline.zadd(self._queue.rq.failed_job_registry.key, {job_id: time.time() + FAILURE_SECONDS})
            pipeline.lrem(self._queue.intermediate_key, 1, job_id)
            pipeline.execute()

    def _record_of_forbidden(self, why: str) -> dict[Field, Field]:
        at = utcformat(now())
        return {
            "created_at": at,
            "enqueued_at": at,
            "ended_at": at,
            "data": zlib.compress(b'["job_forbidden", null, [], {}]'),
            "description": f"forbidden: {why}"[:200],
            "exc_info": zlib.compress(why.encode()),
            "origin": self._queue.name,
            "status": JobStatus.FAILED,
        }

    # Ending

    def record(self, ended: Sequence[Ended]) -> None:
        """Record the jobs that ran: finished ones stay visible a minute, failed ones are tried again or kept a day."""
        with self._recording, queue_errors():
            done = [one.taken for one in ended if not one.error]
            if done:
                self._record_finished(done)
            for one in ended:
                if one.error:
                    self._record_failed(one)

    def _record_finished(self, done: Sequence[Taken]) -> None:
        at = now()
        with self.connection.pipeline() as pipeline:
            for one in done:
                seconds = one.job.get_result_ttl(RESULT_SECONDS)
                fields: dict[Field, Field] = {"status": JobStatus.FINISHED, "ended_at": utcformat(at)}
                pipeline.hset(one.job.key, mapping=fields)
                pipeline.expire(one.job.key, seconds)
                one.job.finished_job_registry.add(one.job, seconds, pipeline)
                self.cleanup_execution(one.job, pipeline, execution=one.execution)
            worked = sum((at - one.job.started_at).total_seconds() for one in done if one.job.started_at)
            pipeline.hincrby(self.key, "successful_job_count", len(done))
            pipeline.hincrbyfloat(self.key, "total_working_time", worked)
            if not self.executions:
                self.set_state(WorkerStatus.IDLE, pipeline=pipeline)
            pipeline.execute()

    def _record_failed(self, one: Ended) -> None:
        one.taken.job.ended_at = now()
        self.handle_job_failure(
            one.taken.job, self._queue.rq, exc_string=one.error[-ERROR_CHARACTERS:], execution=one.taken.execution
        )

    def _enqueue_dependents_safely(self, queue: Queue, job: Job) -> None:
        """Enqueue none: our jobs have no dependents, whatever stands in Redis."""

    def _release_slot_safely(self, job: Job) -> None:
        """Release none: our jobs have no rate limit."""

    # Keeping

    def beat(self) -> None:
        """Say that this worker and each of its running jobs live; enters the worker again after a lost server."""
        with self._recording, queue_errors(), self.connection.pipeline(transaction=False) as pipeline:
            self._announce(pipeline)
            for execution in list(self.executions.values()):
                job = execution.job
                seconds = self.get_heartbeat_ttl(job)
                execution.heartbeat(job.started_job_registry, seconds, pipeline)
                job.heartbeat(now(), seconds, pipeline=pipeline, xx=True)
            pipeline.execute()

    def _announce(self, pipeline: Any) -> None:
        self.heartbeat(6 * BEAT_SECONDS, pipeline=pipeline)
        register(self, pipeline)
        state = WorkerStatus.BUSY if self.executions else WorkerStatus.IDLE
        pipeline.hset(self.key, mapping={**self.serialize(), "state": state})

    def requeue_due(self) -> int:
        """Put jobs whose next try is due back on the queue; RQ leaves this to a scheduler process of its own."""
        registry = self._queue.rq.scheduled_job_registry
        with queue_errors(), self.connection.pipeline() as pipeline:
            due = registry.get_jobs_to_schedule(chunk_size=DUE_LIMIT)
            for job_id in due:
                pipeline.hset(Job.key_for(job_id), "status", JobStatus.QUEUED)
                pipeline.rpush(self._queue.rq.key, job_id)
                pipeline.zrem(registry.key, job_id)
            pipeline.execute()
        return len(due)

    def maintain(self) -> None:
        """Find again what dead workers left: expired executions, ids taken and never started."""
        lock_key = self._queue.rq.registry_cleaning_key
        with queue_errors():
            if self.connection.set(lock_key, 1, nx=True, ex=MAINTENANCE_LOCK_SECONDS):
                self._clean()
                self.connection.delete(lock_key)

    def _clean(self) -> None:
        queue = self._queue.rq
        for kind in (FinishedJobRegistry, FailedJobRegistry, StartedJobRegistry):
            registry = kind(queue.name, self.connection, job_class=LockedJob, serializer="json")
            try:
                registry.cleanup()
            except (ValueError, TypeError):  # a forged member; the other registries are not worse for it
                log.exception("registry_unreadable", registry=kind.__name__, queue=queue.name)
        clean_worker_registry(queue)
        self._return_stuck()

    def _return_stuck(self) -> None:
        """Put back ids that were seen taken at the last look, a minute ago, and still have not started."""
        taken = frozenset(map(_raw, self.connection.lrange(self._queue.intermediate_key, 0, -1)))
        with self.connection.pipeline() as pipeline:
            for raw in taken & self._stuck:
                pipeline.lrem(self._queue.intermediate_key, 0, cast("str", raw))
                pipeline.lpush(self._queue.rq.key, raw)
            pipeline.execute()
        if taken & self._stuck:
            log.warning("jobs_returned", queue=self._queue.name, count=len(taken & self._stuck))
        self._stuck = taken - self._stuck


def _raw(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
