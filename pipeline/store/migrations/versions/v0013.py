"""How much waited at each minute."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make queue_samples."""
    op.create_table(
        "queue_samples",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_count", sa.Integer(), nullable=False),
        sa.Column("queued_count", sa.Integer(), nullable=False),
        sa.Column("held_count", sa.Integer(), nullable=False),
        sa.Column("oldest_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "at", name="pk_queue_samples"),
        sqlite_with_rowid=False,
    )
