"""The tables of the service itself: processes, tokens, counts, incidents.

Trap: nothing of an article's way may wait for a row here.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from pipeline.model import (
    AlarmKind,
    CoverageKind,
    Role,
    Scope,
)
from pipeline.store.tables.base import metadata, partial_index
from pipeline.store.types import CleanText, Instant, Json, RowId, Word, Words

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
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
    Column("kind", Words(CoverageKind, AlarmKind), nullable=False),
    Column("subject", CleanText, nullable=False),
    Column("evidence", CleanText, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    UniqueConstraint("public_id"),
    partial_index("uq_incidents_open", "closed_at IS NULL", "kind", "subject", unique=True),
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
    Column("over", Boolean, nullable=False, server_default=false()),  #: the incident's end is what it tells
    UniqueConstraint("incident_id", "channel"),
    partial_index("ix_operator_notices_due", "next_attempt_at IS NOT NULL", "next_attempt_at"),
    sqlite_autoincrement=True,
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
    Column("user_id", BigInteger),  #: whose role bounds it; None is the operator's own
    UniqueConstraint("name"),
    UniqueConstraint("digest"),
    sqlite_autoincrement=True,
)


users = Table(
    "users",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", CleanText, nullable=False),  #: lower case
    Column("role", Word(Role), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_login_at", Instant),
    Column("session_number", Integer, nullable=False),  #: raised to end all sessions
    Column("password_hash", Text),  #: argon2id with its parameters; None: the password of the settings counts
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)


durations = Table(
    "durations",
    metadata,
    Column("step", Text, primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    Column("microseconds", BigInteger, nullable=False),
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
