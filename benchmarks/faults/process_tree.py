"""What /proc says of an installation's processes: who they are, what they hold, whether anybody is left.

In: the pid of `storywatch run`. Out: `Member`s, each with its kind, and their memory, descriptors and threads. Hides
/proc of Linux. Trap: a process may end between two looks at it; it then counts as not there.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
SERVICE = re.compile(r"cli\.services\.(\w+)")
KINDS = {"poll": "poller", "dispatch": "dispatcher", "pages": "worker", "deliveries": "deliverer"}
USED = slice(11, 15)  #: places of `utime`, `stime`, and the same of children waited for
STARTED = 19  #: place of `starttime` among the fields after the name, proc(5)
CHILD = "child"  #: of a service, such as an extractor
NURSERY = re.compile(r"storywatch nursery|workers\.forking")


@dataclass(frozen=True, slots=True)
class Member:
    """One process of an installation; `kind` is that of its heartbeat, or `valkey`, `run`, `nursery`, `child`."""

    pid: int
    parent_pid: int = field(compare=False)
    kind: str = field(compare=False)
    started: int = 0  #: in ticks since the machine started; a pid may be used again


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds; memory shared by several counts in parts (Pss)."""

    memory_bytes: int
    descriptor_count: int
    thread_count: int


def members(root_pid: int) -> list[Member]:
    """Give the process and all its descendants."""
    parents = dict(_parents())
    found = [Member(root_pid, parents[root_pid], "run", _started(root_pid))] if root_pid in parents else []
    known = {root_pid}
    while new := {pid for pid, parent in parents.items() if parent in known and pid not in known}:
        known |= new
        found += [Member(pid, parents[pid], kind_of(pid), _started(pid)) for pid in sorted(new)]
    return found


def kind_of(pid: int) -> str:
    """Say what a process is by its command line."""
    command = _command(pid)
    service = SERVICE.search(command)
    if service:
        return KINDS.get(service[1], service[1])
    if NURSERY.search(command):
        return "nursery"
    return "valkey" if "valkey" in command else "newsroom" if "-m demo" in command else CHILD


def held(pid: int) -> Held | None:
    """Measure a process; None if it is gone."""
    folder = PROC / str(pid)
    try:
        rollup = (folder / "smaps_rollup").read_text(encoding="ascii")
        memory = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        return Held(memory * 1024, _count(folder / "fd"), _count(folder / "task"))
    except (OSError, ValueError):
        return None


def cpu_seconds(root_pid: int) -> float:
    """Sum up the processor time of the process and all its descendants, those that have ended included."""
    spent = [_fields(one.pid)[USED] for one in members(root_pid)]
    return sum(map(int, (ticks for fields in spent for ticks in fields))) / os.sysconf("SC_CLK_TCK")


def is_same(one: Member) -> bool:
    """Tell whether that very process still runs; one that has ended and waits to be reaped does not."""
    fields = _fields(one.pid)
    return bool(fields) and fields[0] not in {"Z", "X"} and int(fields[STARTED]) == one.started


def _pids() -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _parents() -> Iterator[tuple[int, int]]:
    for pid in _pids():
        fields = _fields(pid)
        if len(fields) > 1 and fields[0] not in {"Z", "X"}:
            yield pid, int(fields[1])


def _started(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[STARTED]) if fields else 0


def _fields(pid: int) -> list[str]:
    """Give the fields of its `stat` after the name, which may hold blanks."""
    try:
        return (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
