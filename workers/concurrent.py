"""A worker that keeps many coroutine jobs in flight on one event loop.

In: a queue, and the functions that its jobs may name. Out: every job run once at least, its end recorded with RQ.
Hides the threads in which RQ's records are kept. Trap: a job's limit is held from outside the job: it is
cancelled, and if it swallows that it is given up and recorded as failed while its coroutine may still linger.
"""

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

import structlog

from pipeline.errors import QueueUnavailable
from workers.bookkeeping import MAINTENANCE_SECONDS, Bookkeeper, Ended, Taken
from workers.locked_job import TIMEOUT_SECONDS
from workers.patience import Patience, pause
from workers.queue import BEAT_SECONDS, WorkQueue
from workers.server import check_server

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)

CLOSE_SECONDS = 5.0  #: for the last records when the worker stops

JobFunction = Callable[..., Awaitable[None]]


class ConcurrentWorker:
    """Run jobs of one queue, up to `concurrency` at once, until told to stop.

    `grace_seconds` is how long running jobs may go on after the stop; `cancel_seconds` how long a cancelled
    job may take to clean up; `look_seconds` how long one look at an empty queue waits, so a stop takes as long
    at least. One queue per worker: from several, RQ loses jobs of a killed worker (R2).
    """

    def __init__(
        self,
        queue: WorkQueue,
        functions: Mapping[str, JobFunction],
        concurrency: int,
        *,
        name: str,
        grace_seconds: float = 60,
        cancel_seconds: float = 5,
        look_seconds: float = 1,
    ) -> None:
        self.name = name
        self._queue = queue
        self._functions = dict(functions)
        self._concurrency = concurrency
        self._grace_seconds = grace_seconds
        self._cancel_seconds = cancel_seconds
        self._look_seconds = look_seconds
        self._calls: set[asyncio.Task[None]] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._abandoned: set[asyncio.Task[None]] = set()
        self._ended: list[Ended] = []
        self._ended_ready = asyncio.Event()
        self._slot_freed = asyncio.Event()
        self._done_count = self._failed_count = 0
        self._cold = False  #: stopped in a hurry: nothing is recorded any more
        self._answers = True  #: whether the queue answered last time
        self._threads: ThreadPoolExecutor
        self._books: Bookkeeper

    def detail(self) -> dict[str, Any]:
        """Say how the worker stands, for its heartbeat."""
        return {
            "queue": self._queue.name,
            "queue_answers": self._answers,
            "running": len(self._running),
            "done": self._done_count,
            "failed": self._failed_count,
            "abandoned": len(self._abandoned),
        }

    async def run(self, stop: asyncio.Event, hurry: asyncio.Event | None = None) -> None:
        """Work until `stop`, then let running jobs finish within the grace (warm).

        With `hurry` set they are cancelled at once and not recorded (cold): their rows come back by lease.
        """
        self._threads = ThreadPoolExecutor(4, thread_name_prefix=f"rq-{self._queue.name}")
        try:
            if await self._begin(stop):
                await self._work(stop, hurry or asyncio.Event())
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _begin(self, stop: asyncio.Event) -> bool:
        """Enter the worker with RQ, waiting for the server as long as needed; False if stopped before.

        Raises Unusable for a server that may throw jobs away.
        """
        patience = Patience("queue_unavailable")
        while not stop.is_set():
            try:
                await self._in_thread(check_server, self._queue.connection)
                self._books = await self._in_thread(Bookkeeper, self._queue, frozenset(self._functions), self.name)
                await self._in_thread(self._books.begin)
            except QueueUnavailable as error:
                self._answers = False
                await pause(stop, patience.failed(error))
            else:
                self._answers = True
                patience.succeeded()
                return True
        return False

    async def _work(self, stop: asyncio.Event, hurry: asyncio.Event) -> None:
        log.info("worker_started", name=self.name, queue=self._queue.name, concurrency=self._concurrency)
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(keep()) for keep in (self._record_ended, self._beat, self._maintain)]
            await self._take(stop)
            warm = await self._drain(hurry)
            for keeper in keepers:
                keeper.cancel()
        await self._close(warm)
        log.info("worker_stopped", name=self.name, done=self._done_count, failed=self._failed_count)

    # Taking and running

    async def _take(self, stop: asyncio.Event) -> None:
        patience = Patience("queue_unavailable")
        while not stop.is_set():
            free_count = self._concurrency - len(self._running)
            if not free_count:
                self._slot_freed.clear()
                await _first_of(stop.wait(), self._slot_freed.wait())
                continue
            try:
                taken = await self._in_thread(self._books.take, free_count, self._look_seconds)
            except QueueUnavailable as error:
                self._answers = False
                await pause(stop, patience.failed(error))
                continue
            self._answers = True
            patience.succeeded()
            for one in taken:
                self._launch(one)

    def _launch(self, one: Taken) -> None:
        task = asyncio.create_task(self._run_one(one), name=one.job.id)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run_one(self, one: Taken) -> None:
        error = await self._perform(one)
        if error:
            self._failed_count += 1
            log.error("job_failed", job_id=one.job.id, function=one.call.function, args=one.call.args, error=error)
        else:
            self._done_count += 1
        if not self._cold:
            self._ended.append(Ended(one, error))
            self._ended_ready.set()
        self._slot_freed.set()

    async def _perform(self, one: Taken) -> str:
        """Run the call within its limit; returns what went wrong, empty if nothing did."""
        call = asyncio.create_task(_contained(self._functions[one.call.function], one.call.args))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        limit = one.job.timeout or TIMEOUT_SECONDS
        await asyncio.wait({call}, timeout=limit)
        if call.done():
            return _error_of(call)
        call.cancel()
        await asyncio.wait({call}, timeout=self._cancel_seconds)
        if not call.done():
            self._abandon(call, one)
        return f"the job was stopped after {limit:g} seconds"

    def _abandon(self, call: asyncio.Task[None], one: Taken) -> None:
        self._abandoned.add(call)
        call.add_done_callback(self._abandoned.discard)
        log.error("job_abandoned", job_id=one.job.id, function=one.call.function, args=one.call.args)

    # Keeping the books

    async def _record_ended(self) -> None:
        patience = Patience("records_unavailable")
        while True:
            await self._ended_ready.wait()
            self._ended_ready.clear()
            batch, self._ended = self._ended, []
            if not batch:
                continue
            try:
                await self._in_thread(self._books.record, batch)
                patience.succeeded()
            except (QueueUnavailable, asyncio.CancelledError) as error:
                self._ended = batch + self._ended
                self._ended_ready.set()
                if isinstance(error, asyncio.CancelledError):
                    raise
                await asyncio.sleep(patience.failed(error))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS / 2)
            await self._try(self._books.requeue_due)
            await self._try(self._books.beat)

    async def _maintain(self) -> None:
        while True:
            await self._try(self._books.maintain)
            await asyncio.sleep(MAINTENANCE_SECONDS)

    async def _try(self, chore: Callable[[], object]) -> None:
        """Do a chore that comes round again; an absent server is the taker's to report."""
        try:
            await self._in_thread(chore)
        except QueueUnavailable as error:
            log.debug("chore_put_off", chore=getattr(chore, "__name__", ""), error=str(error))

    async def _in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(function, *args, **kwargs))

    # Stopping

    async def _drain(self, hurry: asyncio.Event) -> bool:
        """Wait for running jobs, cancel what outlives the grace; False if `hurry` cut it short."""
        deadline = time.monotonic() + self._grace_seconds
        while self._running and not hurry.is_set() and time.monotonic() < deadline:
            left = max(deadline - time.monotonic(), 0)
            await _first_of(hurry.wait(), asyncio.wait(self._running, timeout=left))
        self._cold = hurry.is_set()
        if self._running:
            log.warning("jobs_cancelled", count=len(self._running), cold=self._cold)
            for call in list(self._calls):
                call.cancel()
            await asyncio.wait(self._running, timeout=1 if self._cold else self._cancel_seconds)
        return not self._cold

    async def _close(self, warm: bool) -> None:
        """Record what has ended and leave RQ, as far as the server answers; what is missed is found by others."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS if warm else 1):
                if warm and self._ended:
                    await self._in_thread(self._books.record, self._ended)
                await self._in_thread(self._books.end)
        except (QueueUnavailable, TimeoutError) as error:
            log.warning("worker_left_silently", name=self.name, error=str(error))


async def _contained(function: JobFunction, args: tuple[int, ...]) -> None:
    """Call a job's function; a `SystemExit` in it ends the job, not the worker."""
    try:
        await function(*args)
    except SystemExit as error:
        raise RuntimeError(f"the job tried to exit the process: {error}") from error


def _error_of(call: asyncio.Task[None]) -> str:
    if call.cancelled():
        return "the job was cancelled"
    error = call.exception()
    return "".join(traceback.format_exception(error)) if error else ""


async def _first_of(*waits: Awaitable[object]) -> None:
    """Wait until one of them is over and drop the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
