"""Deliveries on their way to a receiver: the outbox (R4).

In: ids and fencing tokens from the queue. Out: `Released` rows for it, `DeliveryTask` for the worker. Trap: a
delivery whose worker died after the receiver said yes is sent again; its `public_id` is the same (R5).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from pipeline.errors import NotFound
from pipeline.model import DeliveryState, DeliveryTask, Reason, Released, Swept
from pipeline.store import leases, notices, receivers
from pipeline.store.dialects import free_rows
from pipeline.store.leases import Stage
from pipeline.store.tables import deliveries, in_state

STAGE = Stage(
    deliveries,
    DeliveryState.WAITING,
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    (DeliveryState.SENT, DeliveryState.PARKED),
)


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery and where it stands."""

    id: int
    public_id: str
    alert_id: int | None  #: exactly one of these three is set
    update_id: int | None
    digest_id: int | None
    channel: str
    state: DeliveryState
    reason: Reason | None
    error: str
    answer: str  #: what the receiver said, in words
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None


def release(tx: Connection, now: datetime, limit: int, lease_seconds: float) -> list[Released]:
    """Queue waiting deliveries that are due: the oldest of each channel first, channels in turn.

    A channel whose receiver fails gets one at a time, and none while it rests.
    """
    waiting = in_state(deliveries, DeliveryState.WAITING) & (deliveries.c.next_attempt_at <= now)
    oldest = func.min(deliveries.c.next_attempt_at)
    names = tx.execute(
        select(deliveries.c.channel).where(waiting).group_by(deliveries.c.channel).order_by(oldest)
    ).scalars()
    room = receivers.room(tx, now)
    queues = [_oldest(tx, channel, min(limit, room(channel)), now) for channel in names]
    turns = chain.from_iterable(zip_longest(*queues))
    chosen = islice((row for row in turns if row is not None), limit)
    return leases.enqueue(tx, STAGE, chosen, now, lease_seconds)


def _oldest(tx: Connection, channel: str, count: int, now: datetime) -> Sequence[Row[Any]]:
    found = select(deliveries.c.id, deliveries.c.token).where(
        in_state(deliveries, DeliveryState.WAITING),
        deliveries.c.channel == channel,
        deliveries.c.next_attempt_at <= now,
    )
    found = found.order_by(deliveries.c.next_attempt_at, deliveries.c.id).limit(count)
    return tx.execute(free_rows(found, of=deliveries)).all()


def start(
    tx: Connection, delivery_id: int, token: int, holder: str, now: datetime, lease_seconds: float
) -> DeliveryTask | None:
    """Take a queued delivery in hand; None if the token is stale."""
    until = now + timedelta(seconds=lease_seconds)
    if not leases.hold(tx, STAGE, delivery_id, token, holder, until):
        return None
    row = tx.execute(select(deliveries).where(deliveries.c.id == delivery_id)).one()
    notice, *keys = notices.of_delivery(tx, row)
    return DeliveryTask(row.id, row.public_id, row.token, row.channel, row.attempts, notice, row.created_at, *keys)


def sent(tx: Connection, delivery_id: int, token: int, now: datetime, answer: str) -> bool:
    """Note that the receiver took it, and what it said; False if the token is stale."""
    ended = {"state": DeliveryState.SENT, "answer": answer, "reason": None, "error": ""}
    return leases.finish(tx, STAGE, delivery_id, token, now, **ended)


def put_back(
    tx: Connection, delivery_id: int, token: int, now: datetime, not_before: datetime, reason: Reason, error: str
) -> bool:
    """Let a delivery wait for another try, at the earliest at `not_before`; False if the token is stale."""
    return leases.put_back(tx, STAGE, delivery_id, token, max(now, not_before), reason, error)


def park(tx: Connection, delivery_id: int, token: int, reason: Reason, error: str, now: datetime) -> bool:
    """Give a delivery up until somebody replays it; False if the token is stale."""
    ended = {"state": DeliveryState.PARKED, "reason": reason, "error": error}
    return leases.finish(tx, STAGE, delivery_id, token, now, **ended)


def park_older(tx: Connection, channel: str, before: datetime, now: datetime) -> int:
    """Give up what has waited for a channel since before an instant; counts them."""
    old = update(deliveries).where(
        in_state(deliveries, DeliveryState.WAITING), deliveries.c.channel == channel, deliveries.c.created_at < before
    )
    ended = {"state": DeliveryState.PARKED, "reason": Reason.TOO_MANY_ATTEMPTS, "finished_at": now}
    return tx.execute(old.values(ended | {"token": deliveries.c.token + 1})).rowcount


def replay(tx: Connection, delivery_id: int, now: datetime) -> bool:
    """Let a parked delivery wait again with its attempts forgotten; False if it is not parked."""
    parked = update(deliveries).where(deliveries.c.id == delivery_id, in_state(deliveries, DeliveryState.PARKED))
    fresh = {"attempts": 0, "crashes": 0, "finished_at": None, "next_attempt_at": now}
    again = parked.values(state=DeliveryState.WAITING, token=deliveries.c.token + 1, **fresh)
    return tx.execute(again).rowcount == 1


def replay_parked(tx: Connection, limit: int, now: datetime) -> int:
    """Let the newest parked deliveries wait again, each with the id it had; counts them."""
    newest = recent(tx, limit, DeliveryState.PARKED)
    return sum(replay(tx, one.id, now) for one in newest)


def queued_jobs(tx: Connection, before: datetime, limit: int) -> list[tuple[int, int, str]]:
    """Give (delivery id, token, job id) of deliveries queued before an instant, the oldest first."""
    return leases.queued_jobs(tx, STAGE, before, limit)


def give_back(tx: Connection, rows: Sequence[tuple[int, int]], now: datetime) -> int:
    """Let queued deliveries wait again whose jobs are lost; counts those still queued under their token."""
    return leases.give_back(tx, STAGE, rows, now)


def sweep(tx: Connection, now: datetime, dead_holders: Collection[str], crash_limit: int) -> Swept:
    """Take deliveries from holders that are dead or past their lease; at the crash limit they are parked."""
    found = leases.abandoned(tx, STAGE, now, dead_holders)
    poisoned = [row for row in found if row.crashes + 1 >= crash_limit]
    for delivery_id, token in leases.take_over(tx, STAGE, poisoned, now):
        park(tx, delivery_id, token, Reason.WORKER_LOST, f"its worker died {crash_limit} times", now)
    others = [row for row in found if row.crashes + 1 < crash_limit]
    return Swept(leases.return_crashed(tx, STAGE, others, now), ())


def count_by_state(tx: Connection) -> dict[DeliveryState, int]:
    """Count deliveries; every state is there."""
    counts = leases.count_by_state(tx, STAGE)
    return {state: counts.get(state, 0) for state in DeliveryState}


def get(tx: Connection, delivery_id: int) -> StoredDelivery:
    """Give a delivery; raises NotFound."""
    row = tx.execute(_select().where(deliveries.c.id == delivery_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return StoredDelivery(*row)


def parked(tx: Connection, channel: str | None = None) -> Iterator[tuple[StoredDelivery, DeliveryTask]]:
    """Yield every dead letter, the oldest first, with what it would hand over."""
    found = select(deliveries).where(leases.has_state(STAGE, DeliveryState.PARKED)).order_by(deliveries.c.id)
    for row in tx.execute(found.where(deliveries.c.channel == channel) if channel else found):
        stored = StoredDelivery(*(getattr(row, field.name) for field in fields(StoredDelivery)))
        notice, *keys = notices.of_delivery(tx, row)
        made = (row.id, row.public_id, row.token, row.channel, row.attempts)
        yield stored, DeliveryTask(*made, notice, row.created_at, *keys)


def recent(
    tx: Connection, limit: int, state: DeliveryState | None = None, before: int | None = None
) -> list[StoredDelivery]:
    """Give the deliveries made last, of one state or all; those made before one."""
    found = _select().where(leases.has_state(STAGE, state)) if state else _select()
    found = found if before is None else found.where(deliveries.c.id < before)
    return [StoredDelivery(*row) for row in tx.execute(found.order_by(deliveries.c.id.desc()).limit(limit))]


def of_alert(tx: Connection, alert_id: int) -> list[StoredDelivery]:
    """Give an alert's deliveries, by channel."""
    found = _select().where(deliveries.c.alert_id == alert_id).order_by(deliveries.c.channel)
    return [StoredDelivery(*row) for row in tx.execute(found)]


def of_digest(tx: Connection, digest_id: int) -> list[StoredDelivery]:
    """Give a digest's deliveries, by channel."""
    found = _select().where(deliveries.c.digest_id == digest_id).order_by(deliveries.c.channel)
    return [StoredDelivery(*row) for row in tx.execute(found)]


def _select() -> Select[Any]:
    return select(*(deliveries.c[field.name] for field in fields(StoredDelivery)))
