"""The service's own processes, by their heartbeats (R15).

In: beats. Out: `Process`, and who has stopped beating. Trap: a process that hangs may still come back, so the
sweeper that calls it dead relies on fencing tokens, not on its silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from pipeline.store.dialects import insert
from pipeline.store.tables import processes


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the service."""

    name: str  #: unique for one start of one process
    kind: str  #: poller, dispatcher, worker …
    pid: int
    started_at: datetime
    beat_at: datetime
    detail: Mapping[str, Any]


def beat(tx: Connection, name: str, kind: str, pid: int, now: datetime, detail: Mapping[str, Any]) -> None:
    """Note that a process lives, and what it says of itself."""
    row = {"name": name, "kind": kind, "pid": pid, "started_at": now, "beat_at": now, "detail": dict(detail)}
    statement = insert(tx, processes).values(row)
    changed = {column: statement.excluded[column] for column in ("kind", "pid", "beat_at", "detail")}
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))


def list_all(tx: Connection) -> list[Process]:
    """Give all processes, by kind and name."""
    return [Process(*row) for row in tx.execute(select(processes).order_by(processes.c.kind, processes.c.name))]


def stale(tx: Connection, before: datetime) -> list[str]:
    """Name the processes whose last beat is older than an instant."""
    return list(tx.execute(select(processes.c.name).where(processes.c.beat_at < before)).scalars())


def leave(tx: Connection, name: str) -> None:
    """Forget a process that has ended."""
    tx.execute(delete(processes).where(processes.c.name == name))
