"""How long a feed was to wait is kept: turns at a narrow host go to the feed furthest behind its own pace."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add feeds.planned_seconds."""
    op.add_column("feeds", sa.Column("planned_seconds", sa.Float(), nullable=True))
