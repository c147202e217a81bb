"""Storywatch as an operator runs it, started again whenever it dies, as a service manager would.

In: a folder, its settings. Out: `storywatch run` until the stop, and who its processes were. Hides the process. Trap:
whoever lives outside the tree of `run` for longer than a killed parent needs to take its children along is an orphan.
"""

import asyncio
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.process_tree import CHILD, Member, is_same, members
from benchmarks.faults.waiting import until
from benchmarks.replay.installation import COMMAND, without_settings
from workers.tether import tethered

WATCH_SECONDS = 0.5
ORPHAN_SECONDS = 15.0
AGAIN_SECONDS = 1.0
STOP_SECONDS = 120.0
NO_SERVICE = frozenset({"run", "nursery", CHILD})
EXPECTED_ERRORS = frozenset(
    {"process_ended", "nursery_ended", "process_not_started", "queue_files_set_aside", "entry_quarantined"}
)


@dataclass(slots=True)
class System:
    """One installation; `start` and `stop` it."""

    settings_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    exit_codes: list[int] = field(default_factory=list)  #: of every stop that was asked for
    starts: int = 0
    orphans: list[Member] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _known: dict[Member, float] = field(default_factory=dict)  #: by when it was last in the tree
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """Give the data folder."""
        return self.settings_file.parent / "data"

    @property
    def log_file(self) -> Path:
        """Give the file of what the processes wrote."""
        return self.settings_file.parent / "storywatch.log"

    async def start(self) -> None:
        """Start it, and keep it running until `stop`."""
        await self._launch()
        self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._watch())]

    async def stop(self, number: signal.Signals = signal.SIGTERM, *, everybody: bool = False) -> tuple[int, float]:
        """Tell it to stop, or every one of its processes at once; gives the exit code and the seconds it took."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._see()
        has_begun = any(one.kind not in NO_SERVICE for one in self.tree())
        began = time.monotonic()
        code = await self._end(self.pids() if everybody else [], number)
        if code == -number and not has_begun:
            code = 0  # nothing was running yet that could have been stopped
        self.exit_codes.append(code)
        await self._await_children()
        return code, time.monotonic() - began

    def tree(self) -> list[Member]:
        """Give its processes."""
        return members(self._process.pid) if self._process else []

    def pids(self, *kinds: str) -> list[int]:
        """Give the pids of these kinds, or of all."""
        return [one.pid for one in self.tree() if not kinds or one.kind in kinds]

    def kill_one(self, dice: random.Random) -> str:
        """Kill one process, each kind as likely as the others; gives the kind, or none while only `run` is there."""
        tree = self.tree()
        kinds = sorted({one.kind for one in tree})
        if not set(kinds) - NO_SERVICE:
            return ""  # on a slow machine `run` would be killed again and again before it had started anything
        kind = dice.choice(kinds)
        victim = dice.choice([one for one in tree if one.kind == kind])
        with suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)
        return kind

    def errors(self) -> Counter[str]:
        """Count the errors logged that no fault explains, by event."""
        lines = [_logged(line) for line in self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()]
        events = [str(line.get("event", "")) for line in lines if line.get("level") in {"error", "critical"}]
        return Counter(event for event in events if event not in EXPECTED_ERRORS)

    async def _launch(self) -> None:
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *tethered([*COMMAND, "run", "--config", str(self.settings_file)], os.getpid()),
                env=without_settings(os.environ) | dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1

    async def _keep(self) -> None:
        while self._process:
            await self._process.wait()
            await asyncio.sleep(AGAIN_SECONDS)
            await self._launch()

    async def _watch(self) -> None:
        while True:
            self._see()
            self.orphans += [one for one in self._outside() if one not in self.orphans]
            await asyncio.sleep(WATCH_SECONDS)

    def _see(self) -> None:
        self._known.update(dict.fromkeys(self.tree(), time.monotonic()))

    def _outside(self) -> list[Member]:
        late = time.monotonic() - ORPHAN_SECONDS
        return [one for one, seen in self._known.items() if seen < late and is_same(one)]

    async def _end(self, others: list[int], number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        for pid in {process.pid, *others}:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()
        finally:
            self._process = None

    async def _await_children(self) -> None:
        """Give what was tied to it the time to end; what is left then is an orphan."""
        await until(lambda: not any(map(is_same, self._known)), ORPHAN_SECONDS)
        self.orphans += [one for one in self._known if is_same(one) and one not in self.orphans]


def settings_text(values: Mapping[str, Mapping[str, object]]) -> str:
    """Write settings: a table for each section."""
    return "\n".join(
        f"[{section}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items())
        for section, options in values.items()
    )


def _logged(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
