"""The last crash of a page job at each host: an exception that nobody foresaw, with its traceback.

In and out: `Crash`. Hides nothing. Trap: one row a host, the newest, however many entries meet the same bug; so what
is shown beside a group of failures is a sample of its host and not the fate of one entry.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.store.dialects import insert
from pipeline.store.tables import crashes
from pipeline.store.types import clean_text


@dataclass(frozen=True, slots=True)
class Crash:
    """What was raised, where and when."""

    host: str
    at: datetime
    url: str
    attempts: int
    traceback: str  #: bounded and masked by whoever keeps it


def keep(tx: Connection, crash: Crash) -> None:
    """Keep a crash in the place of its host's one before."""
    values = asdict(crash)
    changed = {name: value for name, value in values.items() if name != "host"}
    tx.execute(insert(tx, crashes).values(values).on_conflict_do_update(index_elements=["host"], set_=changed))


def find(tx: Connection, host: str) -> Crash | None:
    """Find the last crash at a host."""
    c = crashes.c
    found = select(c.host, c.at, c.url, c.attempts, c.traceback).where(c.host == clean_text(host))
    row = tx.execute(found).one_or_none()
    return Crash(*row) if row else None
