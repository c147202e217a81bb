"""How long things took, counted for ever by bucket: what histograms are made of.

In: counts of one process since its last call. Out: the sums of all processes. Trap: several processes add to the same
rows, always in one order, so that none waits for the other in a circle.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from pipeline.store.dialects import insert
from pipeline.store.tables import durations

#: Upper edges in seconds; the last bucket is beyond them all.
EDGES = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)


class Timed(StrEnum):
    """What is timed."""

    POLL = "poll"  #: a feed is asked and read, its pages of archives included
    FETCH = "fetch"  #: a page is asked and its text extracted
    ARTICLE = "article"  #: from an entry first seen to its article stored
    DELIVERY = "delivery"  #: from an alert raised to the receiver's yes


@dataclass(frozen=True, slots=True)
class Tally:
    """What fell into one bucket."""

    count: int
    microseconds: int


Tallies = Mapping[tuple[Timed, int], Tally]


def bucket_of(seconds: float) -> int:
    """Give the bucket of a length of time: the first whose edge is not below it."""
    return bisect_left(EDGES, seconds)


def add(tx: Connection, found: Tallies) -> None:
    """Add what one process has counted."""
    rows = [
        {"step": step.value, "bucket": bucket, "count": tally.count, "microseconds": tally.microseconds}
        for (step, bucket), tally in sorted(found.items())
    ]
    if rows:
        statement = insert(tx, durations)
        more = {name: durations.c[name] + statement.excluded[name] for name in ("count", "microseconds")}
        tx.execute(statement.on_conflict_do_update(index_elements=["step", "bucket"], set_=more), rows)


def read(tx: Connection) -> dict[tuple[Timed, int], Tally]:
    """Give what all processes have counted."""
    c = durations.c
    found = select(c.step, c.bucket, c["count"], c.microseconds).where(c.step.in_([step.value for step in Timed]))
    return {(Timed(step), bucket): Tally(count, length) for step, bucket, count, length in tx.execute(found)}
