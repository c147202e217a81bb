"""Each site's robots.txt is kept, and the delay it asks for."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the rules and the delay."""
    op.add_column("hosts", sa.Column("asked_gap_seconds", sa.Float(), nullable=False, server_default="0"))
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.Column("good_at", sa.BigInteger()),
        sa.Column("failing_since_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("origin", name="pk_robots"),
    )
