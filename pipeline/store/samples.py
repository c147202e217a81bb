"""How much waited at each minute of the last days, for people who ask since when.

In: an instant. Out: one row a stage and minute, and the rows of a span. Trap: two dispatchers may sample the same
minute; the first one's row stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, func, select

from pipeline.model import DeliveryState, EntryState
from pipeline.store import deliveries, entries
from pipeline.store.dialects import insert
from pipeline.store.leases import Stage
from pipeline.store.tables import in_state, queue_samples


class SampledStage(StrEnum):
    """The two stages, by the names of their queues."""

    PAGES = "pages"
    DELIVERIES = "deliveries"


@dataclass(frozen=True, slots=True)
class Sample:
    """How a stage stood at one minute."""

    at: datetime
    waiting_count: int
    queued_count: int
    held_count: int
    oldest_seconds: int


def take(tx: Connection, now: datetime) -> None:
    """Note how both stages stand in this minute."""
    pages, sends = entries.count_by_state(tx), deliveries.count_by_state(tx)
    rows = [
        _row(tx, SampledStage.PAGES, entries.STAGE, pages, now),
        _row(tx, SampledStage.DELIVERIES, deliveries.STAGE, sends, now),
    ]
    tx.execute(insert(tx, queue_samples).values(rows).on_conflict_do_nothing())


def since(tx: Connection, stage: SampledStage, start: datetime) -> list[Sample]:
    """Give a stage's samples from an instant on, the oldest first."""
    c = queue_samples.c
    found = select(c.at, c.waiting_count, c.queued_count, c.held_count, c.oldest_seconds)
    return [Sample(*row) for row in tx.execute(found.where(c.stage == stage, c.at >= start).order_by(c.at))]


def _row(
    tx: Connection,
    name: SampledStage,
    stage: Stage,
    counts: Mapping[EntryState, int] | Mapping[DeliveryState, int],
    now: datetime,
) -> dict[str, Any]:
    by_word = {str(state): count for state, count in counts.items()}
    return {
        "stage": name.value,
        "at": now.replace(second=0, microsecond=0),
        "waiting_count": by_word[stage.waiting],
        "queued_count": by_word[stage.queued],
        "held_count": by_word[stage.held],
        "oldest_seconds": _oldest_seconds(tx, stage.table, stage.waiting, now),
    }


def _oldest_seconds(tx: Connection, table: Table, waiting: StrEnum, now: datetime) -> int:
    """Give how long the first waiting row has been due; 0 if none is."""
    oldest = tx.execute(select(func.min(table.c.next_attempt_at)).where(in_state(table, waiting))).scalar_one()
    return max(0, int((now - oldest).total_seconds())) if oldest else 0
