"""The two queues that carry ids: `pages` and `deliveries`.

In: rows that the store released, each with its token and its job's random id. Out: RQ jobs; how many there are;
which of them still have a place. Hides rq.Queue. Trap: a job's hash says "queued" long after its id fell out of
the list, so "does it live?" is asked of the lists and registries in one transaction, never of the hash.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis
from rq import Queue, Retry
from rq.intermediate_queue import IntermediateQueue
from rq.serializers import JSONSerializer

from pipeline.model import Released
from workers.allow_list import PAYLOAD_VERSION
from workers.locked_job import FAILURE_SECONDS, MOST_RETRIES, RESULT_SECONDS, RETRY_INTERVALS, LockedJob
from workers.server import queue_errors

BEAT_SECONDS = 10  #: RQ's interval of heartbeats; ours come twice as often
EXECUTION_SECONDS = BEAT_SECONDS + 60  #: how far ahead a heartbeat sets the end of an execution (RQ 3.0.0)
SILENT_SECONDS = 25  #: an execution not renewed this long belongs to a dead worker

PAGES: Final = "pages"
DELIVERIES: Final = "deliveries"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the jobs of one queue stood at one instant, by job id."""

    queued: frozenset[str]
    taken: frozenset[str]  #: moved off the list by a worker that has not yet said that it started
    started: frozenset[str]
    silent: frozenset[str]  #: of the started, those whose worker has not been heard of
    scheduled: frozenset[str]  #: waiting for another try

    @property
    def count(self) -> int:
        """Count the jobs, each once."""
        return len(self.queued | self.taken | self.started | self.scheduled)


class WorkQueue:
    """One of the queues; methods block for one round trip and raise `QueueUnavailable`."""

    def __init__(self, name: str, connection: "Redis") -> None:
        self.name = name
        self.connection = connection
        self.rq = Queue(name, connection=connection, job_class=LockedJob, serializer=JSONSerializer)
        self.intermediate_key = IntermediateQueue.get_intermediate_queue_key(self.rq.key)

    def enqueue(self, function: str, rows: Sequence[Released], timeout_seconds: int) -> None:
        """Put one job for each row at the end, all or none.

        `timeout_seconds` is the hard limit of one run. If this raises, some server may still have taken the
        jobs: give the rows back, their new tokens make such jobs harmless.
        """
        if not rows:
            return
        with queue_errors():
            self.rq.enqueue_many([self._job(function, row, timeout_seconds) for row in rows])

    @staticmethod
    def _job(function: str, row: Released, timeout_seconds: int) -> Any:
        return Queue.prepare_data(
            function,
            args=[row.id, row.token],
            kwargs={"version": PAYLOAD_VERSION},
            job_id=row.job_id,
            timeout=timeout_seconds,
            result_ttl=RESULT_SECONDS,
            failure_ttl=FAILURE_SECONDS,
            retry=Retry(max=MOST_RETRIES, interval=list(RETRY_INTERVALS)),
        )

    def depth(self) -> int:
        """Count the jobs that wait, run or await another try."""
        with queue_errors(), self.connection.pipeline() as pipeline:
            pipeline.llen(self.rq.key)
            pipeline.llen(self.intermediate_key)
            pipeline.zcard(self.rq.started_job_registry.key)
            pipeline.zcard(self.rq.scheduled_job_registry.key)
            return sum(pipeline.execute())

    def places(self) -> Places:
        """Read where every job stands, in one transaction; the cost grows with the depth."""
        with queue_errors(), self.connection.pipeline() as pipeline:
            pipeline.lrange(self.rq.key, 0, -1)
            pipeline.lrange(self.intermediate_key, 0, -1)
            pipeline.zrange(self.rq.started_job_registry.key, 0, -1, withscores=True)
            pipeline.zrange(self.rq.scheduled_job_registry.key, 0, -1)
            queued, taken, started, scheduled = pipeline.execute()
        heard = time.time() + EXECUTION_SECONDS - SILENT_SECONDS
        silent = [member for member, until in started if until < heard]
        return Places(_ids(queued), _ids(taken), _ids([member for member, _ in started]), _ids(silent), _ids(scheduled))

    def failed_count(self) -> int:
        """Count the jobs in the failed registry; looking changes nothing (checklist R26)."""
        with queue_errors():
            return int(self.rq.failed_job_registry.get_job_count(cleanup=False))


def _ids(members: Sequence[bytes]) -> frozenset[str]:
    """Read job ids; the started registry holds `job:execution`. Bytes that are no text belong to no row."""
    return frozenset(member.decode("ascii", "replace").partition(":")[0] for member in members)
