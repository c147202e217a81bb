"""What we hold of robots.txt, one row an origin, shared by all workers.

In and out: `RobotsCopy`. Hides nothing. Trap: two workers may renew one copy at once; the later
one stays, both are true.
"""

from dataclasses import fields
from functools import cache

from sqlalchemy import Connection, Executable, bindparam, select

from pipeline.model import RobotsCopy
from pipeline.store.dialects import Inserter, inserter
from pipeline.store.tables import robots

_NAMES = [field.name for field in fields(RobotsCopy)]
_FIND = select(*(robots.c[name] for name in _NAMES)).where(robots.c.origin == bindparam("of_origin"))


def find(tx: Connection, origin: str) -> RobotsCopy | None:
    """Find the copy held of an origin's rules."""
    row = tx.execute(_FIND, {"of_origin": origin}).one_or_none()
    return RobotsCopy(**row._asdict()) if row else None


def keep(tx: Connection, copy: RobotsCopy) -> None:
    """Keep a copy in the place of the one before."""
    tx.execute(_keep(inserter(tx)), {name: getattr(copy, name) for name in _NAMES})


@cache
def _keep(begin: Inserter) -> Executable:
    statement = begin(robots)
    changed = {name: statement.excluded[name] for name in _NAMES if name != "origin"}
    return statement.on_conflict_do_update(index_elements=["origin"], set_=changed)
