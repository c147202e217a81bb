"""That a story was told outlives its alert."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add told_stories."""
    op.create_table(
        "told_stories",
        sa.Column("story_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_told_stories_story_id"),
        sa.PrimaryKeyConstraint("story_id", "subscription_id", name="pk_told_stories"),
        sqlite_with_rowid=False,
    )
