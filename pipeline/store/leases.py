"""The life of a row that is work: waiting, queued, held, and back or to its end.

In: a `Stage`, which names a table and its states, and rows by id and fencing token. Out: whether the caller still
was the one. Entries and deliveries both live this way. Trap: the token changes whenever a row changes hands, and
each write asks for state and token together, so whoever held the row before changes nothing (R6).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from secrets import randbits, token_hex
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    union_all,
    update,
)

from pipeline.model import Reason, Released
from pipeline.store.dialects import free_rows
from pipeline.store.tables import in_state
from pipeline.store.types import Instant

_TOKEN_BITS = 62  # of a BIGINT, with room to count on


@dataclass(frozen=True, slots=True)
class Stage:
    """A table of work, the names of the three states before its ends, and the ends."""

    table: Table
    waiting: StrEnum
    queued: StrEnum
    held: StrEnum
    ends: tuple[StrEnum, ...]  #: as the index over them spells them


def first_token() -> int:
    """Give the token of a new row: by chance, so that a row whose number another had before it never has its token.

    A replica that is promoted without the last commits gives numbers of theirs again, while workers still hold the
    rows that had them (R38).
    """
    return randbits(_TOKEN_BITS)


def enqueue(
    tx: Connection, stage: Stage, rows: Iterable[Row[Any]], now: datetime, lease_seconds: float
) -> list[Released]:
    """Give locked waiting rows (`id`, `token`) fresh tokens and random job ids (R24)."""
    released = [Released(row.id, row.token + 1, token_hex(16)) for row in rows]
    if not released:
        return []
    table = stage.table
    statement = update(table).where(table.c.id == bindparam("row"), in_state(table, stage.waiting))
    statement = statement.values(
        state=stage.queued,
        token=bindparam("fresh"),
        job_id=bindparam("job"),
        queued_at=now,
        lease_until=now + timedelta(seconds=lease_seconds),
    )
    tx.execute(statement, [{"row": x.id, "fresh": x.token, "job": x.job_id} for x in released])
    return released


def hold(tx: Connection, stage: Stage, row_id: int, token: int, holder: str, lease_until: datetime) -> bool:
    """Move a queued row into the holder's hands and count the attempt before it begins (R11)."""
    values = {"state": stage.held, "holder": holder, "lease_until": lease_until}
    return _change_often(tx, stage, row_id, token, stage.queued, values, raised="attempts")


def put_back(
    tx: Connection, stage: Stage, row_id: int, token: int, not_before: datetime, reason: Reason, error: str
) -> bool:
    """Let a held row wait again, with what went wrong."""
    condition = _held_by(stage, row_id, token, stage.held)
    return _change(tx, stage.table, condition, **_waiting(stage, not_before), reason=reason, error=error)


def postpone(tx: Connection, stage: Stage, row_id: int, token: int, not_before: datetime) -> bool:
    """Let a queued row wait again that nobody has begun."""
    condition = _held_by(stage, row_id, token, stage.queued)
    return _change(tx, stage.table, condition, **_waiting(stage, not_before))


def finish(tx: Connection, stage: Stage, row_id: int, token: int, now: datetime, **values: Any) -> bool:
    """Bring a held row to an end."""
    ended = {"finished_at": now, "holder": None, "lease_until": None, "job_id": None}
    return _change_often(tx, stage, row_id, token, stage.held, ended | values)


def queued_jobs(tx: Connection, stage: Stage, before: datetime, limit: int) -> list[tuple[int, int, str]]:
    """Give (id, token, job id) of rows queued before an instant, the oldest first."""
    table = stage.table
    found = select(table.c.id, table.c.token, table.c.job_id)
    found = found.where(in_state(table, stage.queued), table.c.queued_at < before)
    return [(row.id, row.token, row.job_id) for row in tx.execute(found.order_by(table.c.queued_at).limit(limit))]


def give_back(tx: Connection, stage: Stage, rows: Sequence[tuple[int, int]], now: datetime) -> int:
    """Let queued rows wait again whose jobs are lost; counts those that still were queued under their token."""
    if not rows:
        return 0
    table = stage.table
    lost = in_state(table, stage.queued) & tuple_(table.c.id, table.c.token).in_(list(rows))
    return tx.execute(update(table).where(lost).values(_waiting(stage, now))).rowcount


def abandoned(tx: Connection, stage: Stage, now: datetime, dead_holders: Collection[str]) -> list[Row[Any]]:
    """Lock the held rows whose lease is over or whose holder is dead; `crashes` does not count this time yet."""
    table = stage.table
    held = in_state(table, stage.held)
    left = or_(table.c.lease_until <= now, table.c.holder.in_(sorted(dead_holders)))
    # By id from the index over what is held, which has both columns; then once more, with the rows locked.
    ids = select(table.c.id).where(held, left)
    found = select(table.c.id, table.c.token, table.c.crashes).where(table.c.id.in_(ids), held, left)
    return list(tx.execute(free_rows(found.order_by(table.c.id), of=table)))


def return_crashed(tx: Connection, stage: Stage, rows: Sequence[Row[Any]], now: datetime) -> int:
    """Let locked rows wait again that crashed their holder."""
    if rows:
        table = stage.table
        crashed = update(table).where(table.c.id.in_([row.id for row in rows]))
        counted = {"crashes": table.c.crashes + 1, "reason": Reason.WORKER_LOST}
        tx.execute(crashed.values(_waiting(stage, now) | counted))
    return len(rows)


def take_over(tx: Connection, stage: Stage, rows: Sequence[Row[Any]], lease_until: datetime) -> list[tuple[int, int]]:
    """Put locked rows that crashed their holder into the caller's hands, under fresh tokens: (id, token)."""
    table = stage.table
    if rows:
        statement = update(table).where(table.c.id == bindparam("row"))
        statement = statement.values(
            token=bindparam("fresh"),
            crashes=table.c.crashes + 1,
            holder=None,
            lease_until=bindparam("until", type_=Instant),
        )
        tx.execute(statement, [{"row": row.id, "fresh": row.token + 1, "until": lease_until} for row in rows])
    return [(row.id, row.token + 1) for row in rows]


def let_all_wait(tx: Connection, stage: Stage, now: datetime) -> int:
    """Let every row wait again that is queued or held, and hold no crash against it; counts them."""
    count = 0
    for state in (stage.queued, stage.held):
        under_way = update(stage.table).where(in_state(stage.table, state))
        count += tx.execute(under_way.values(_waiting(stage, now))).rowcount
    return count


def count_by_state(tx: Connection, stage: Stage) -> dict[str, int]:
    """Count the rows in each state that has any, each from the index that holds it."""
    counted = [_counted(stage, (state,)) for state in (stage.waiting, stage.queued, stage.held)]
    rows = tx.execute(union_all(*counted, _counted(stage, stage.ends)))
    return {row.state: row.rows for row in rows}


def has_state(stage: Stage, state: StrEnum) -> ColumnElement[bool]:
    """Condition that a row is in a state, so that the index over ends is found for an end."""
    condition = in_state(stage.table, state)
    return and_(in_state(stage.table, *stage.ends), condition) if state in stage.ends else condition


def _counted(stage: Stage, states: tuple[StrEnum, ...]) -> Select[Any]:
    column = stage.table.c.state
    return select(column, func.count().label("rows")).where(in_state(stage.table, *states)).group_by(column)


def _held_by(stage: Stage, row_id: int, token: int, state: StrEnum) -> ColumnElement[bool]:
    return (stage.table.c.id == row_id) & (stage.table.c.token == token) & in_state(stage.table, state)


def _waiting(stage: Stage, not_before: datetime) -> dict[str, Any]:
    return {
        "state": stage.waiting,
        "token": stage.table.c.token + 1,
        "next_attempt_at": not_before,
        "job_id": None,
        "queued_at": None,
        "holder": None,
        "lease_until": None,
    }


def _change(tx: Connection, table: Table, condition: ColumnElement[bool], **values: Any) -> bool:
    return tx.execute(update(table).where(condition).values(values)).rowcount == 1


def _change_often(
    tx: Connection,
    stage: Stage,
    row_id: int,
    token: int,
    state: StrEnum,
    values: dict[str, Any],
    *,
    raised: str = "",
) -> bool:
    """Change a row in one of the ways that every row goes, by a statement that is kept."""
    asked = {"of_row": row_id, "of_token": token} | {f"new_{name}": value for name, value in values.items()}
    return tx.execute(_changing(stage, state, tuple(values), raised), asked).rowcount == 1


@cache
def _changing(stage: Stage, state: StrEnum, names: tuple[str, ...], raised: str) -> Update:
    """Put such a statement together, which costs as much as running it; `raised` names a column that counts."""
    c = stage.table.c
    held = (c.id == bindparam("of_row")) & (c.token == bindparam("of_token")) & in_state(stage.table, state)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(stage.table).where(held).values(values | ({raised: c[raised] + 1} if raised else {}))
