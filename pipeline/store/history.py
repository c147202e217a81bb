"""The alerts that were raised, with what became of each: its updates and every delivery.

In: which subscription, and where the last page ended. Out: `Told`. Trap: an alert that was held for a digest has no
deliveries of its own; its digest's are its own then.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from pipeline.errors import NotFound
from pipeline.model import Alert
from pipeline.rule import HoldReason, UpdateReason
from pipeline.store.alerts import alert_of
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.tables import alert_updates, alerts, deliveries, digests

RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ToldUpdate:
    """An update of an alert, with its own deliveries."""

    id: int
    number: int
    reason: UpdateReason
    article_id: int
    article_title: str
    outlet: str
    created_at: datetime
    hold: HoldReason | None
    due_at: datetime | None
    deliveries: tuple[StoredDelivery, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert and what became of it."""

    alert: Alert
    hold: HoldReason | None  #: why it is in a digest
    due_at: datetime | None  #: of that digest
    is_held: bool  #: the digest is not closed yet
    deliveries: tuple[StoredDelivery, ...]
    updates: tuple[ToldUpdate, ...]


@dataclass(frozen=True, slots=True)
class Activity:
    """What a subscription raised lately."""

    recent_count: int  #: within `RECENT`
    last_at: datetime | None


def page(tx: Connection, before: int | None, limit: int, *, subscription_id: int | None = None) -> list[Told]:
    """Give alerts raised before one, the newest first; all, or those of a subscription."""
    wanted: list[ColumnElement[bool]] = []
    if before is not None:
        wanted.append(alerts.c.id < before)
    if subscription_id is not None:
        wanted.append(alerts.c.subscription_id == subscription_id)
    found = select(alerts).where(*wanted).order_by(alerts.c.id.desc()).limit(limit)
    return _told(tx, tx.execute(found).all())


def of_alert(tx: Connection, alert_id: int) -> Told | None:
    """Give one alert with what became of it."""
    found = _told(tx, tx.execute(select(alerts).where(alerts.c.id == alert_id)).all())
    return found[0] if found else None


def activity(tx: Connection, subscription_ids: Iterable[int], now: datetime) -> dict[int, Activity]:
    """Count what subscriptions raised lately; those that never raised anything are left out."""
    c = alerts.c
    ids = list(subscription_ids)
    lasts = select(c.subscription_id, func.max(c.created_at).label("last_at")).where(c.subscription_id.in_(ids))
    recent = select(c.subscription_id, func.count().label("count")).where(
        c.subscription_id.in_(ids), c.created_at > now - RECENT
    )
    counts = {row.subscription_id: row[1] for row in tx.execute(recent.group_by(c.subscription_id))}
    rows = tx.execute(lasts.group_by(c.subscription_id))
    return {row.subscription_id: Activity(counts.get(row.subscription_id, 0), row.last_at) for row in rows}


def subscription_of_delivery(tx: Connection, delivery_id: int) -> int:
    """Give the number of the subscription that a delivery is made for; raises NotFound."""
    number = subscriptions_of(tx, [delivery_id]).get(delivery_id)
    if number is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return number


def subscriptions_of(tx: Connection, delivery_ids: Collection[int]) -> dict[int, int]:
    """Give by delivery the number of the subscription that it is made for."""
    d, u = deliveries.c, alert_updates.c
    found = (
        select(d.id, func.coalesce(alerts.c.subscription_id, digests.c.subscription_id))
        .select_from(deliveries)
        .outerjoin(alert_updates, u.id == d.update_id)
        .outerjoin(alerts, alerts.c.id == func.coalesce(d.alert_id, u.alert_id))
        .outerjoin(digests, digests.c.id == d.digest_id)
        .where(d.id.in_(delivery_ids))
    )
    return {row[0]: row[1] for row in tx.execute(found)}


def _told(tx: Connection, rows: Iterable[Row[Any]]) -> list[Told]:
    """Read what belongs to some alerts with four questions, however many they are."""
    rows = list(rows)
    updates = _updates(tx, [row.id for row in rows])
    digest_ids = {row.digest_id for row in (*rows, *updates) if row.digest_id is not None}
    periods = {row.id: row for row in tx.execute(select(digests).where(digests.c.id.in_(digest_ids)))}
    sent = _deliveries(tx, [row.id for row in rows], [row.id for row in updates], digest_ids)
    of_alert: dict[int, list[ToldUpdate]] = {}
    for row in updates:
        of_alert.setdefault(row.alert_id, []).append(_update(row, periods, sent))
    return [_one(row, periods, sent, tuple(of_alert.get(row.id, ()))) for row in rows]


_Sent = dict[tuple[str, int], list[StoredDelivery]]


def _one(row: Row[Any], periods: dict[int, Row[Any]], sent: _Sent, updates: tuple[ToldUpdate, ...]) -> Told:
    period = periods.get(row.digest_id)
    own = sent.get(("digest", row.digest_id) if row.digest_id is not None else ("alert", row.id), ())
    is_held = period is not None and period.closed_at is None
    return Told(alert_of(row), row.hold, period.due_at if period else None, is_held, tuple(own), updates)


def _update(row: Row[Any], periods: dict[int, Row[Any]], sent: _Sent) -> ToldUpdate:
    period = periods.get(row.digest_id)
    own = sent.get(("digest", row.digest_id) if row.digest_id is not None else ("update", row.id), ())
    told = (row.id, row.number, row.reason, row.article_id, row.article_title, row.outlet, row.created_at)
    return ToldUpdate(*told, row.hold, period.due_at if period else None, tuple(own))


def _updates(tx: Connection, alert_ids: list[int]) -> list[Row[Any]]:
    found = select(alert_updates).where(alert_updates.c.alert_id.in_(alert_ids)).order_by(alert_updates.c.number)
    return list(tx.execute(found))


def _deliveries(tx: Connection, alert_ids: list[int], update_ids: list[int], digest_ids: set[int]) -> _Sent:
    d = deliveries.c
    columns = [d[field.name] for field in fields(StoredDelivery)]
    sent: _Sent = {}
    for kind, column, ids in (
        ("alert", d.alert_id, alert_ids),
        ("update", d.update_id, update_ids),
        ("digest", d.digest_id, list(digest_ids)),
    ):
        for row in tx.execute(select(*columns).where(column.in_(ids)).order_by(d.channel)) if ids else ():
            sent.setdefault((kind, getattr(row, f"{kind}_id")), []).append(StoredDelivery(*row))
    return sent
