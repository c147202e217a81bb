"""What a delivery hands over: an alert, an update or a digest.

In: a delivery's row. Out: the `Notice`, and the secrets of its subscription's addresses. Trap: nothing here may
depend on the moment, or a second try would carry other words under the same id.
"""

from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.model import Digest, Notice, Update
from pipeline.store import alert_updates, alerts, digests
from pipeline.store.tables import subscriptions


def of_delivery(tx: Connection, row: Row[Any]) -> tuple[Notice, str, str]:
    """Give the notice of a delivery, and the secrets of feed and unsubscription, empty if it has none yet."""
    notice: Notice
    if row.alert_id is not None:
        notice = alerts.get(tx, row.alert_id)
    elif row.update_id is not None:
        notice = alert_updates.get(tx, row.update_id)
    else:
        notice = digests.get(tx, row.digest_id)
    mine = subscriptions.c.id == subscription_id_of(notice)
    keys = tx.execute(select(subscriptions.c.feed_key, subscriptions.c.leave_key).where(mine)).one()
    return notice, keys.feed_key or "", keys.leave_key or ""


def subscription_id_of(notice: Notice) -> int:
    """Give whose notice it is."""
    match notice:
        case Update(alert=alert):
            return alert.subscription_id
        case Digest(subscription_id=subscription_id):
            return subscription_id
        case _:
            return notice.subscription_id
