"""The last crash of a job at each host or channel: an exception that nobody foresaw, with its traceback.

In and out: `Crash`. Hides nothing. Trap: one row a host or channel, the newest, however many rows meet the same bug; so
what is shown beside failures is a sample of its place and not the fate of one entry or delivery.
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

    host: str  #: of a page, or a channel as `place_of_channel` writes it
    at: datetime
    url: str  #: of the page; empty for a delivery, since the address of a channel is a secret
    attempts: int
    traceback: str  #: bounded and masked by whoever keeps it


def keep(tx: Connection, crash: Crash) -> None:
    """Keep a crash in the place of its host's one before."""
    values = asdict(crash)
    changed = {name: value for name, value in values.items() if name != "host"}
    tx.execute(insert(tx, crashes).values(values).on_conflict_do_update(index_elements=["host"], set_=changed))


def place_of_channel(channel: str) -> str:
    """Write a channel as no host can be called: no name of a host has a space."""
    return f"channel {channel}"


def find(tx: Connection, host: str) -> Crash | None:
    """Find the last crash at a host or channel."""
    c = crashes.c
    found = select(c.host, c.at, c.url, c.attempts, c.traceback).where(c.host == clean_text(host))
    row = tx.execute(found).one_or_none()
    return Crash(*row) if row else None
