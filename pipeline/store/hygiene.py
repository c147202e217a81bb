"""The figures behind the hygiene report: what feeds cost and brought, and which pages they share.

In: a transaction and a span of time. Out: `FeedFigures`, `FeedOverlap`. Trap: these read whole tables by index, for a
report that somebody asks for; never call them in the way of an article.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import combinations

from sqlalchemy import Connection, and_, func, select, union

from pipeline.model import FeedFigures, FeedOverlap, GroupingKind
from pipeline.store.tables import articles, entries, feed_traffic, feeds, groupings

MOST_SHARING = 20  # feeds that share one page: an agency's story in a hundred feeds says nothing of any pair


def figures(tx: Connection) -> list[FeedFigures]:
    """Give the figures of every feed that has answered."""
    stories = (
        select(entries.c.feed_id, func.count().label("count"))
        .join(articles, articles.c.entry_id == entries.c.id)
        .join(groupings, groupings.c.article_id == articles.c.id)
        .join(feed_traffic, feed_traffic.c.feed_id == entries.c.feed_id)
        .where(groupings.c.kind == GroupingKind.FIRST, articles.c.stored_at >= feed_traffic.c.since_at)
        .group_by(entries.c.feed_id)
        .subquery("begun")
    )
    found = (
        select(feeds.c.id, feeds.c.title, feeds.c.url, feeds.c.poll_count, feed_traffic, stories.c["count"])
        .join(feed_traffic, feed_traffic.c.feed_id == feeds.c.id)
        .outerjoin(stories, stories.c.feed_id == feeds.c.id)
        .where(~feeds.c.removed)
        .order_by(feeds.c.id)
    )
    return [
        FeedFigures(
            feed_id=row.id,
            title=row.title,
            url=row.url,
            request_count=row.poll_count,
            byte_count=row.byte_count,
            answer_count=row.answer_count,
            unchanged_count=row.unchanged_count,
            repeated_count=row.repeated_count,
            stale_count=row.stale_count,
            entry_count=row.entry_count,
            undated_count=row.undated_count,
            unnamed_count=row.unnamed_count,
            new_entry_count=row.new_entry_count,
            new_story_count=row[-1] or 0,
        )
        for row in tx.execute(found)
    ]


def overlaps(tx: Connection, since: datetime) -> list[FeedOverlap]:
    """Give each pair of feeds that showed pages both of them since an instant."""
    showing: defaultdict[int, set[int]] = defaultdict(set)
    for feed_id, page in _shared_pages(tx, since):
        showing[page].add(feed_id)
    pairs: Counter[tuple[int, int]] = Counter()
    for feed_ids in showing.values():
        if len(feed_ids) <= MOST_SHARING:
            pairs.update(combinations(sorted(feed_ids), 2))
    totals = _page_counts(tx, {feed_id for pair in pairs for feed_id in pair}, since)
    return [
        FeedOverlap(one, other, count, totals.get(one, 0), totals.get(other, 0))
        for (one, other), count in sorted(pairs.items())
    ]


def _shared_pages(tx: Connection, since: datetime) -> Iterable[tuple[int, int]]:
    """Give (feed, page) for pages of several entries; a page is known by the entry that owns it."""
    again = and_(entries.c.same_as_entry_id.is_not(None), entries.c.first_seen_at >= since)
    merged = select(entries.c.feed_id, entries.c.same_as_entry_id.label("page")).where(again)
    pages = select(entries.c.same_as_entry_id).where(again)
    owners = select(entries.c.feed_id, entries.c.id.label("page")).where(
        entries.c.id.in_(pages), entries.c.first_seen_at >= since
    )
    return [(row.feed_id, row.page) for row in tx.execute(union(merged, owners))]


def _page_counts(tx: Connection, feed_ids: set[int], since: datetime) -> dict[int, int]:
    counted = select(entries.c.feed_id, func.count()).where(
        entries.c.feed_id.in_(sorted(feed_ids)), entries.c.first_seen_at >= since
    )
    return dict(tx.execute(counted.group_by(entries.c.feed_id)).all())
