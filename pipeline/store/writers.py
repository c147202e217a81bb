"""The threads in which write transactions run.

In: functions that take a transaction. Out: a future for each. Two kinds with one face: on PostgreSQL a small pool,
each call its own transaction; on SQLite, which has one writer and whose commits wait for the disk, one thread that
takes whatever has gathered into one transaction, each call in a savepoint of its own. Trap: a future is resolved
only after the commit, so nobody is told of what a loss of power could still undo.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pipeline.store.failures import passing
from pipeline.store.retrying import again

T = TypeVar("T")
Begin = Callable[[], AbstractContextManager[Connection]]

BATCH_LIMIT = 32  #: calls in one transaction, to share a disk flush
BATCH_SECONDS = 0.05  #: after which a transaction takes no further call: other processes wait for their turn


class Writer(Protocol):
    """Runs functions in write transactions, off the event loop."""

    def submit(self, call: Callable[[Connection], T]) -> "Future[T]":
        """Queue a call; its future holds what it returned or raised, once that is committed or rolled back."""

    def close(self) -> None:
        """Finish what was submitted."""


class PoolWriter:
    """Each call in a transaction of its own, several at once."""

    def __init__(self, begin: Begin, thread_count: int) -> None:
        self._begin = begin
        self._threads = ThreadPoolExecutor(thread_count, "store")

    def submit(self, call: Callable[[Connection], T]) -> "Future[T]":
        """See `Writer`."""
        return self._threads.submit(again, partial(self._once, call))

    def close(self) -> None:
        """See `Writer`."""
        self._threads.shutdown(wait=True)

    def _once(self, call: Callable[[Connection], T]) -> T:
        with self._begin() as tx:
            return call(tx)


@dataclass(frozen=True, slots=True)
class _Job:
    call: Callable[[Connection], Any]
    future: "Future[Any]"


class BatchWriter:
    """What gathers while one transaction commits goes into the next one together."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="store-write", daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[Connection], T]) -> "Future[T]":
        """See `Writer`."""
        future: Future[T] = Future()
        self._jobs.put(_Job(call, future))
        return future

    def close(self) -> None:
        """See `Writer`."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while job := self._jobs.get():
            batch, ended = self._gather(job)
            wanted = [job for job in batch if job.future.set_running_or_notify_cancel()]
            while wanted:
                wanted = wanted[self._resolve(wanted) :]
            if ended:
                return

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        """Take what has gathered behind the first job; tells whether the end was among it."""
        batch = [first]
        while len(batch) < BATCH_LIMIT:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _resolve(self, batch: Sequence[_Job]) -> int:
        """Run the first jobs of the batch, as many as one transaction may hold; gives how many."""
        try:
            outcomes = again(partial(self._transact, batch))
        except BaseException as error:  # noqa: BLE001 - it belongs to those who wait, and is raised there
            for job in batch:
                job.future.set_exception(error)
            return len(batch)
        for job, (result, failure) in zip(batch, outcomes, strict=False):
            if failure is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(failure)
        return len(outcomes)

    def _transact(self, batch: Sequence[_Job]) -> list[tuple[Any, BaseException | None]]:
        """Run at least one job, and further ones while there is time."""
        outcomes: list[tuple[Any, BaseException | None]] = []
        with self._begin() as tx:
            began = time.monotonic()
            for job in batch:
                outcomes.append(attempt(tx, job.call))
                if time.monotonic() - began > BATCH_SECONDS:
                    break
        return outcomes


def attempt(tx: Connection, call: Callable[[Connection], Any]) -> tuple[Any, BaseException | None]:
    """Run one call in a savepoint; its own mistake is given back, what ails the database is raised."""
    try:
        with tx.begin_nested():
            return call(tx), None
    except SQLAlchemyError as error:
        if passing(error):
            raise
        return None, error
    except BaseException as error:  # noqa: BLE001 - it belongs to the one who waits, and is raised there
        return None, error
