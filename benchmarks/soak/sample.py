"""One look at a running installation: what its processes hold, its files, its queue, its delays.

In: the pid of `storywatch demo`, its data folder. Out: figures by name. Hides /proc, SQL and Valkey's INFO. Trap: the
look itself costs; it is taken every few seconds, reads by index, and writes nothing.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from benchmarks.faults.process_tree import CHILD, Member, held, members
from pipeline.model import EntryState
from pipeline.store import delays, processes
from pipeline.store.database import Database
from pipeline.store.tables import articles, entries, in_state
from workers.clock import utc_now
from workers.queue import DELIVERIES, PAGES, WorkQueue
from workers.queue_socket import socket_url
from workers.server import connect, queue_errors

MEGABYTE = 1024 * 1024
LAST_ALERTS = 200
NEWSROOM = "newsroom"  #: is no part of the installation
Figures = dict[str, float]


class Looker:
    """Takes samples of one installation."""

    def __init__(self, pid: int, data: Path) -> None:
        self._pid = pid
        self._data = data
        data.mkdir(mode=0o700, exist_ok=True)
        self._database = Database.open(f"sqlite:///{data / 'storywatch.db'}")
        self._database.migrate()  # we may be here before `run` is
        self._valkey = connect(socket_url(data))

    def look(self) -> Figures:
        """Take one sample."""
        with self._database.read() as tx:
            rows = _rows(tx)
        return _processes(self._pid) | self._files() | self._queue() | rows

    def _files(self) -> Figures:
        names = {"write-ahead log, MB": "storywatch.db-wal", "database, MB": "storywatch.db"}
        return {what: _size(self._data / name) / MEGABYTE for what, name in names.items()}

    def _queue(self) -> Figures:
        with queue_errors():
            facts = self._valkey.info()
        depth = sum(WorkQueue(name, self._valkey).depth() for name in (PAGES, DELIVERIES))
        return {"queue memory, MB": int(facts["used_memory"]) / MEGABYTE, "jobs": depth}


def _processes(root_pid: int) -> Figures:
    """Sum up by kind; a service's children count with it."""
    found = members(root_pid)
    kinds = {one.pid: one for one in found}
    figures: Figures = {}
    for one in found:
        holding, kind = held(one.pid), _owner(one, kinds)
        if holding is None:
            continue
        values = (holding.memory_bytes / MEGABYTE, holding.descriptor_count, holding.thread_count)
        for what, value in zip(("memory, MB", "descriptors", "threads"), values, strict=True):
            for name in (f"{kind}: {what}", f"all: {what}") if kind != NEWSROOM else ():
                figures[name] = figures.get(name, 0) + value
    return figures


def _owner(one: Member, known: Mapping[int, Member]) -> str:
    while one.kind == CHILD and one.parent_pid in known:
        one = known[one.parent_pid]
    return one.kind


def _rows(tx: Connection) -> Figures:
    now = utc_now()
    oldest = tx.execute(
        select(func.min(entries.c.first_seen_at)).where(in_state(entries, EntryState.WAITING))
    ).scalar_one()
    figures = {
        "articles": float(tx.execute(select(func.count()).select_from(articles)).scalar_one()),
        "oldest waiting entry, s": (now - oldest).total_seconds() if oldest else 0.0,
        "restarts": float(len(processes.stale(tx, now - timedelta(seconds=30)))),
    }
    total = [one for one in delays.by_stage(delays.ways(tx, LAST_ALERTS)) if one.name == delays.TOTAL]
    return figures | {f"entry to alert, {name}, s": value for one in total for name, value in _quantiles(one).items()}


def _quantiles(one: delays.Delay) -> dict[str, float]:
    return {"p50": one.p50, "p95": one.p95}


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
