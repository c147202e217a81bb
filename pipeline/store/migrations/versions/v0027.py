"""A feed remembers the stranger that a redirect led to, so that its entries prove nothing when it comes back."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add feeds.stranger_url."""
    op.add_column("feeds", sa.Column("stranger_url", sa.Text(), nullable=True))
