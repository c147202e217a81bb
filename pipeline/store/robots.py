"""What we hold of robots.txt, one row an origin, shared by all workers.

In and out: `RobotsCopy`. Hides nothing. Trap: two workers may renew one copy at once; the later
one stays, both are true.
"""

from dataclasses import asdict, fields

from sqlalchemy import Connection, select

from pipeline.model import RobotsCopy
from pipeline.store.dialects import insert
from pipeline.store.tables import robots


def find(tx: Connection, origin: str) -> RobotsCopy | None:
    """Find the copy held of an origin's rules."""
    names = [field.name for field in fields(RobotsCopy)]
    row = tx.execute(select(*(robots.c[name] for name in names)).where(robots.c.origin == origin)).one_or_none()
    return RobotsCopy(**row._asdict()) if row else None


def keep(tx: Connection, copy: RobotsCopy) -> None:
    """Keep a copy in the place of the one before."""
    values = asdict(copy)
    changed = {name: value for name, value in values.items() if name != "origin"}
    tx.execute(insert(tx, robots).values(values).on_conflict_do_update(index_elements=["origin"], set_=changed))
