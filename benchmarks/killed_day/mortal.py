"""What a process of the play may touch while it lives: a store and a queue that are gone for it once it is killed.

In: the world's store and boards. Out: the same for one life. Trap: a killed process does nothing any more, not even in
`finally`; so death is an exception that no `except Exception` holds, raised at its next step and at each one after.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

from pipeline.model import Released
from pipeline.store.database import Database
from workers.queue import EXECUTION_SECONDS, SILENT_SECONDS, Places, WorkQueue

T = TypeVar("T")
STEP_SECONDS = 0.02  #: most that a call of the store takes


class Killed(BaseException):
    """The process is no more."""


class Doom(StrEnum):
    """Where a process dies."""

    NOW = "wherever it is"
    BEFORE = "before its next transaction"
    AFTER = "after its next commit, before it hears of it"


@dataclass(eq=False, slots=True)
class Life:
    """One process from its start to its end."""

    name: str
    dead_since: float | None = None
    doom: Doom | None = None

    def check(self) -> None:
        """Raise if it is dead."""
        if self.dead_since is not None:
            raise Killed(self.name)

    def end(self) -> None:
        """Die here."""
        self.dead_since = asyncio.get_running_loop().time()
        raise Killed(self.name)

    async def pass_(self, seconds: float) -> None:
        """Let time pass, if it lives to see it."""
        await asyncio.sleep(seconds)
        self.check()


class MortalDatabase(Database):
    """The store as one process has it."""

    def __init__(self, database: Database, life: Life, dice: Random) -> None:
        self._database, self._life, self._dice = database, life, dice

    async def run(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Call `fn` in a write transaction; the process may die before it, or after the commit."""
        await self._life.pass_(self._dice.uniform(0, STEP_SECONDS))
        if self._life.doom is Doom.BEFORE:
            self._life.end()
        with self._database.write() as tx:
            found = fn(tx, *args, **kwargs)
        if self._life.doom is Doom.AFTER:
            self._life.end()
        await self._life.pass_(self._dice.uniform(0, STEP_SECONDS))
        return found

    async def look(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """Call `fn` in a read transaction."""
        await self._life.pass_(self._dice.uniform(0, STEP_SECONDS))
        with self._database.read() as tx:
            return fn(tx, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Job:
    """What stands on the queue."""

    job_id: str
    function: str
    row_id: int
    token: int


@dataclass(slots=True)
class Board:
    """One queue as Redis would hold it; nothing of it is promised to stay."""

    name: str
    queued: dict[str, Job] = field(default_factory=dict)
    started: dict[str, tuple[Job, Life]] = field(default_factory=dict)
    most: int = 0  #: jobs it ever held

    def take(self, count: int, life: Life) -> list[Job]:
        """Give the oldest jobs to a worker."""
        taken = [self.queued.pop(job_id) for job_id in list(self.queued)[:count]]
        self.started |= {job.job_id: (job, life) for job in taken}
        return taken

    def give_up(self, now: float) -> None:
        """Let jobs of workers that are long dead be tried again, as RQ's maintenance does."""
        for job, life in list(self.started.values()):
            if life.dead_since is not None and now - life.dead_since > EXECUTION_SECONDS:
                del self.started[job.job_id]
                self.queued[job.job_id] = job

    def flush(self) -> None:
        """Forget everything."""
        self.queued.clear()
        self.started.clear()


class MortalQueue(WorkQueue):
    """A board with the methods of `workers.queue.WorkQueue`, as one process has it."""

    def __init__(self, board: Board, life: Life) -> None:
        self.name = board.name
        self._board, self._life = board, life

    def enqueue(self, function: str, rows: Sequence[Released], timeout_seconds: int) -> None:
        """Put a job for each row at the end."""
        del timeout_seconds
        self._life.check()
        for row in rows:
            self._board.queued[row.job_id] = Job(row.job_id, function, row.id, row.token)
        self._board.most = max(self._board.most, self.depth())

    def depth(self) -> int:
        """Count the jobs that wait or run."""
        return len(self._board.queued) + len(self._board.started)

    def places(self) -> Places:
        """Say where every job stands."""
        now = asyncio.get_running_loop().time()
        dead = [
            job_id
            for job_id, (_, life) in self._board.started.items()
            if life.dead_since is not None and now - life.dead_since > SILENT_SECONDS
        ]
        started, nothing = frozenset(self._board.started), frozenset[str]()
        return Places(frozenset(self._board.queued), nothing, started, frozenset(dead), nothing)
