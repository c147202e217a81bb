"""A feed's own rhythm, gaps between its documents, and until when a hub pushes it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("feeds", sa.Column("rhythm", sa.Text()))
    op.add_column("feeds", sa.Column("gap_at", sa.BigInteger()))
    op.add_column("feeds", sa.Column("gap_count", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("feeds", sa.Column("push_until", sa.BigInteger()))
