"""The table of entries, the work of the page workers, how entries changed, and when pages are looked at again.

Also the last crash of a page job at each host: one row a host, so that a bug met everywhere cannot fill the disk.

Trap: no index may begin with `state` alone: without statistics SQLite prefers it to the partial ones.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from pipeline.model import (
    EntryState,
    Reason,
)
from pipeline.store.tables.base import metadata, partial_index
from pipeline.store.types import CleanText, HeaderText, Instant, Json, RowId, Word

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
    partial_index("uq_entries_page", "state <> 'merged'", "page_key", unique=True),
    partial_index("ix_entries_waiting", "state = 'waiting'", "host", "next_attempt_at", "id"),
    partial_index("ix_entries_queued", "state = 'queued'", "queued_at", "host"),
    partial_index("ix_entries_fetching", "state = 'fetching'", "lease_until", "host", "holder"),
    partial_index("ix_entries_merged", "same_as_entry_id IS NOT NULL", "same_as_entry_id"),
    partial_index("ix_entries_changed", "changed_at IS NOT NULL", "changed_at"),
    partial_index("ix_entries_dated", "published_at IS NOT NULL", "feed_id", "published_at"),
    partial_index("ix_entries_ended", "state IN ('done', 'merged', 'dropped', 'quarantined')", "state", "id"),
    partial_index(
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


page_checks = Table(
    "page_checks",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    Column("etag", HeaderText),
    Column("last_modified", HeaderText),
    Column("validators_url", CleanText),
    Column("next_check_at", Instant),  #: None: its page is not looked at again by itself
    Column("released_at", Instant),  #: when the entry was first put on the queue, which a look overwrites
    Column("done_reason", Word(Reason)),  #: the entry's while it was done, to be put back after a look
    partial_index("ix_page_checks_due", "next_check_at IS NOT NULL", "next_check_at"),
)


crashes = Table(
    "crashes",
    metadata,
    Column("host", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("traceback", CleanText, nullable=False),
)
