"""How fast news came in the last day is read from an index alone."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the index over articles by time."""
    op.drop_index("ix_articles_stored", "articles")
    op.create_index("ix_articles_stored", "articles", ["stored_at", "story_id", "first_seen_at"])
