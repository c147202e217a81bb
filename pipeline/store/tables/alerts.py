"""The tables of subscriptions, alerts and what is handed over: the outbox.

Trap: one alert for a subscription and a story is a unique key, not a look before.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)

from pipeline.model import (
    DeliveryState,
    Reason,
)
from pipeline.rule import HoldReason, UpdateReason
from pipeline.store.tables.base import metadata, partial_index
from pipeline.store.types import CleanText, Instant, Json, RowId, Word

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
    Column("owner_id", BigInteger),  #: of the user who may change it; None is the whole newsroom's
    Column("leave_key", Text),  #: the secret behind its addresses of unsubscription; never its feed's
    Index("ix_subscriptions_version", "version"),
    partial_index("uq_subscriptions_name", "NOT removed", "name", unique=True),
    partial_index("uq_subscriptions_feed", "feed_key IS NOT NULL", "feed_key", unique=True),
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
    Column("by_edit", Boolean, nullable=False, server_default=false()),  #: an edit of its article met the query
    UniqueConstraint("public_id"),
    UniqueConstraint("subscription_id", "story_id"),
    Index("ix_alerts_story", "story_id"),
    Index("ix_alerts_article", "article_id"),
    Index("ix_alerts_subscription", "subscription_id", "created_at"),
    partial_index("ix_alerts_digest", "digest_id IS NOT NULL", "digest_id"),
    partial_index("ix_alerts_held", "hold IS NOT NULL", "hold"),
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
    Index("ix_alert_updates_article", "article_id"),
    partial_index("ix_alert_updates_digest", "digest_id IS NOT NULL", "digest_id"),
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
    partial_index("ix_digests_open", "closed_at IS NULL", "due_at"),
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
    partial_index("ix_watches_open", "open", "story_id"),
    Index("ix_watches_story", "story_id"),
    Index("ix_watches_article", "article_id"),
    partial_index("ix_watches_alert", "alert_id IS NOT NULL", "alert_id"),
)


#: Condition as `ix_watches_open` spells it; SQLAlchemy would write `open = 1` for SQLite, which finds no index.
watch_is_open: ColumnElement[bool] = literal_column("watches.open")


told_stories = Table(
    "told_stories",  #: alerts that were forgotten, so that their stories never alert again
    metadata,
    Column("story_id", BigInteger, ForeignKey("stories.id"), primary_key=True, autoincrement=False),
    Column("subscription_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)


languages_met = Table(
    "languages_met",
    metadata,
    Column("subscription_id", BigInteger, ForeignKey("subscriptions.id"), primary_key=True, autoincrement=False),
    Column("language", CleanText, primary_key=True),
    Column("article_id", BigInteger, nullable=False),  #: the first that met the query; it may have been pruned
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
    partial_index("ix_deliveries_waiting", "state = 'waiting'", "channel", "next_attempt_at", "id"),
    partial_index("ix_deliveries_queued", "state = 'queued'", "queued_at"),
    partial_index("ix_deliveries_sending", "state = 'sending'", "lease_until", "holder"),
    partial_index("ix_deliveries_ended", "state IN ('sent', 'parked')", "state", "id"),
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
