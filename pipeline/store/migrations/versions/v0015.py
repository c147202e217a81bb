"""A secret of its own for the addresses at which receivers leave a subscription."""

from secrets import token_urlsafe

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add leave_key, and give every subscription one."""
    op.add_column("subscriptions", sa.Column("leave_key", sa.Text()))
    tx = op.get_bind()
    for (number,) in tx.execute(sa.text("SELECT id FROM subscriptions")).all():
        values = {"key": token_urlsafe(24), "id": number}
        tx.execute(sa.text("UPDATE subscriptions SET leave_key = :key WHERE id = :id"), values)
