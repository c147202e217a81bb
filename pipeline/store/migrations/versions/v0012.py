"""Coverage: counts by day, incidents, and the notices of them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "coverage_counts",
        sa.Column("day", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("article_count", sa.BigInteger(), nullable=False),
        sa.Column("good_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "subject", name="pk_coverage_counts"),
    )
    _make_incidents()
    _make_notices()


def _make_incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.UniqueConstraint("public_id", name="uq_incidents_public_id"),
        sqlite_autoincrement=True,
    )
    where = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_incidents_open",
        "incidents",
        ["kind", "subject"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _make_notices() -> None:
    op.create_table(
        "operator_notices",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger()),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_operator_notices_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_operator_notices"),
        sa.UniqueConstraint("incident_id", "channel", name="uq_operator_notices_incident_id_channel"),
        sqlite_autoincrement=True,
    )
    where = sa.text("next_attempt_at IS NOT NULL")
    op.create_index(
        "ix_operator_notices_due", "operator_notices", ["next_attempt_at"], sqlite_where=where, postgresql_where=where
    )
