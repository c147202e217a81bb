"""An RQ job that can carry ids and nothing else.

In: the hash of a job as it stands in Redis, whoever wrote it. Out: a `LockedJob` with the few fields we write
ourselves, in our bounds. Hides rq.job. Trap: RQ imports callbacks by dotted path and posts to webhooks named in
the job's hash, in the worker and in its maintenance; here those fields are dropped before RQ sees them (S10).
"""

import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from rq.job import Job

from workers.allow_list import DATA_BYTES, JobForbidden

RESULT_SECONDS = 60  #: a finished job stays visible this long
FAILURE_SECONDS = 86_400  #: a failed one
MOST_RETRIES = 3
RETRY_INTERVALS = (5, 30, 60)  #: seconds; for a store that does not answer, the work's own retries are rows
TIMEOUT_SECONDS = 300  #: the longest a job may ask for

FIELDS = (
    "created_at", "data", "description", "ended_at", "enqueued_at", "failure_ttl", "last_heartbeat", "origin",
    "result_ttl", "retries_left", "started_at", "status", "timeout", "worker_name",
)  # fmt: skip
FIELD_BYTES = 512  #: longest field except `data`
NUMBERS = ("failure_ttl", "result_ttl", "retries_left", "timeout")
NUMBER = re.compile(rb"-?[0-9]{1,9}")


class LockedJob(Job):
    """A job whose function is never imported, whose callbacks and webhooks do not exist."""

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        """Take over the known fields; raises `JobForbidden` if one is not as we write it."""
        kept = {name: raw_data[name.encode()] for name in FIELDS if name.encode() in raw_data}
        if "data" not in kept or len(kept["data"]) > DATA_BYTES:
            raise JobForbidden("the job has no payload, or one far too long")
        if any(len(value) > FIELD_BYTES for name, value in kept.items() if name != "data"):
            raise JobForbidden("a field of the job is far too long")
        if any(name in kept and not NUMBER.fullmatch(kept[name]) for name in NUMBERS):
            raise JobForbidden("a limit of the job is no whole number")
        try:
            super().restore({name.encode(): value for name, value in kept.items()})
        except (ValueError, TypeError, AttributeError, AssertionError, ArithmeticError, zlib.error) as error:
            raise JobForbidden(f"a field of the job cannot be read: {error}") from error
        self._bound()

    def _bound(self) -> None:
        """Hold the numbers within what we would have written ourselves."""
        self.timeout = _within(self.timeout, TIMEOUT_SECONDS)
        self.result_ttl = _within(self.result_ttl, RESULT_SECONDS)
        self.failure_ttl = _within(self.failure_ttl, FAILURE_SECONDS)
        self.retries_left = min(max(self.retries_left or 0, 0), MOST_RETRIES)
        self.retry_intervals = list(RETRY_INTERVALS)

    @property
    def func(self) -> NoReturn:
        """Refuse: functions are looked up in the worker's own mapping."""
        raise JobForbidden("jobs are not run through RQ's import of functions")

    @property
    def success_callback(self) -> None:
        """Have none."""

    @property
    def failure_callback(self) -> None:
        """Have none."""

    @property
    def stopped_callback(self) -> Callable[[Job, Any], Any] | None:
        """Have none."""
        return None

    def send_webhooks(self, status: Any, *, exc_string: str | None = None) -> None:
        """Send none."""


def _within(value: float | None, most: int) -> int:
    return most if value is None or not 0 < value <= most else int(value)
