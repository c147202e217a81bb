"""RQ's classes as rq-dashboard should have used them: JSON only, and looking changes nothing.

In: a Redis connection. Out: queues, workers and jobs for its pages. Hides rq.
Trap: rq-dashboard 0.9.0 falls back to RQ's pickle serializer in `Worker.all`, `Job.fetch` and `requeue_job`
(S11: whoever can write to Redis would run code here), and `Queue.fetch_job` and `Worker.find_by_key` remove
what they do not find while a page is only looked at (R26). These classes take both away.
"""

from typing import Any

from redis import Redis
from rq import Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.executions import Execution
from rq.job import Job
from rq.results import Result
from rq.serializers import JSONSerializer
from rq.utils import as_text

NOT_JSON = "(not JSON, so it is not shown)"


class ReadingJob(Job):
    """A job that is never unpickled, whatever serializer its reader asks for."""

    def __init__(self, id: str | None = None, connection: Redis | None = None, serializer: Any = None) -> None:  # noqa: A002 RQ's name
        del serializer
        super().__init__(id, connection=connection, serializer=JSONSerializer)

    def get_call_string(self) -> str | None:
        """Describe the job by what was stored as its description, so arguments are not loaded for it."""
        return self.description

    def latest_result(self, timeout: int = 0) -> Result | None:
        """Give the last result, or none if it was not written as JSON."""
        try:
            return super().latest_result(timeout)
        except ValueError:
            return None

    def return_value(self, refresh: bool = False) -> Any | None:
        """Give the return value, or say in its place that it is not JSON."""
        try:
            Result.fetch_latest(self, serializer=JSONSerializer)
        except ValueError:
            return NOT_JSON
        return super().return_value(refresh)

    def get_meta(self, refresh: bool = True) -> dict[str, Any]:
        """Give the metadata, or say in its place that it is not JSON."""
        try:
            return super().get_meta(refresh)
        except ValueError:
            return {"meta": NOT_JSON}


class ReadingQueue(Queue):
    """A queue whose listing forgets nothing."""

    job_class = ReadingJob

    def fetch_job(self, job_id: str) -> Job | None:
        """Find a job of this queue; one that is gone stays listed for the sweeper to see."""
        try:
            job = self.job_class.fetch(job_id, connection=self.connection, serializer=JSONSerializer)
        except NoSuchJobError:
            return None
        return job if job.origin == self.name else None


class ReadingWorker(Worker):
    """A worker's record, read without striking it off the list when it has run out."""

    job_class = ReadingJob
    queue_class = ReadingQueue

    @classmethod
    def find_by_key(cls, worker_key: str, connection: Redis, *classes: Any, **options: Any) -> Worker | None:
        """Find the worker under `worker_key`; None if its record has run out."""
        if not connection.exists(worker_key):
            return None
        found = super().find_by_key(worker_key, connection, *classes, **options)
        return found if isinstance(found, Worker) else None

    def get_current_job(self) -> Job | None:
        """Give one of the jobs this worker is at; None if it is idle or the jobs are gone by now.

        RQ's own way there strikes executions that ran out off the worker's list.
        """
        for key in sorted(as_text(member) for member in self.connection.smembers(self.executions_key)):
            try:
                return ReadingJob.fetch(Execution.from_composite_key(key, self.connection).job_id, self.connection)
            except (NoSuchJobError, ValueError):
                continue
        return None


def requeue(job_id: str, connection: Redis) -> Job:
    """Put a failed job back; its fencing token decides whether it still may do anything."""
    return ReadingJob.fetch(job_id, connection=connection).requeue()
