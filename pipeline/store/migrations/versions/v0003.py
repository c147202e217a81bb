"""Entries that change in place, and what each feed costs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Widen entries, make entry_updates and feed_traffic."""
    _widen_entries()
    _make_entry_updates()
    _make_feed_traffic()


def _widen_entries() -> None:
    columns = (
        sa.Column("text_key", sa.LargeBinary()),
        sa.Column("update_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("refetch_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("changed_at", sa.BigInteger()),
    )
    for column in columns:
        op.add_column("entries", column)
    for name, where, index in (
        ("ix_entries_changed", "changed_at IS NOT NULL", ["changed_at"]),
        ("ix_entries_dated", "published_at IS NOT NULL", ["feed_id", "published_at"]),
    ):
        op.create_index(name, "entries", index, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _make_entry_updates() -> None:
    op.create_table(
        "entry_updates",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("old_title", sa.Text(), nullable=False),
        sa.Column("old_summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_entry_updates_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entry_updates"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entry_updates_entry", "entry_updates", ["entry_id", "id"])


def _make_feed_traffic() -> None:
    counts = ("answer_count", "byte_count", "unchanged_count", "repeated_count", "stale_count")
    last = ("entry_count", "undated_count", "unnamed_count")
    sums = ("new_entry_count", "updated_entry_count", "renamed_entry_count")
    op.create_table(
        "feed_traffic",
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in counts),
        sa.Column("body_key", sa.LargeBinary()),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in last),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in sums),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_feed_traffic_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", name="pk_feed_traffic"),
    )
