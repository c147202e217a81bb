"""That a subscription was told of a story, when the alert itself has been forgotten.

In: alerts that are about to go. Out: whether a story had its alert. Trap: a report may turn up in an old story years
later, so these rows go only with their story; a story merged into another keeps its own, and both are asked.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from pipeline.store.dialects import insert
from pipeline.store.pruning.cascade import batched_ids
from pipeline.store.tables import alerts, stories, told_stories


def keep(tx: Connection, alert_ids: Sequence[int]) -> None:
    """Note of what the subscriptions of these alerts were told."""
    for some in batched_ids(alert_ids):
        told = select(alerts.c.story_id, alerts.c.subscription_id).where(alerts.c.id.in_(some))
        statement = insert(tx, told_stories).from_select(["story_id", "subscription_id"], told)
        tx.execute(statement.on_conflict_do_nothing())


def was_told(tx: Connection, subscription_id: int, story_id: int) -> bool:
    """Tell whether a subscription had an alert of a story that has been forgotten since."""
    return bool(tx.execute(select(is_told(subscription_id, story_id))).scalar_one())


def is_told(subscription_id: int, story_id: int) -> ColumnElement[bool]:
    """Condition that a subscription had an alert, since forgotten, of a story or of one merged into it."""
    told = select(told_stories.c.story_id).where(told_stories.c.subscription_id == subscription_id)
    # As `ix_stories_merged` spells it, which holds the few that were merged.
    is_merged = stories.c.merged_into_id.is_not(None) & (stories.c.merged_into_id == story_id)
    merged = told.join(stories, stories.c.id == told_stories.c.story_id).where(is_merged)
    # Two questions, because PostgreSQL reads the whole table for one that joins them by OR.
    return or_(exists(told.where(told_stories.c.story_id == story_id)), exists(merged))
