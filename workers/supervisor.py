"""Keep the processes of one machine running: start, restart, stop in order.

In: the commands. Out: their processes, alive until the stop; the state of each for the live view; an exit code.
Hides asyncio's subprocesses, and whether a child was started from scratch or forked. Trap: signals go to each child
alone and never to a group, or a worker's extracting children would die under its hands (checklist R13); and `run`
belongs in the main thread, see workers.tether.
"""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from workers.forking import Role
from workers.nursery import Nursery
from workers.patience import pause
from workers.tether import tethered

log = structlog.get_logger(__name__)

LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 60.0  #: who ran this long begins again with the shortest pause
OURS = (1, 2)  #: standard output and error
HURRY_SECONDS = 5.0  #: until the end by force, once haste is asked for


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A command to keep running, `count` times; the `last` ones are stopped after all others have ended."""

    name: str
    argv: Sequence[str]
    count: int = 1
    last: bool = False
    inherit: tuple[int, ...] = ()  #: descriptors the process keeps open, such as the data folder's lock
    before_start: Callable[[], object] | None = None  #: run before every start, e.g. to clear a stale socket
    role: Role | None = None  #: what to fork instead of running the command, where there is a nursery


@dataclass(frozen=True, slots=True)
class ChildState:
    """How one child stands; `pid` is None while it is down, `exit_code` its last end (negative: by signal)."""

    name: str
    pid: int | None
    restarts: int
    exit_code: int | None


class Running(Protocol):
    """A process that was started, as `asyncio.subprocess.Process` shows it."""

    @property
    def pid(self) -> int:
        """Give its pid."""

    @property
    def returncode(self) -> int | None:
        """Give its exit code; None while it runs."""

    async def wait(self) -> int:
        """Wait for its end."""

    def send_signal(self, signal: int, /) -> None:
        """Send a signal."""


def pause_after(crashes_in_a_row: int) -> float:
    """Say how long to wait before the next start: 1, 2, 4 … 30 seconds."""
    return float(min(2 ** max(crashes_in_a_row - 1, 0), LONGEST_PAUSE_SECONDS))


class Supervisor:
    """Run every command until told to stop; give up on none.

    `grace_seconds` is how long children may take to end before they are killed. `output` is a descriptor for what
    they write to standard output and error, None for ours. Roles are forked of the `nursery`, if there is one.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        *,
        grace_seconds: float = 75,
        output: int | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        self._children = [
            _Child(spec, spec.name if spec.count == 1 else f"{spec.name}-{number}", output, nursery)
            for spec in specs
            for number in range(1, spec.count + 1)
        ]
        self._grace_seconds = grace_seconds

    def states(self) -> list[ChildState]:
        """Say how each child stands, in the order of the commands."""
        return [child.state() for child in self._children]

    async def run(self, stop: asyncio.Event, hurry: asyncio.Event | None = None) -> int:
        """Run until `stop`; returns 0 if every child then ended by itself within the grace, else 1.

        `hurry`, set after `stop`, tells them a second time and shortens the grace to a few seconds.
        """
        ending = _Ending(self._grace_seconds, hurry or asyncio.Event())
        stop_last = asyncio.Event()
        first = [child.run(stop, ending) for child in self._children if not child.spec.last]
        last = [child.run(stop_last, ending) for child in self._children if child.spec.last]
        async with asyncio.TaskGroup() as group:
            holding = [group.create_task(run) for run in last]
            ended = await asyncio.gather(*first)
            await stop.wait()
            stop_last.set()
        return 0 if all(ended) and all(task.result() for task in holding) else 1


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a child is brought to its end."""

    grace_seconds: float
    hurry: asyncio.Event

    async def wait(self, process: Running) -> bool:
        """Wait until the process has ended; False if the time ran out before."""
        ended = asyncio.create_task(process.wait())
        hurried = asyncio.create_task(self.hurry.wait())
        try:
            await asyncio.wait({ended, hurried}, timeout=self.grace_seconds, return_when=asyncio.FIRST_COMPLETED)
            if hurried.done() and not ended.done():
                _send(process, signal.SIGINT)  # a second SIGTERM is taken for the same stop, see workers.signals
                await asyncio.wait({ended}, timeout=HURRY_SECONDS)
            return ended.done()
        finally:
            hurried.cancel()
            ended.cancel()


class _Child:
    """One process slot."""

    def __init__(self, spec: ProcessSpec, name: str, output: int | None, nursery: Nursery | None) -> None:
        self.spec = spec
        self._name = name
        self._output = output
        self._nursery = nursery
        self._process: Running | None = None
        self._starts = 0
        self._exit_code: int | None = None

    def state(self) -> ChildState:
        pid = self._process.pid if self._process else None
        return ChildState(self._name, pid, max(self._starts - 1, 0), self._exit_code)

    async def run(self, stop: asyncio.Event, ending: _Ending) -> bool:
        """Keep it running until `stop`; True if it ended by itself then."""
        crashes = 0
        while not stop.is_set():
            began = time.monotonic()
            running = await self._once(stop)
            if running:
                return await self._end(running, ending)
            crashes = 1 if time.monotonic() - began > HEALTHY_SECONDS else crashes + 1
            seconds = pause_after(crashes)
            log.error("process_ended", name=self._name, exit_code=self._exit_code, again_in_seconds=seconds)
            await pause(stop, seconds)
        return True

    async def _once(self, stop: asyncio.Event) -> Running | None:
        """Start and watch it; returns it if it was still running at `stop`."""
        try:
            process = self._process = await self._start()
        except OSError:
            log.exception("process_not_started", name=self._name)
            return None
        self._starts += 1
        log.info("process_started", name=self._name, pid=process.pid)
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            ended.cancel()
            return process
        self._forget(ended.result())
        return None

    async def _start(self) -> Running:
        if self.spec.before_start:
            self.spec.before_start()
        if self._nursery and self.spec.role:
            outputs = OURS if self._output is None else (self._output, self._output)
            return await self._nursery.start(self.spec.role, self._name, outputs)
        return await asyncio.create_subprocess_exec(
            *tethered(self.spec.argv, os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
            pass_fds=self.spec.inherit,
        )

    async def _end(self, process: Running, ending: _Ending) -> bool:
        _send(process, signal.SIGTERM)
        clean = await ending.wait(process)
        if not clean:
            log.warning("process_killed", name=self._name, grace_seconds=ending.grace_seconds)
            _send(process, signal.SIGKILL)
        code = await process.wait()
        self._forget(code)
        log.info("process_stopped", name=self._name, exit_code=code)
        return clean and code in {0, -signal.SIGTERM}

    def _forget(self, code: int) -> None:
        self._exit_code, self._process = code, None


def _send(process: Running, number: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(number)
