"""What the feed of a subscription shows.

In: a subscription. Out: its newest alerts, each with its story as it stands now. Trap: alerts that wait in a digest are
shown too; whoever reads a feed decides when.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.model import Alert
from pipeline.store.alerts import alert_of, select_alerts
from pipeline.store.tables import alerts, stories

SHOWN_MOST = 100


@dataclass(frozen=True, slots=True)
class ToldStory:
    """An alert, and its story now."""

    alert: Alert
    outlet_count: int
    changed_at: datetime


def told_stories(tx: Connection, subscription_id: int, limit: int = SHOWN_MOST) -> list[ToldStory]:
    """Give the newest alerts of a subscription, the newest first."""
    found = select_alerts().where(alerts.c.subscription_id == subscription_id)
    rows = tx.execute(found.order_by(alerts.c.created_at.desc(), alerts.c.id.desc()).limit(limit))
    told = [alert_of(row) for row in rows]
    now = select(stories.c.id, stories.c.outlet_count, stories.c.changed_at)
    grown = {row.id: row for row in tx.execute(now.where(stories.c.id.in_([each.story_id for each in told])))}
    return [
        ToldStory(
            alert,
            grown[alert.story_id].outlet_count if alert.story_id in grown else alert.outlet_count,
            max(alert.created_at, grown[alert.story_id].changed_at) if alert.story_id in grown else alert.created_at,
        )
        for alert in told
    ]
