"""How feeds are asked: what decided the next poll, freshness, error scores, moves, learned gaps, events."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Widen feeds and hosts, make feed_events."""
    _widen_feeds()
    op.add_column("hosts", sa.Column("gap_seconds", sa.Float(), nullable=False, server_default="0"))
    op.add_column("hosts", sa.Column("throttled_at", sa.BigInteger()))
    _make_feed_events()


def _widen_feeds() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("skip_days", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("fresh_seconds", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("quiet_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("shown_key", sa.LargeBinary()),
        sa.Column("error_score", sa.Float(), nullable=False, server_default="0"),
        sa.Column("undead_at", sa.BigInteger()),
        sa.Column("bound", sa.Text()),
        sa.Column("bounds", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("moved_url", sa.Text()),
        sa.Column("moved_since_at", sa.BigInteger()),
        sa.Column("moved_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("stays", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    for column in columns:
        op.add_column("feeds", column)


def _make_feed_events() -> None:
    op.create_table(
        "feed_events",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("feed_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("old_url", sa.Text()),
        sa.Column("old_url_key", sa.LargeBinary()),
        sa.Column("new_url", sa.Text()),
        sa.Column("other_feed_id", sa.BigInteger()),
        sa.Column("undone_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_feed_events_feed_id"),
        sa.PrimaryKeyConstraint("id", name="pk_feed_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feed_events_feed", "feed_events", ["feed_id", "id"])
    op.create_index(
        "ix_feed_events_old",
        "feed_events",
        ["old_url_key"],
        sqlite_where=sa.text("old_url_key IS NOT NULL"),
        postgresql_where=sa.text("old_url_key IS NOT NULL"),
    )
