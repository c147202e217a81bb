"""Articles are looked at again, and keep the texts they had before."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, and say of articles and alerts what edits did."""
    op.add_column("articles", sa.Column("revision_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("articles", sa.Column("revised_at", sa.BigInteger()))
    op.add_column("alerts", sa.Column("by_edit", sa.Boolean(), nullable=False, server_default=sa.false()))
    _make_revisions()
    _make_checks()


def _make_revisions() -> None:
    op.create_table(
        "article_revisions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_source", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("replaced_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_article_revisions_article_id"),
        sa.PrimaryKeyConstraint("id", name="pk_article_revisions"),
        sa.UniqueConstraint("article_id", "number", name="uq_article_revisions_article_id_number"),
        sqlite_autoincrement=True,
    )


def _make_checks() -> None:
    op.create_table(
        "page_checks",
        sa.Column("entry_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("etag", sa.LargeBinary()),
        sa.Column("last_modified", sa.LargeBinary()),
        sa.Column("validators_url", sa.Text()),
        sa.Column("next_check_at", sa.BigInteger()),
        sa.Column("done_reason", sa.Text()),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_page_checks_entry_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_page_checks"),
    )
    where = sa.text("next_check_at IS NOT NULL")
    op.create_index("ix_page_checks_due", "page_checks", ["next_check_at"], sqlite_where=where, postgresql_where=where)
