"""The tables of feeds, of their hosts, and of what happened to them.

Trap: no index may begin with `state` alone: without statistics SQLite prefers it to the partial ones.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from pipeline.model import (
    Bound,
    FeedEventKind,
    FeedState,
    PushState,
    Reason,
)
from pipeline.store.tables.base import metadata, partial_index
from pipeline.store.types import CleanText, HeaderText, Instant, Json, JsonList, RowId, Word

hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_start_at", Instant, nullable=False),  #: the next free slot
    Column("not_before_at", Instant, nullable=False),  #: Retry-After: nothing may start earlier
    Column("gap_seconds", Float, nullable=False, server_default="0"),  #: learned from its 429s, see hosts.py
    Column("throttled_at", Instant),  #: when that gap was last widened
    Column("asked_gap_seconds", Float, nullable=False, server_default="0"),  #: Crawl-delay of its robots.txt
)


robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("rules", CleanText, nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("good_at", Instant),
    Column("failing_since_at", Instant),
)


feeds = Table(
    "feeds",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("url", CleanText, nullable=False),
    Column("url_key", LargeBinary, nullable=False),  #: of the canonical URL
    Column("host", Text, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("folder", CleanText, nullable=False),
    Column("state", Word(FeedState), nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed", Boolean, nullable=False),  #: kept for its entries; adding its URL again brings it back
    Column("interval_seconds", Integer),
    Column("minimum_interval_seconds", Integer, nullable=False),
    Column("skip_hours", JsonList, nullable=False),
    Column("etag", HeaderText),
    Column("last_modified", HeaderText),
    Column("validators_url", CleanText),
    Column("next_poll_at", Instant, nullable=False),
    Column("last_attempt_at", Instant),
    Column("last_success_at", Instant),
    Column("imported_at", Instant),
    Column("gone_seen_at", Instant),
    Column("error_count", Integer, nullable=False),
    Column("last_status", Integer),
    Column("last_reason", Word(Reason)),
    Column("last_error", CleanText, nullable=False),
    Column("poll_count", BigInteger, nullable=False),
    Column("failed_poll_count", BigInteger, nullable=False),
    Column("rhythm", Text),
    Column("gap_at", Instant),
    Column("gap_count", Integer, nullable=False, server_default=text("0")),
    Column("push_until", Instant),
    Column("token", BigInteger, nullable=False),
    Column("lease_until", Instant),
    Column("skip_days", JsonList, nullable=False, server_default="[]"),
    Column("fresh_seconds", BigInteger, nullable=False, server_default="0"),
    Column("quiet_count", Integer, nullable=False, server_default="0"),
    Column("shown_key", LargeBinary),
    Column("error_score", Float, nullable=False, server_default="0"),
    Column("undead_at", Instant),
    Column("bound", Word(Bound)),
    Column("bounds", Json, nullable=False, server_default="{}"),
    Column("moved_url", CleanText),
    Column("moved_since_at", Instant),
    Column("moved_count", Integer, nullable=False, server_default="0"),
    Column("stays", Boolean, nullable=False, server_default=false()),
    Column("stranger_url", CleanText),  #: where a redirect led last that first showed nothing known, see polls.py
    Column("planned_seconds", Float),  #: from the last attempt to the next, as that poll planned it
    UniqueConstraint("url_key"),
    partial_index("ix_feeds_due", "state = 'active'", "next_poll_at", "host"),
    Index("ix_feeds_host", "host"),
    partial_index("ix_feeds_leased", "lease_until IS NOT NULL", "host", "lease_until"),
    sqlite_autoincrement=True,
)


pushes = Table(
    "pushes",
    metadata,
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), primary_key=True, autoincrement=False),
    Column("hub_url", CleanText, nullable=False),
    Column("topic_url", CleanText, nullable=False),
    Column("token", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("state", Word(PushState), nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("pushed_at", Instant),
    Column("good_count", BigInteger, nullable=False),
    Column("bad_count", BigInteger, nullable=False),
    Column("missed_count", Integer, nullable=False),
    Column("good_in_row", Integer, nullable=False),
    Column("failure_count", Integer, nullable=False),
    Column("error", CleanText, nullable=False),
    UniqueConstraint("token"),
    Index("ix_pushes_due", "next_try_at"),
)


feed_events = Table(
    "feed_events",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", Word(FeedEventKind), nullable=False),
    Column("detail", CleanText, nullable=False),
    Column("old_url", CleanText),  #: of a feed that moved or was joined to another
    Column("old_url_key", LargeBinary),
    Column("new_url", CleanText),
    Column("other_feed_id", BigInteger),  #: the feed whose address it was, if two became one
    Column("undone_at", Instant),
    Index("ix_feed_events_feed", "feed_id", "id"),
    partial_index("ix_feed_events_old", "old_url_key IS NOT NULL", "old_url_key"),
    sqlite_autoincrement=True,
)


feed_traffic = Table(
    "feed_traffic",
    metadata,
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), primary_key=True, autoincrement=False),
    Column("since_at", Instant, nullable=False),
    Column("answer_count", BigInteger, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("unchanged_count", BigInteger, nullable=False),  #: 304
    Column("repeated_count", BigInteger, nullable=False),  #: asked conditionally, the same body came all the same
    Column("stale_count", BigInteger, nullable=False),  #: another body under the validators we held
    Column("body_key", LargeBinary),
    Column("entry_count", Integer, nullable=False),  #: of the last document, as the two below
    Column("undated_count", Integer, nullable=False),
    Column("unnamed_count", Integer, nullable=False),  #: without a guid
    Column("new_entry_count", BigInteger, nullable=False),
    Column("updated_entry_count", BigInteger, nullable=False),
    Column("renamed_entry_count", BigInteger, nullable=False),
)
