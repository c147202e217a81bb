"""An index over entries that failed, for the queue's page."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TROUBLE = "reason IS NOT NULL AND reason NOT IN ('old_at_import', 'same_page', 'feed_removed', 'dropped_by_hand')"


def upgrade() -> None:
    """Make the index."""
    where = sa.text(TROUBLE)
    op.create_index(
        "ix_entries_trouble", "entries", ["host", "reason", "state", "id"], sqlite_where=where, postgresql_where=where
    )
