"""Watches: subscriptions that were met in a story and look at it again whenever it grows.

In: a match of a subscription whose rule has conditions or updates. Out: `Watch`es still open for a story. Trap: read
them in the transaction that places an article, under the language's lock, or two articles that join at once may both
find a condition one short.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from pipeline.model import Match, Span, Subscription
from pipeline.store import subscriptions as stored_subscriptions
from pipeline.store.dialects import insert
from pipeline.store.tables import languages_met, subscriptions, watch_is_open, watches


@dataclass(frozen=True, slots=True)
class Watch:
    """One subscription in one story."""

    subscription: Subscription
    story_id: int
    article_id: int  #: the last that met the query
    passage: str
    matched: tuple[str, ...]
    match: Match
    first_in_language: bool
    since_at: datetime
    alert_id: int | None
    update_count: int
    told_outlet_count: int
    open: bool


def note(
    tx: Connection,
    match: Match,
    story_id: int,
    article_id: int,
    passage: str,
    matched: Sequence[str],
    now: datetime,
    *,
    first_in_language: bool,
) -> None:
    """Begin a watch, or note in the one there is which article met the query last."""
    shown = {
        "article_id": article_id,
        "passage": passage,
        "matched": list(matched),
        "spans": [asdict(span) for span in match.spans],
    }
    row = {
        "subscription_id": match.subscription_id,
        "story_id": story_id,
        "first_in_language": first_in_language,
        "since_at": now,
        "update_count": 0,
        "told_outlet_count": 0,
        "open": True,
    }
    statement = insert(tx, watches).values(row | shown)
    tx.execute(statement.on_conflict_do_update(index_elements=["subscription_id", "story_id"], set_=shown))


def met_first(tx: Connection, subscription_id: int, language: str, article_id: int) -> bool:
    """Note that a subscription was met in a language; True if this article is the first."""
    row = {"subscription_id": subscription_id, "language": language, "article_id": article_id}
    tx.execute(insert(tx, languages_met).values(row).on_conflict_do_nothing())
    first = select(languages_met.c.article_id).where(
        languages_met.c.subscription_id == subscription_id, languages_met.c.language == language
    )
    return bool(tx.execute(first).scalar_one() == article_id)


def open_in(tx: Connection, story_id: int) -> list[Watch]:
    """Give the open watches of a story, of subscriptions that are switched on."""
    return [_watch(row) for row in tx.execute(_OPEN_IN, {"of_story_id": story_id})]


def find(tx: Connection, subscription_id: int, story_id: int) -> Watch | None:
    """Give a subscription's watch in a story, open or not."""
    asked = (watches.c.subscription_id == subscription_id) & (watches.c.story_id == story_id)
    row = tx.execute(_SELECT.where(asked)).one_or_none()
    return _watch(row) if row else None


def told(tx: Connection, watch: Watch, alert_id: int, outlet_count: int, *, update_count: int, closes: bool) -> None:
    """Note what the subscription was told of the story."""
    mine = update(watches).where(
        watches.c.subscription_id == watch.subscription.id, watches.c.story_id == watch.story_id
    )
    values = {"alert_id": alert_id, "told_outlet_count": outlet_count, "update_count": update_count}
    tx.execute(mine.values(values | {"open": not closes}))


_SELECT = select(watches, *stored_subscriptions.columns("of_")).join(
    subscriptions, subscriptions.c.id == watches.c.subscription_id
)
# Written once: putting a statement together costs as much as running it, and this one runs for every article.
_OPEN_IN = _SELECT.where(
    *(watches.c.story_id == bindparam("of_story_id"), watch_is_open),
    *(~subscriptions.c.removed, subscriptions.c.enabled),
)


def _watch(row: Row[Any]) -> Watch:
    return Watch(
        subscription=stored_subscriptions.subscription_of(row, "of_"),
        story_id=row.story_id,
        article_id=row.article_id,
        passage=row.passage,
        matched=tuple(row.matched),
        match=Match(row.subscription_id, tuple(Span(**span) for span in row.spans)),
        first_in_language=row.first_in_language,
        since_at=row.since_at,
        alert_id=row.alert_id,
        update_count=row.update_count,
        told_outlet_count=row.told_outlet_count,
        open=row.open,
    )
