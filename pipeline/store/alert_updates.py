"""Updates: what a subscription is told of a story after its alert.

In: an alert and the article that gave cause. Out: `Update`, with an id of its own. Trap: the number follows the alert's
updates so far and is unique with it, so that of two transactions one finds its number taken.
"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from pipeline.model import Alert, Article, Update
from pipeline.rule import HoldReason, UpdateReason
from pipeline.store import alerts as stored_alerts
from pipeline.store import public_ids
from pipeline.store.dialects import insert
from pipeline.store.tables import alert_updates, alerts

_OWN = tuple(field.name for field in fields(Update) if field.name != "alert")


def raise_for(
    tx: Connection,
    alert: Alert,
    number: int,
    reason: UpdateReason,
    article_id: int,
    article: Article,
    outlet_count: int,
    now: datetime,
) -> Update | None:
    """Raise update `number` of an alert; None if there is one."""
    row = {
        "public_id": public_ids.of_update(alert.public_id, number),
        "alert_id": alert.id,
        "number": number,
        "reason": reason,
        "article_id": article_id,
        "article_url": article.url,
        "article_title": article.title,
        "outlet": article.outlet,
        "published_at": article.published_at,
        "outlet_count": outlet_count,
        "created_at": now,
    }
    statement = insert(tx, alert_updates).values(row).on_conflict_do_nothing().returning(alert_updates.c.id)
    update_id = tx.execute(statement).scalar_one_or_none()
    return None if update_id is None else get(tx, update_id)


def get(tx: Connection, update_id: int) -> Update:
    """Give an update that is there."""
    row = tx.execute(select(alert_updates).where(alert_updates.c.id == update_id)).one()
    return _update(row, stored_alerts.get(tx, row.alert_id))


def hold(tx: Connection, update_id: int, digest_id: int, why: HoldReason) -> None:
    """Note that an update is kept for a digest."""
    tx.execute(update(alert_updates).where(alert_updates.c.id == update_id).values(digest_id=digest_id, hold=why))


def of_alert(tx: Connection, alert: Alert) -> list[Update]:
    """Give an alert's updates in order."""
    rows = tx.execute(
        select(alert_updates).where(alert_updates.c.alert_id == alert.id).order_by(alert_updates.c.number)
    )
    return [_update(row, alert) for row in rows]


def of_digest(tx: Connection, digest_id: int) -> list[Update]:
    """Give the updates kept for a digest, in the order they were made."""
    found = select(alert_updates).where(alert_updates.c.digest_id == digest_id).order_by(alert_updates.c.id)
    alerts_of = stored_alerts.select_alerts().join(alert_updates, alert_updates.c.alert_id == alerts.c.id)
    rows = tx.execute(alerts_of.where(alert_updates.c.digest_id == digest_id))
    by_id = {alert.id: alert for alert in map(stored_alerts.alert_of, rows)}
    return [_update(row, by_id[row.alert_id]) for row in tx.execute(found)]


def _update(row: Row[Any], alert: Alert) -> Update:
    return Update(**{name: getattr(row, name) for name in _OWN}, alert=alert)
