"""How receivers behave."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "receivers",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since_at", sa.BigInteger()),
        sa.Column("rests_until", sa.BigInteger()),
        sa.Column("gone_at", sa.BigInteger()),
        sa.Column("gone_key", sa.LargeBinary()),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("channel", name="pk_receivers"),
    )
