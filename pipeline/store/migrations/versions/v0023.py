"""When an entry was first released is kept through later looks at its page."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add released_at."""
    op.add_column("page_checks", sa.Column("released_at", sa.BigInteger()))
