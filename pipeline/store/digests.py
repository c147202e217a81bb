"""Digests: notices kept for one message at a time that the subscription's rule names.

In: a `Hold`. Out: the digest's id while its members may still grow; closed digests with deliveries to make. Trap:
the row of a period is unique and locked by whoever adds to it, so that nothing joins a digest already on its way.
"""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, Row, select, update

from pipeline.model import Alert, Digest, Update
from pipeline.store import alert_updates as stored_updates
from pipeline.store import alerts as stored_alerts
from pipeline.store import outbox
from pipeline.store.dialects import free_rows, insert
from pipeline.store.tables import alert_updates, alerts, digests, stories, subscriptions

CLOSED_AT_ONCE = 50  #: digests closed in one transaction; the rest follows


def join(tx: Connection, subscription_id: int, due_at: datetime, now: datetime) -> int | None:
    """Give the digest of that period, begun if there is none; None if it is closed."""
    row = {
        "public_id": f"dig_{token_urlsafe(18)}",
        "subscription_id": subscription_id,
        "due_at": due_at,
        "created_at": now,
    }
    statement = insert(tx, digests).values(row)
    # An update that changes nothing, for the row's lock and its state; on SQLite the transaction is alone anyway.
    locked = statement.on_conflict_do_update(index_elements=["subscription_id", "due_at"], set_={"due_at": due_at})
    found: Row[Any] = tx.execute(locked.returning(digests.c.id, digests.c.closed_at)).one()
    return None if found.closed_at else int(found.id)


def has_due(tx: Connection, now: datetime) -> bool:
    """Tell whether a digest waits to be closed."""
    return tx.execute(_due(now).limit(1)).first() is not None


def close_due(tx: Connection, now: datetime) -> int:
    """Fix the members of digests whose time has come and make their deliveries; counts the digests.

    A subscription that was removed meanwhile hears nothing more.
    """
    rows = tx.execute(free_rows(_due(now).limit(CLOSED_AT_ONCE), of=digests)).all()
    for row in rows:
        counts = {str(story_id): count for story_id, count in _outlet_counts(tx, row.id).items()}
        closed = update(digests).where(digests.c.id == row.id)
        tx.execute(closed.values(closed_at=now, outlet_counts=counts))
        owner = select(subscriptions.c.channels).where(
            subscriptions.c.id == row.subscription_id, ~subscriptions.c.removed
        )
        channels: Sequence[str] = tx.execute(owner).scalar_one_or_none() or ()
        outbox.put(tx, channels, now, row.public_id, digest_id=row.id)
    return len(rows)


def _due(now: datetime) -> Any:
    found = select(digests.c.id, digests.c.public_id, digests.c.subscription_id)
    return found.where(digests.c.closed_at.is_(None), digests.c.due_at <= now).order_by(digests.c.due_at)


def _outlet_counts(tx: Connection, digest_id: int) -> dict[int, int]:
    of_alerts = select(alerts.c.story_id).where(alerts.c.digest_id == digest_id)
    of_updates = select(alerts.c.story_id).join(alert_updates, alert_updates.c.alert_id == alerts.c.id)
    of_updates = of_updates.where(alert_updates.c.digest_id == digest_id)
    counted = select(stories.c.id, stories.c.outlet_count).where(stories.c.id.in_(of_alerts.union(of_updates)))
    return {row.id: row.outlet_count for row in tx.execute(counted)}


def get(tx: Connection, digest_id: int) -> Digest:
    """Give a closed digest with its members, in the order they were made."""
    asked = select(digests, subscriptions.c.name).join(subscriptions, subscriptions.c.id == digests.c.subscription_id)
    row = tx.execute(asked.where(digests.c.id == digest_id)).one()
    kept = stored_alerts.select_alerts().where(alerts.c.digest_id == digest_id).order_by(alerts.c.id)
    members: list[Alert | Update] = [stored_alerts.alert_of(each) for each in tx.execute(kept)]
    members += stored_updates.of_digest(tx, digest_id)
    members.sort(key=lambda member: member.created_at)
    return Digest(
        id=row.id,
        public_id=row.public_id,
        subscription_id=row.subscription_id,
        subscription_name=row.name,
        due_at=row.due_at,
        closed_at=row.closed_at,
        members=tuple(members),
        outlet_counts={int(story_id): count for story_id, count in (row.outlet_counts or {}).items()},
    )
