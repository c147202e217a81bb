"""Alerts: one for each story that met a subscription, with a delivery for each of its channels.

In: a match inside the transaction that stores its article (R4). Out: `Alert`. Trap: whether a story has its alert
is decided by the unique key, not by looking first; two workers may place two articles of a story at once.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from pipeline.errors import NotFound
from pipeline.model import Alert, Article, DeliveryState, Match
from pipeline.store.dialects import insert
from pipeline.store.tables import alerts, deliveries, stories, subscriptions


def raise_for(
    tx: Connection,
    match: Match,
    article_id: int,
    article: Article,
    story_id: int,
    passage: str,
    matched: Sequence[str],
    now: datetime,
) -> Alert | None:
    """Raise the one alert of this subscription and story; None if it has been, or the subscription is gone."""
    asked = select(subscriptions.c.name, subscriptions.c.channels).where(
        subscriptions.c.id == match.subscription_id, ~subscriptions.c.removed, subscriptions.c.enabled
    )
    subscription = tx.execute(asked).one_or_none()
    if subscription is None:
        return None
    outlet_count = tx.execute(select(stories.c.outlet_count).where(stories.c.id == story_id)).scalar_one()
    row = {
        "public_id": f"alt_{token_urlsafe(18)}",
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
    }
    statement = insert(tx, alerts).values(row).on_conflict_do_nothing().returning(alerts.c.id)
    alert_id = tx.execute(statement).scalar_one_or_none()
    if alert_id is None:
        return None
    _make_deliveries(tx, alert_id, subscription.channels, now)
    return get(tx, alert_id)


def _make_deliveries(tx: Connection, alert_id: int, channels: Sequence[str], now: datetime) -> None:
    rows = [
        {
            "public_id": f"msg_{token_urlsafe(18)}",
            "alert_id": alert_id,
            "channel": channel,
            "state": DeliveryState.WAITING,
            "error": "",
            "answer": "",
            "attempts": 0,
            "crashes": 0,
            "created_at": now,
            "next_attempt_at": now,
            "token": 0,
        }
        for channel in channels
    ]
    if rows:
        tx.execute(deliveries.insert(), rows)


def get(tx: Connection, alert_id: int) -> Alert:
    """Give an alert; raises NotFound."""
    row = tx.execute(select_alerts().where(alerts.c.id == alert_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no alert {alert_id}")
    return alert_of(row)


def recent(tx: Connection, limit: int) -> list[Alert]:
    """Give the alerts raised last, the newest first."""
    return [alert_of(row) for row in tx.execute(select_alerts().order_by(alerts.c.id.desc()).limit(limit))]


def of_story(tx: Connection, story_id: int) -> list[Alert]:
    """Give a story's alerts, the oldest first."""
    return [
        alert_of(row) for row in tx.execute(select_alerts().where(alerts.c.story_id == story_id).order_by(alerts.c.id))
    ]


def select_alerts() -> Select[Any]:
    """Select what `alert_of` reads."""
    return select(*(alerts.c[field.name] for field in fields(Alert)))


def alert_of(row: Row[Any]) -> Alert:
    """Read a row of `select_alerts`."""
    values = {field.name: getattr(row, field.name) for field in fields(Alert)}
    return Alert(**(values | {"matched": tuple(row.matched)}))
