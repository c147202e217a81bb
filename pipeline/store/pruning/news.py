"""Forget news: texts of old articles, whole old stories, old alerts.

In: an instant before which things are old. Out: how many rows went, or would. Trap: an alert is what keeps its story
from alerting again, so it leaves a narrow row behind that goes with the story; and nothing goes that is still to be
delivered.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, delete, func, or_, select, text, union, update

from pipeline.model import DeliveryState
from pipeline.store import meta, page_checks, search, told
from pipeline.store.dialects import bound, each, free_rows
from pipeline.store.pruning.cascade import batched_ids, delete_rows
from pipeline.store.tables import (
    alert_updates,
    alerts,
    article_bands,
    article_revisions,
    article_terms,
    articles,
    deliveries,
    digests,
    entries,
    groupings,
    in_state,
    stories,
)
from pipeline.store.types import EPOCH, MICROSECOND, microseconds
from pipeline.store.updates import MOST_REFETCHES

_TEXTS_MARK = "texts_pruned_at"
_OPEN = (DeliveryState.WAITING, DeliveryState.QUEUED, DeliveryState.SENDING)


def count_texts(tx: Connection, before: datetime) -> int:
    """Count the articles that would lose their text."""
    return tx.execute(select(func.count()).select_from(_with_text(tx, before).subquery())).scalar_one()


def prune_texts(tx: Connection, before: datetime, limit: int) -> list[tuple[int, str]]:
    """Take texts from articles; gives (id, title) of those, whose titles are to be indexed anew."""
    rows = tx.execute(_with_text(tx, before).order_by(articles.c.stored_at, articles.c.id).limit(limit)).all()
    if not rows:
        meta.set_number(tx, _TEXTS_MARK, microseconds(before))
        return []
    ids = [row.id for row in rows]
    tx.execute(update(articles).where(articles.c.id.in_(ids)).values(text=""))
    tx.execute(delete(article_revisions).where(article_revisions.c.article_id.in_(ids)))
    its = select(articles.c.entry_id).where(articles.c.id.in_(ids))
    # Its page is not looked at again, or what comes would pass for an edit; nor does a look under way bring anything.
    page_checks.give_up(tx, entries.c.id.in_(its) & page_checks.is_unfinished())
    tx.execute(update(entries).where(entries.c.id.in_(its)).values(refetch_count=MOST_REFETCHES, changed_at=None))
    search.remove(tx, ids)
    # Others may have been stored in the same instant, so the mark stays at it.
    meta.set_number(tx, _TEXTS_MARK, microseconds(rows[-1].stored_at))
    return [(row.id, row.title) for row in rows]


def _with_text(tx: Connection, before: datetime) -> Select[Any]:
    """Select from where the last pruning ended: what is older has no text any more."""
    since = EPOCH + meta.number(tx, _TEXTS_MARK) * MICROSECOND
    of_time = articles.c.stored_at.between(since, before)
    return select(articles.c.id, articles.c.title, articles.c.stored_at).where(of_time, articles.c.text != "")


def count_stories(tx: Connection, before: datetime) -> int:
    """Count the stories that would go."""
    return tx.execute(select(func.count()).select_from(_old_stories(before).subquery())).scalar_one()


def prune_stories(tx: Connection, before: datetime, limit: int) -> int:
    """Delete stories with all that is theirs, at most `limit` articles of them; a larger one goes in parts.

    One that an article is joining at this moment is passed over, however late the article comes.
    """
    count, room = 0, limit
    old = free_rows(_old_stories(before).order_by(stories.c.changed_at).limit(limit), of=stories)
    for story_id in tx.execute(old).scalars().all():
        if room <= 0:
            break
        family = [story_id, *tx.execute(select(stories.c.id).where(_merged_into(story_id))).scalars()]
        found = select(articles.c.id, articles.c.entry_id, articles.c.terms, articles.c.bands)
        rows = tx.execute(found.where(articles.c.story_id.in_(family)).limit(room)).all()
        _delete_articles(tx, rows)
        if len(rows) < room:
            _settle_moved(tx, family)
            delete_rows(tx, stories, family)
        room -= max(len(rows), 1)
        count += 1
    return count


def _settle_moved(tx: Connection, family: Sequence[int]) -> None:
    """Let articles that were moved out of stories count as placed where they are, or their places go with these."""
    now_in = select(articles.c.story_id).where(articles.c.id == groupings.c.article_id).scalar_subquery()
    tx.execute(update(groupings).where(groupings.c.story_id.in_(family)).values(story_id=now_in))


def _old_stories(before: datetime) -> Select[Any]:
    old = select(stories.c.id).where(stories.c.changed_at < before, stories.c.merged_into_id.is_(None))
    return old.where(stories.c.id.not_in(_stories_to_tell()))


def _merged_into(story_id: int) -> Any:
    return stories.c.merged_into_id.is_not(None) & (stories.c.merged_into_id == story_id)


def _stories_to_tell() -> CompoundSelect[Any]:
    """Select the stories of which something is still to be delivered, and those that they were merged into."""
    alert_ids = func.coalesce(deliveries.c.alert_id, alert_updates.c.alert_id)
    waiting = select(alert_ids).outerjoin(alert_updates, alert_updates.c.id == deliveries.c.update_id)
    waiting = waiting.where(or_(*(in_state(deliveries, state) for state in _OPEN)), alert_ids.is_not(None))
    open_digests = select(digests.c.id).where(digests.c.closed_at.is_(None))
    in_digest = alerts.c.digest_id.is_not(None) & alerts.c.digest_id.in_(open_digests)
    own = select(alerts.c.story_id).where(or_(alerts.c.id.in_(waiting), in_digest))
    kept = select(stories.c.merged_into_id).where(stories.c.id.in_(own), stories.c.merged_into_id.is_not(None))
    return union(own, kept)


def _delete_articles(tx: Connection, rows: Sequence[Any]) -> None:
    ids = [row.id for row in rows]
    for row in rows:
        asked = each(tx, "TEXT")
        _delete_keys(tx, article_terms, row.id, f"term IN ({asked})", bound(tx, sorted(row.terms)))
        asked = each(tx, "BIGINT")
        _delete_keys(tx, article_bands, row.id, f"band IN ({asked})", bound(tx, sorted(set(row.bands))))
    search.remove(tx, ids)
    entry_ids = [row.entry_id for row in rows]
    for some in batched_ids(entry_ids):
        page_checks.forget(tx, some)
    delete_rows(tx, articles, ids)
    husk = {"summary": "", "content": "", "author": "", "changed_at": None, "refetch_count": MOST_REFETCHES}
    for some in batched_ids(entry_ids):
        # A feed that changes such an entry must not bring its news again.
        tx.execute(update(entries).where(entries.c.id.in_(some)).values(husk))


def _delete_keys(tx: Connection, table: Any, article_id: int, condition: str, values: Any) -> None:
    statement = f"DELETE FROM {table.name} WHERE article_id = :article_id AND {condition}"  # noqa: S608 - our own names
    tx.execute(text(statement), {"article_id": article_id, "values": values})


def count_alerts(tx: Connection, before: datetime) -> int:
    """Count the alerts that would go without their stories."""
    return tx.execute(select(func.count()).select_from(_old_alerts(before).subquery())).scalar_one()


def prune_alerts(tx: Connection, before: datetime, limit: int) -> int:
    """Delete alerts, with updates and deliveries, and digests; that their stories were told stays.

    Those of a story that an article is joining at this moment are passed over, or it could alert in between.
    """
    old_alerts = _old_alerts(before).join(stories, stories.c.id == alerts.c.story_id)
    ids = tx.execute(free_rows(old_alerts.order_by(alerts.c.id).limit(limit), of=stories)).scalars().all()
    told.keep(tx, ids)
    delete_rows(tx, alerts, ids)
    sent = select(deliveries.c.digest_id).where(or_(*(in_state(deliveries, state) for state in _OPEN)))
    closed = select(digests.c.id).where(digests.c.closed_at < before)
    closed = closed.where(digests.c.id.not_in(sent.where(deliveries.c.digest_id.is_not(None))))
    old = tx.execute(closed.limit(limit)).scalars().all()
    delete_rows(tx, digests, old)
    return len(ids) + len(old)


def _old_alerts(before: datetime) -> Select[Any]:
    grown_up = select(stories.c.id).where(stories.c.changed_at < before, stories.c.merged_into_id.is_(None))
    merged = stories.c.merged_into_id.is_not(None) & stories.c.merged_into_id.in_(grown_up)
    theirs = or_(alerts.c.story_id.in_(grown_up), alerts.c.story_id.in_(select(stories.c.id).where(merged)))
    old = select(alerts.c.id).where(alerts.c.created_at < before, theirs)
    return old.where(alerts.c.story_id.not_in(_stories_to_tell()))
