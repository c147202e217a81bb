"""The operator is also told when an incident is over."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add over to the notices."""
    op.add_column("operator_notices", sa.Column("over", sa.Boolean(), nullable=False, server_default=sa.false()))
