"""Alerts: one for each story that met a subscription, with a delivery for each of its channels.

In: a match inside the transaction that stores its article (R4). Out: `Alert`. Trap: whether a story has its alert
is decided by the unique key, not by looking first; two workers may place two articles of a story at once.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from pipeline.errors import NotFound
from pipeline.model import Alert, Article, Match
from pipeline.rule import HoldReason
from pipeline.store import outbox, public_ids, told
from pipeline.store.dialects import insert
from pipeline.store.tables import alert_updates, alerts, stories, subscriptions


def raise_for(
    tx: Connection,
    match: Match,
    article_id: int,
    article: Article,
    story_id: int,
    passage: str,
    matched: Sequence[str],
    now: datetime,
    *,
    because_of: int | None = None,
    hands_over: bool = True,
    by_edit: bool = False,
) -> Alert | None:
    """Raise the one alert of this subscription and story; None if it was ever raised, or the subscription is gone.

    `because_of` is the article whose joining made the conditions hold, if it is another. Without `hands_over` the
    caller decides when its channels hear of it.
    """
    asked = select(subscriptions.c.name, subscriptions.c.channels, subscriptions.c.leave_key).where(
        *(subscriptions.c.id == match.subscription_id, ~subscriptions.c.removed, subscriptions.c.enabled),
        ~told.is_told(match.subscription_id, story_id),
    )
    subscription = tx.execute(asked).one_or_none()
    if subscription is None:
        return None
    outlet_count = tx.execute(select(stories.c.outlet_count).where(stories.c.id == story_id)).scalar_one()
    row = {
        "public_id": public_ids.of_alert(tx, subscription.leave_key or "", article),
        "subscription_id": match.subscription_id,
        "subscription_name": subscription.name,
        "story_id": story_id,
        "article_id": article_id,
        "article_url": article.url,
        "article_title": article.title,
        "outlet": article.outlet,
        "published_at": article.published_at,
        "passage": passage,
        "matched": list(matched),
        "spans": [asdict(span) for span in match.spans],
        "outlet_count": outlet_count,
        "created_at": now,
        "raised_by_article_id": because_of,
        "by_edit": by_edit,
    }
    # That key only: an id that another transaction took meanwhile must not pass for a story that was told.
    of_story = ("subscription_id", "story_id")
    statement = insert(tx, alerts).values(row).on_conflict_do_nothing(index_elements=of_story).returning(alerts.c.id)
    alert_id = tx.execute(statement).scalar_one_or_none()
    if alert_id is None:
        return None
    if hands_over:
        outbox.put(tx, subscription.channels, now, row["public_id"], alert_id=alert_id)
    return get(tx, alert_id)


def single_at(tx: Connection, subscription_id: int, since: datetime, limit: int) -> list[datetime]:
    """Give when the last alerts and updates of a subscription were handed over singly, the oldest first."""
    mine = (alerts.c.subscription_id == subscription_id) & alerts.c.hold.is_(None) & (alerts.c.created_at > since)
    found = select(alerts.c.created_at.label("at")).where(mine).order_by(alerts.c.created_at.desc()).limit(limit)
    further = (
        select(alert_updates.c.created_at)
        .join(alerts, alerts.c.id == alert_updates.c.alert_id)
        .where(
            alerts.c.subscription_id == subscription_id,
            alert_updates.c.hold.is_(None),
            alert_updates.c.created_at > since,
        )
    )
    both = [*tx.execute(found).scalars(), *tx.execute(further).scalars()]
    return sorted(both)[-limit:]


def hold(tx: Connection, alert_id: int, digest_id: int, why: HoldReason) -> None:
    """Note that an alert is kept for a digest."""
    tx.execute(update(alerts).where(alerts.c.id == alert_id).values(digest_id=digest_id, hold=why))


def held_counts(tx: Connection) -> dict[HoldReason, int]:
    """Count the alerts that were ever held, by reason; every reason is there."""
    counted = select(alerts.c.hold, func.count()).where(alerts.c.hold.is_not(None)).group_by(alerts.c.hold)
    return dict.fromkeys(HoldReason, 0) | dict(tx.execute(counted).all())


def find_for(tx: Connection, subscription_id: int, story_id: int) -> Alert | None:
    """Give the alert of a subscription and a story."""
    mine = (alerts.c.subscription_id == subscription_id) & (alerts.c.story_id == story_id)
    row = tx.execute(select_alerts().where(mine)).one_or_none()
    return alert_of(row) if row else None


def story_ids_of(tx: Connection, subscription_id: int) -> list[int]:
    """Give the stories of which a subscription was told."""
    return list(tx.execute(select(alerts.c.story_id).where(alerts.c.subscription_id == subscription_id)).scalars())


def of_subscription(tx: Connection, subscription_id: int, limit: int) -> list[Alert]:
    """Give a subscription's alerts, the newest first."""
    mine = select_alerts().where(alerts.c.subscription_id == subscription_id)
    found = mine.order_by(alerts.c.created_at.desc(), alerts.c.id.desc()).limit(limit)
    return [alert_of(row) for row in tx.execute(found)]


def get(tx: Connection, alert_id: int) -> Alert:
    """Give an alert; raises NotFound."""
    row = tx.execute(select_alerts().where(alerts.c.id == alert_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no alert {alert_id}")
    return alert_of(row)


def recent(tx: Connection, limit: int) -> list[Alert]:
    """Give the alerts raised last, the newest first."""
    return [alert_of(row) for row in tx.execute(select_alerts().order_by(alerts.c.id.desc()).limit(limit))]


def before(tx: Connection, alert_id: int | None, limit: int, subscription_id: int | None = None) -> list[Alert]:
    """Give the alerts raised before one, or the newest, the newest first; all, or those of a subscription."""
    found = select_alerts() if alert_id is None else select_alerts().where(alerts.c.id < alert_id)
    if subscription_id is not None:
        found = found.where(alerts.c.subscription_id == subscription_id)
    return [alert_of(row) for row in tx.execute(found.order_by(alerts.c.id.desc()).limit(limit))]


def after(tx: Connection, alert_id: int, limit: int) -> list[Alert]:
    """Give the alerts raised after one, the oldest first."""
    found = select_alerts().where(alerts.c.id > alert_id).order_by(alerts.c.id).limit(limit)
    return [alert_of(row) for row in tx.execute(found)]


def of_story(tx: Connection, story_id: int) -> list[Alert]:
    """Give a story's alerts, the oldest first, with those of stories that were merged into it."""
    merged = select(stories.c.id).where(stories.c.merged_into_id == story_id)
    its = (alerts.c.story_id == story_id) | alerts.c.story_id.in_(merged)
    return [alert_of(row) for row in tx.execute(select_alerts().where(its).order_by(alerts.c.id))]


def select_alerts() -> Select[Any]:
    """Select what `alert_of` reads."""
    return select(*(alerts.c[field.name] for field in fields(Alert)))


def alert_of(row: Row[Any]) -> Alert:
    """Read a row of `select_alerts`."""
    values = {field.name: getattr(row, field.name) for field in fields(Alert)}
    return Alert(**(values | {"matched": tuple(row.matched)}))
