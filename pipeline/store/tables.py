"""The tables, one definition for both databases.

In: nothing. Out: `metadata` and its tables. Hides SQLAlchemy's schema objects; `migrations/` makes the same
schema step by step, and a test compares the two. Trap: a partial index serves only queries whose condition is
written out as in the index, so conditions on states go through `in_state`, which puts the words into the SQL. And
no index may begin with `state` alone: without statistics SQLite prefers it to the partial ones and reads all that wait.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Float,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    false,
    literal_column,
    text,
)

from pipeline.model import (
    ActKind,
    Bound,
    CoverageKind,
    DeliveryState,
    EntryState,
    FeedEventKind,
    FeedState,
    GroupingKind,
    PushState,
    Reason,
    Scope,
    TextSource,
)
from pipeline.rule import HoldReason, UpdateReason
from pipeline.store.types import CleanText, HeaderText, Instant, Json, RowId, Signed64, Unsigned32, Word
from pipeline.store.words_schema import POSTGRESQL as WORDS_POSTGRESQL
from pipeline.store.words_schema import SQLITE as WORDS_SQLITE

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def in_state(table: FromClause, *states: StrEnum) -> ColumnElement[bool]:
    """Condition that the row is in one of these states, spelled as the partial indexes spell it."""
    words = [literal_column(f"'{state.value}'", Text) for state in states]
    column: ColumnElement[str] = table.c.state
    return column == words[0] if len(words) == 1 else column.in_(words)


def _partial(name: str, where: str, *columns: str, unique: bool = False) -> Index:
    """Make an index over the rows that meet a condition."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

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
    Column("skip_hours", Json, nullable=False),
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
    Column("skip_days", Json, nullable=False, server_default="[]"),
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
    UniqueConstraint("url_key"),
    _partial("ix_feeds_due", "state = 'active'", "next_poll_at", "host"),
    Index("ix_feeds_host", "host"),
    _partial("ix_feeds_leased", "lease_until IS NOT NULL", "host", "lease_until"),
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

coverage_counts = Table(
    "coverage_counts",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  #: since 1970, UTC
    Column("kind", Word(CoverageKind), primary_key=True),
    Column("subject", CleanText, primary_key=True),
    Column("article_count", BigInteger, nullable=False),
    Column("good_count", BigInteger, nullable=False),  #: with text of the page itself
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("public_id", Text, nullable=False),
    Column("kind", Word(CoverageKind), nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("evidence", CleanText, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    UniqueConstraint("public_id"),
    _partial("uq_incidents_open", "closed_at IS NULL", "kind", "subject", unique=True),
    sqlite_autoincrement=True,
)

operator_notices = Table(
    "operator_notices",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("incident_id", BigInteger, ForeignKey("incidents.id"), nullable=False),
    Column("channel", CleanText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant),  #: None once it was sent or given up
    Column("sent_at", Instant),
    Column("error", CleanText, nullable=False),
    UniqueConstraint("incident_id", "channel"),
    _partial("ix_operator_notices_due", "next_attempt_at IS NOT NULL", "next_attempt_at"),
    sqlite_autoincrement=True,
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
    _partial("ix_feed_events_old", "old_url_key IS NOT NULL", "old_url_key"),
    sqlite_autoincrement=True,
)

entries = Table(
    "entries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("feed_id", BigInteger, ForeignKey("feeds.id"), nullable=False),
    Column("identity", CleanText, nullable=False),
    Column("identity_key", LargeBinary, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("page_key", LargeBinary),  #: of the canonical URL; None if the page does not identify the entry
    Column("host", Text, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("summary", CleanText, nullable=False),
    Column("content", CleanText, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("language", CleanText, nullable=False),
    Column("guid", CleanText, nullable=False),
    Column("published_raw", CleanText, nullable=False),
    Column("published_at", Instant),
    Column("first_seen_at", Instant, nullable=False),
    Column("state", Word(EntryState), nullable=False),
    Column("reason", Word(Reason)),
    Column("error", CleanText, nullable=False),
    Column("same_as_entry_id", BigInteger, ForeignKey("entries.id")),
    Column("attempts", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("job_id", Text),
    Column("queued_at", Instant),
    Column("holder", Text),
    Column("lease_until", Instant),
    Column("finished_at", Instant),
    Column("text_key", LargeBinary),  #: of title and text as last stored, see `pipeline.store.updates`
    Column("update_count", Integer, nullable=False, server_default="0"),
    Column("refetch_count", Integer, nullable=False, server_default="0"),
    Column("changed_at", Instant),  #: its text changed after it was done and nobody has looked yet
    UniqueConstraint("feed_id", "identity_key"),
    _partial("uq_entries_page", "state <> 'merged'", "page_key", unique=True),
    _partial("ix_entries_waiting", "state = 'waiting'", "host", "next_attempt_at", "id"),
    _partial("ix_entries_queued", "state = 'queued'", "queued_at", "host"),
    _partial("ix_entries_fetching", "state = 'fetching'", "lease_until", "host", "holder"),
    _partial("ix_entries_merged", "same_as_entry_id IS NOT NULL", "same_as_entry_id"),
    _partial("ix_entries_changed", "changed_at IS NOT NULL", "changed_at"),
    _partial("ix_entries_dated", "published_at IS NOT NULL", "feed_id", "published_at"),
    _partial("ix_entries_ended", "state IN ('done', 'merged', 'dropped', 'quarantined')", "state", "id"),
    _partial(
        "ix_entries_trouble",
        "reason IS NOT NULL AND reason NOT IN ('old_at_import', 'same_page', 'feed_removed', 'dropped_by_hand')",
        *("host", "reason", "state", "id"),
    ),
    sqlite_autoincrement=True,
)

entry_updates = Table(
    "entry_updates",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("entries.id"), nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("changed", Json, nullable=False),  #: names of the fields
    Column("old_title", CleanText, nullable=False),
    Column("old_summary", CleanText, nullable=False),
    Index("ix_entry_updates_entry", "entry_id", "id"),
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

articles = Table(
    "articles",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("entries.id"), nullable=False),
    Column("story_id", BigInteger, ForeignKey("stories.id")),  #: None only inside the transaction that stores it
    Column("url", CleanText, nullable=False),
    Column("url_key", LargeBinary, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("outlet", CleanText, nullable=False),
    Column("language", CleanText, nullable=False),
    Column("byline", CleanText, nullable=False),
    Column("site", CleanText, nullable=False),
    Column("text_source", Word(TextSource), nullable=False),
    Column("note", Word(Reason)),
    Column("published_at", Instant, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("fetched_at", Instant),  #: when its page had come; None if it is the feed's text
    Column("text_hash", LargeBinary, nullable=False),
    Column("minhash", Unsigned32, nullable=False),
    Column("bands", Signed64, nullable=False),
    Column("terms", Json, nullable=False),
    Column("word_count", Integer, nullable=False),
    UniqueConstraint("entry_id"),
    Index("ix_articles_story", "story_id", "outlet"),
    Index("ix_articles_url", "url_key"),
    Index("ix_articles_text", "text_hash", "id"),
    Index("ix_articles_stored", "stored_at", "story_id"),
    sqlite_autoincrement=True,
)

article_bands = Table(
    "article_bands",
    metadata,
    Column("band", BigInteger, primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    sqlite_with_rowid=False,
)

article_terms = Table(
    "article_terms",
    metadata,
    Column("term", CleanText, primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    #: As it was placed; one merged since leads to the living one. None: placed before stories had profiles.
    Column("story_id", BigInteger),
    sqlite_with_rowid=False,
)

term_counts = Table(
    "term_counts",
    metadata,
    Column("term", CleanText, primary_key=True),
    Column("article_count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

stories = Table(
    "stories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("title", CleanText, nullable=False),
    Column("language", CleanText, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("article_count", Integer, nullable=False),  #: of a merged one this and the next two as they were then
    Column("text_count", Integer, nullable=False),
    Column("outlet_count", Integer, nullable=False),
    Column("merged_into_id", BigInteger),  #: always a living story; None of those
    Index("ix_stories_changed", "changed_at"),
    _partial("ix_stories_merged", "merged_into_id IS NOT NULL", "merged_into_id"),
    sqlite_autoincrement=True,
)

story_profiles = Table(
    "story_profiles",
    metadata,
    Column("story_id", BigInteger, ForeignKey("stories.id"), primary_key=True, autoincrement=False),
    Column("weights", Json, nullable=False),  #: term -> weight, bounded
    Column("mean_at", Instant, nullable=False),  #: the middle of its articles' dates
)

groupings = Table(
    "groupings",
    metadata,
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    Column("story_id", BigInteger, ForeignKey("stories.id"), nullable=False),  #: as it was decided
    Column("kind", Word(GroupingKind), nullable=False),
    Column("of_article_id", BigInteger, ForeignKey("articles.id")),
    Column("score", Float, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("evidence", Json, nullable=False, server_default="{}"),
)

story_acts = Table(
    "story_acts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", Word(ActKind), nullable=False),
    Column("story_id", BigInteger, ForeignKey("stories.id"), nullable=False),  #: kept, or split, or one of two apart
    Column("other_story_id", BigInteger, ForeignKey("stories.id"), nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("acted_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Index("ix_story_acts_story", "story_id"),
    Index("ix_story_acts_other", "other_story_id"),
    sqlite_autoincrement=True,
)

story_moves = Table(
    "story_moves",
    metadata,
    Column("act_id", BigInteger, ForeignKey("story_acts.id"), primary_key=True, autoincrement=False),
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

apart_pairs = Table(
    "apart_pairs",
    metadata,
    Column("id", RowId, primary_key=True),
    #: Whatever stories hold these two articles are not the same; articles last where stories merge and split.
    Column("one_article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("other_article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("act_id", BigInteger, ForeignKey("story_acts.id"), nullable=False),  #: that said so
    Column("ended_by_act_id", BigInteger, ForeignKey("story_acts.id")),  #: that said otherwise since
    _partial("ix_apart_pairs_live", "ended_by_act_id IS NULL", "one_article_id", "other_article_id"),
    Index("ix_apart_pairs_act", "act_id"),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", CleanText, nullable=False),
    Column("query", CleanText, nullable=False),
    Column("channels", Json, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("removed", Boolean, nullable=False),  #: kept for its alerts
    Column("rule", Json),  #: as `pipeline.rule_text` writes it; None is the plain rule
    Column("feed_key", Text),  #: the secret in the address of its feed
    Column("version", BigInteger),  #: the number of its last change
    Column("expanded", CleanText),  #: its query with the saved queries it names written out; None if it names none
    Column("problem", CleanText),  #: why it was switched off by itself
    Column("leave_key", Text),  #: the secret behind its addresses of unsubscription; never its feed's
    Index("ix_subscriptions_version", "version"),
    _partial("uq_subscriptions_name", "NOT removed", "name", unique=True),
    _partial("uq_subscriptions_feed", "feed_key IS NOT NULL", "feed_key", unique=True),
    sqlite_autoincrement=True,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("public_id", Text, nullable=False),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id"), nullable=False),
    Column("subscription_name", CleanText, nullable=False),
    Column("story_id", BigInteger, ForeignKey("stories.id"), nullable=False),
    Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("article_url", CleanText, nullable=False),
    Column("article_title", CleanText, nullable=False),
    Column("outlet", CleanText, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("passage", CleanText, nullable=False),
    Column("matched", Json, nullable=False),
    Column("spans", Json, nullable=False),
    Column("outlet_count", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("raised_by_article_id", BigInteger),  #: whose joining made the conditions hold; None if its own article's
    Column("hold", Word(HoldReason)),  #: why it is in a digest; None if it was handed over at once
    Column("digest_id", BigInteger),
    UniqueConstraint("public_id"),
    UniqueConstraint("subscription_id", "story_id"),
    Index("ix_alerts_story", "story_id"),
    Index("ix_alerts_subscription", "subscription_id", "created_at"),
    _partial("ix_alerts_digest", "digest_id IS NOT NULL", "digest_id"),
    _partial("ix_alerts_held", "hold IS NOT NULL", "hold"),
    sqlite_autoincrement=True,
)

alert_updates = Table(
    "alert_updates",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("public_id", Text, nullable=False),
    Column("alert_id", BigInteger, ForeignKey("alerts.id"), nullable=False),
    Column("number", Integer, nullable=False),  #: 1 is the first after the alert
    Column("reason", Word(UpdateReason), nullable=False),
    Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("article_url", CleanText, nullable=False),
    Column("article_title", CleanText, nullable=False),
    Column("outlet", CleanText, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("outlet_count", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("hold", Word(HoldReason)),
    Column("digest_id", BigInteger),
    UniqueConstraint("public_id"),
    UniqueConstraint("alert_id", "number"),
    _partial("ix_alert_updates_digest", "digest_id IS NOT NULL", "digest_id"),
    sqlite_autoincrement=True,
)

digests = Table(
    "digests",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("public_id", Text, nullable=False),
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id"), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),  #: when its members were fixed and its deliveries made
    Column("outlet_counts", Json),  #: of each story as it was closed, so that every try says the same
    UniqueConstraint("public_id"),
    UniqueConstraint("subscription_id", "due_at"),
    _partial("ix_digests_open", "closed_at IS NULL", "due_at"),
    sqlite_autoincrement=True,
)

watches = Table(
    "watches",
    metadata,
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id"), primary_key=True, autoincrement=False),
    Column("story_id", BigInteger, ForeignKey("stories.id"), primary_key=True, autoincrement=False),
    Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False),  #: the last that met the query
    Column("passage", CleanText, nullable=False),
    Column("matched", Json, nullable=False),
    Column("spans", Json, nullable=False),
    Column("first_in_language", Boolean, nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("alert_id", BigInteger, ForeignKey("alerts.id")),
    Column("update_count", Integer, nullable=False),
    Column("told_outlet_count", Integer, nullable=False),
    Column("open", Boolean, nullable=False),  #: False once nothing more can follow
    _partial("ix_watches_open", "open", "story_id"),
)

#: Condition as `ix_watches_open` spells it; SQLAlchemy would write `open = 1` for SQLite, which finds no index.
watch_is_open: ColumnElement[bool] = literal_column("watches.open")

languages_met = Table(
    "languages_met",
    metadata,
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id"), primary_key=True, autoincrement=False),
    Column("language", CleanText, primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False),  #: the first that met the query
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("public_id", Text, nullable=False),  #: the receiver's dedupe key, the same at every try
    Column("alert_id", BigInteger, ForeignKey("alerts.id")),  #: exactly one of these three is set
    Column("update_id", BigInteger, ForeignKey("alert_updates.id")),
    Column("digest_id", BigInteger, ForeignKey("digests.id")),
    Column("channel", CleanText, nullable=False),
    Column("state", Word(DeliveryState), nullable=False),
    Column("reason", Word(Reason)),
    Column("error", CleanText, nullable=False),
    Column("answer", CleanText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("job_id", Text),
    Column("queued_at", Instant),
    Column("holder", Text),
    Column("lease_until", Instant),
    Column("finished_at", Instant),
    UniqueConstraint("public_id"),
    UniqueConstraint("alert_id", "channel"),
    UniqueConstraint("update_id", "channel"),
    UniqueConstraint("digest_id", "channel"),
    _partial("ix_deliveries_waiting", "state = 'waiting'", "channel", "next_attempt_at", "id"),
    _partial("ix_deliveries_queued", "state = 'queued'", "queued_at"),
    _partial("ix_deliveries_sending", "state = 'sending'", "lease_until", "holder"),
    _partial("ix_deliveries_ended", "state IN ('sent', 'parked')", "state", "id"),
    sqlite_autoincrement=True,
)

receivers = Table(
    "receivers",
    metadata,
    Column("channel", CleanText, primary_key=True),
    Column("failures", Integer, nullable=False),  #: in a row
    Column("failing_since_at", Instant),
    Column("rests_until", Instant),
    Column("gone_at", Instant),
    Column("gone_key", LargeBinary),  #: of the address that said so
    Column("reason", Word(Reason)),
)

processes = Table(
    "processes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("detail", Json, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", CleanText, nullable=False),
    Column("digest", LargeBinary, nullable=False),  #: SHA-256 of the token
    Column("scope", Word(Scope), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant),
    UniqueConstraint("name"),
    UniqueConstraint("digest"),
    sqlite_autoincrement=True,
)

queue_samples = Table(
    "queue_samples",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("at", Instant, primary_key=True),  #: to the minute
    Column("waiting_count", Integer, nullable=False),
    Column("queued_count", Integer, nullable=False),
    Column("held_count", Integer, nullable=False),
    Column("oldest_seconds", Integer, nullable=False),  #: how long the first that waits has been due
    sqlite_with_rowid=False,
)


def _make_words(_metadata: MetaData, tx: Connection, **_options: Any) -> None:
    """Make what `MetaData` cannot say."""
    for statement in WORDS_POSTGRESQL if tx.dialect.name == "postgresql" else WORDS_SQLITE:
        tx.exec_driver_sql(statement)


event.listen(metadata, "after_create", _make_words)
