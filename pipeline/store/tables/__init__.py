"""The tables, one definition for both databases.

In: nothing. Out: `metadata` and its tables, from the files of this folder. `migrations/` makes the same schema step by
step, and a test compares the two. Trap: `metadata` knows a table only once its file was imported, so import from here.
"""

from pipeline.store.tables.alerts import (
    alert_updates,
    alerts,
    deliveries,
    digests,
    languages_met,
    receivers,
    subscriptions,
    told_stories,
    watch_is_open,
    watches,
)
from pipeline.store.tables.articles import article_bands, article_revisions, article_terms, articles, term_counts
from pipeline.store.tables.base import in_state, metadata, partial_index
from pipeline.store.tables.entries import crashes, entries, entry_updates, page_checks
from pipeline.store.tables.feeds import feed_events, feed_traffic, feeds, hosts, pushes, robots
from pipeline.store.tables.operation import (
    api_tokens,
    coverage_counts,
    durations,
    incidents,
    meta,
    operator_notices,
    processes,
    queue_samples,
    users,
)
from pipeline.store.tables.pages import host_pages, host_texts
from pipeline.store.tables.stories import apart_pairs, groupings, stories, story_acts, story_moves, story_profiles

__all__ = [
    "alert_updates",
    "alerts",
    "apart_pairs",
    "api_tokens",
    "article_bands",
    "article_revisions",
    "article_terms",
    "articles",
    "coverage_counts",
    "crashes",
    "deliveries",
    "digests",
    "durations",
    "entries",
    "entry_updates",
    "feed_events",
    "feed_traffic",
    "feeds",
    "groupings",
    "host_pages",
    "host_texts",
    "hosts",
    "in_state",
    "incidents",
    "languages_met",
    "meta",
    "metadata",
    "operator_notices",
    "page_checks",
    "partial_index",
    "processes",
    "pushes",
    "queue_samples",
    "receivers",
    "robots",
    "stories",
    "story_acts",
    "story_moves",
    "story_profiles",
    "subscriptions",
    "term_counts",
    "told_stories",
    "users",
    "watch_is_open",
    "watches",
]
