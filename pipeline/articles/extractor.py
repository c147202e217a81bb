"""Extract pages in child processes that can be killed.

In: pages as strings. Out: `Extract`, or `Poison` for a page that took too long or took its child along. Hides
asyncio's subprocesses. Children are started when first needed, from scratch (nothing crosses a fork), and talk
over pipes of their own, so one that dies takes nothing with it that another needs. Trap: use an extractor in one
event loop only.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pipeline.articles.frames import READY, BadFrame, pack_page, read_extract
from pipeline.articles.hint import Hint
from pipeline.errors import Poison, Transient
from pipeline.model import Extract, Reason

S = TypeVar("S")

_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60  # half a second when nothing else runs
_HANG_UP_SECONDS = 1  # between closing its pipe and its end
_STOPPED = frozenset({-signal.SIGTERM, -signal.SIGINT})
_PAGES_PER_CHILD = 5_000  # what libraries cache and memory that fragments goes with the child
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH")


class Extractor:
    """A few children, each busy with one page at a time; more pages wait their turn."""

    def __init__(self, processes: int, seconds: float, megabytes: int) -> None:
        """Allow so many children; a page gets so many seconds and a child so many megabytes of address space."""
        self._seconds = seconds
        self._children = [_Child(megabytes) for _ in range(processes)]
        self._idle: asyncio.LifoQueue[_Child] = asyncio.LifoQueue()
        for child in self._children:
            self._idle.put_nowait(child)

    async def extract(self, html: str, url: str, hint: Hint) -> Extract:
        """Extract one page; the text is empty if it holds no article.

        Raises Poison (`extraction_timed_out`, `extraction_crashed`) if the page is to blame, Transient
        (`worker_lost`) if no child can be started. A cancelled call kills its child.
        """
        child = await self._idle.get()
        try:
            await child.start()
            return await self._ask(child, pack_page(html, url, hint))
        except BaseException:
            await child.end()
            raise
        finally:
            self._idle.put_nowait(child)

    async def _ask(self, child: "_Child", frame: bytes) -> Extract:
        try:
            async with asyncio.timeout(self._seconds):
                return await child.ask(frame)
        except TimeoutError as error:
            raise Poison(Reason.EXTRACTION_TIMED_OUT, f"not done within {self._seconds:g} s") from error
        except (OSError, EOFError, BadFrame) as error:
            raise Poison(Reason.EXTRACTION_CRASHED, await child.last_words()) from error

    async def close(self) -> None:
        """Kill the children; pages under way fail as crashed."""
        for child in self._children:
            await child.end()


class _Child:
    """One child process, started anew whenever it is not there."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self._process: Process | None = None
        self._page_count = 0

    async def start(self) -> None:
        """Make sure there is a living child that has taken less than its share of pages."""
        if self._process is not None and self._process.returncode is None:
            if self._page_count < _PAGES_PER_CHILD:
                return
            await self.end()
        try:
            async with asyncio.timeout(_START_SECONDS):
                while not await self._has_begun():
                    await self.end()
        except (OSError, EOFError, TimeoutError) as error:
            raise Transient(Reason.WORKER_LOST, f"no extracting child could be started: {error}") from error
        self._page_count = 0

    async def _has_begun(self) -> bool:
        """Start a child; False if a stop meant for the whole group ended it before it could ignore that."""
        process = self._process = await self._spawn()
        try:
            await _stream(process.stdout).readexactly(len(READY))
        except EOFError:
            if await process.wait() in _STOPPED:
                return False
            raise
        return True

    async def _spawn(self) -> Process:
        """Start the child with an environment that holds no secrets."""
        variables = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "pipeline.articles.child"),
            *(str(self._megabytes), str(os.getpid())),
            stdin=PIPE,
            stdout=PIPE,
            env=variables | {"PYTHONPATH": str(_ROOT)},
        )

    async def ask(self, frame: bytes) -> Extract:
        """Send a page and wait for its extract."""
        process = self._process
        if process is None:
            raise EOFError("no child")
        self._page_count += 1
        _stream(process.stdin).write(frame)
        await _stream(process.stdin).drain()
        return await read_extract(_stream(process.stdout).readexactly)

    async def last_words(self) -> str:
        """Say how the child that hung up ended; one that lives on after a moment gets ended."""
        process = self._process
        if process is None:
            return "the child was ended"
        try:
            async with asyncio.timeout(_HANG_UP_SECONDS):
                code = await process.wait()
        except TimeoutError:
            await self.end()
            return "the child hung up"
        return f"the child ended by signal {-code}" if code < 0 else f"the child ended with exit status {code}"

    async def end(self) -> None:
        """Kill the child, if there is one.

        It is forgotten first: even if waiting is cancelled, no page goes to a dying child.
        """
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _stream(stream: S | None) -> S:
    """Unwrap a pipe that was asked for."""
    if stream is None:
        raise EOFError("no pipe")
    return stream
