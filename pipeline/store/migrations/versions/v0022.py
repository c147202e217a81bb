"""What a host's pages repeat, what kinds they are, and where an article's title and the like come from."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add host_texts, host_pages and two columns of articles."""
    op.create_table(
        "host_texts",
        sa.Column("host", sa.Text(), primary_key=True),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_host_texts_changed", "host_texts", ["changed_at"])
    op.create_table(
        "host_pages",
        sa.Column("host", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("page_count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_host_pages_last", "host_pages", ["last_at"])
    op.add_column("articles", sa.Column("modified_at", sa.BigInteger()))
    op.add_column("articles", sa.Column("sources", sa.Text(), nullable=False, server_default="{}"))
