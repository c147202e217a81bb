"""A whole Storywatch as its user starts it: the command in a process of its own, watched from outside."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.store import counts
from pipeline.store.counts import Overview
from pipeline.store.database import Database
from workers.clock import utc_now

COMMAND = [sys.executable, "-m", "cli"]
STOP_SECONDS = 120


def clean_environ(**settings: str) -> dict[str, str]:
    """Give an environment whose only Storywatch settings are these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYWATCH_")}
    return kept | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(Path(__file__).parents[2])} | settings


def storywatch(*arguments: object, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=clean_environ(**settings),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def wait_for(what: str, holds: Callable[[], object], seconds: float = 180) -> None:
    """Wait until `holds` is true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Instance:
    """A running `storywatch run` or `demo`."""

    def __init__(self, process: subprocess.Popen[str], data_dir: Path) -> None:
        self.process = process
        self.data_dir = data_dir
        self.output = ""
        self._threads = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (process.stdout, process.stderr)
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                self.output += line

    def wait_for_text(self, pattern: str, seconds: float = 180) -> str:
        """Wait until the output has the pattern; gives its first group, or all of it."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output)):
            assert time.monotonic() < deadline, f"not within {seconds} s: {pattern}\n{self.output}"
            assert self.process.poll() is None, f"ended before {pattern}\n{self.output}"
            time.sleep(0.05)
        return found[found.re.groups and 1]

    def children(self) -> dict[str, int]:
        """Give the pids of the services and of the nursery by the module or program they run."""
        own = _children_of(self.process.pid)
        forked = _children_of(own["nursery"]) if "nursery" in own else {}
        return own | forked

    def overview(self) -> Overview:
        """Count what the store holds."""
        database = Database.open(f"sqlite:///{self.data_dir / 'storywatch.db'}")
        try:
            with database.read() as tx:
                return counts.overview(tx, utc_now())
        finally:
            database.close()

    def alerts(self) -> list[dict[str, Any]]:
        """Give what the file channel has received, in order."""
        file = self.data_dir / "alerts.jsonl"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop; gives its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(STOP_SECONDS)
        self.join()
        return code

    def join(self) -> None:
        """Wait until all that it wrote is read."""
        for thread in self._threads:
            thread.join(5)


@contextmanager
def started(
    *arguments: object, cwd: Path, data_dir: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Instance]:
    """Start a command that runs on, and see that nothing of it is left after the block."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=clean_environ(**(settings or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    instance = Instance(process, data_dir)
    try:
        yield instance
    finally:
        if process.poll() is None:
            process.kill()  # the children are tied to it and end as well
            process.wait()
        instance.join()


def _children_of(pid: int) -> dict[str, int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {name: int(child) for child in listed if (name := _name_of(int(child)))}


def _name_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    if "storywatch nursery" in words[0] or "workers.forking" in words:
        return "nursery"
    if forked := re.search(r"\(cli\.services\.(\w+)\)", words[0]):
        return forked[1]
    if "-m" in words:
        return words[words.index("-m") + 1].rpartition(".")[2]
    return "valkey" if "valkey" in words[0] else Path(words[0]).name
