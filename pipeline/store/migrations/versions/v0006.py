"""Rules of subscriptions: conditions, updates, digests; deliveries of all three; when a page had come."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NOTICES = {"alert": "alerts", "update": "alert_updates", "digest": "digests"}


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Add what rules need."""
    op.add_column("articles", sa.Column("fetched_at", sa.BigInteger()))
    op.add_column("subscriptions", sa.Column("rule", sa.Text()))
    op.add_column("subscriptions", sa.Column("feed_key", sa.Text()))
    op.create_index(
        "uq_subscriptions_feed", "subscriptions", ["feed_key"], unique=True, **_where("feed_key IS NOT NULL")
    )
    _extend_alerts()
    _make_updates()
    _make_digests()
    _make_watches()
    if op.get_bind().dialect.name == "sqlite":
        _remake_deliveries()
    else:
        _extend_deliveries()


def _extend_alerts() -> None:
    op.add_column("alerts", sa.Column("raised_by_article_id", sa.BigInteger()))
    op.add_column("alerts", sa.Column("hold", sa.Text()))
    op.add_column("alerts", sa.Column("digest_id", sa.BigInteger()))
    op.create_index("ix_alerts_subscription", "alerts", ["subscription_id", "created_at"])
    op.create_index("ix_alerts_digest", "alerts", ["digest_id"], **_where("digest_id IS NOT NULL"))
    op.create_index("ix_alerts_held", "alerts", ["hold"], **_where("hold IS NOT NULL"))


def _make_updates() -> None:
    op.create_table(
        "alert_updates",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("article_url", sa.Text(), nullable=False),
        sa.Column("article_title", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("outlet_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("hold", sa.Text()),
        sa.Column("digest_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_updates_alert_id"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_alert_updates_article_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_updates"),
        sa.UniqueConstraint("public_id", name="uq_alert_updates_public_id"),
        sa.UniqueConstraint("alert_id", "number", name="uq_alert_updates_alert_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_updates_digest", "alert_updates", ["digest_id"], **_where("digest_id IS NOT NULL"))


def _make_digests() -> None:
    op.create_table(
        "digests",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("outlet_counts", sa.Text()),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_digests_subscription_id"),
        sa.PrimaryKeyConstraint("id", name="pk_digests"),
        sa.UniqueConstraint("public_id", name="uq_digests_public_id"),
        sa.UniqueConstraint("subscription_id", "due_at", name="uq_digests_subscription_id_due_at"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_digests_open", "digests", ["due_at"], **_where("closed_at IS NULL"))


def _make_watches() -> None:
    op.create_table(
        "watches",
        sa.Column("subscription_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("story_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("passage", sa.Text(), nullable=False),
        sa.Column("matched", sa.Text(), nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.Column("first_in_language", sa.Boolean(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.BigInteger()),
        sa.Column("update_count", sa.Integer(), nullable=False),
        sa.Column("told_outlet_count", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_watches_subscription_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_watches_story_id"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_watches_article_id"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_watches_alert_id"),
        sa.PrimaryKeyConstraint("subscription_id", "story_id", name="pk_watches"),
    )
    op.create_index("ix_watches_open", "watches", ["story_id"], **_where("open"))
    op.create_table(
        "languages_met",
        sa.Column("subscription_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_languages_met_subscription_id"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_languages_met_article_id"),
        sa.PrimaryKeyConstraint("subscription_id", "language", name="pk_languages_met"),
    )


def _extend_deliveries() -> None:
    op.alter_column("deliveries", "alert_id", nullable=True)
    for notice in ("update", "digest"):
        column = f"{notice}_id"
        op.add_column("deliveries", sa.Column(column, sa.BigInteger()))
        op.create_foreign_key(f"fk_deliveries_{column}", "deliveries", NOTICES[notice], [column], ["id"])
        op.create_unique_constraint(f"uq_deliveries_{column}_channel", "deliveries", [column, "channel"])


def _remake_deliveries() -> None:
    """Make the table anew, since SQLite cannot loosen a column; no other table refers to it."""
    op.create_table(
        "deliveries_made_anew",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        *(sa.Column(f"{notice}_id", sa.BigInteger()) for notice in NOTICES),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.Text()),
        sa.Column("queued_at", sa.BigInteger()),
        sa.Column("holder", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("finished_at", sa.BigInteger()),
        *(
            sa.ForeignKeyConstraint([f"{notice}_id"], [f"{table}.id"], name=f"fk_deliveries_{notice}_id")
            for notice, table in NOTICES.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        *(
            sa.UniqueConstraint(f"{notice}_id", "channel", name=f"uq_deliveries_{notice}_id_channel")
            for notice in NOTICES
        ),
        sa.UniqueConstraint("public_id", name="uq_deliveries_public_id"),
        sqlite_autoincrement=True,
    )
    names = (
        "id, public_id, alert_id, channel, state, reason, error, answer, attempts, crashes, created_at, "
        "next_attempt_at, token, job_id, queued_at, holder, lease_until, finished_at"
    )
    op.execute(f"INSERT INTO deliveries_made_anew ({names}) SELECT {names} FROM deliveries")  # noqa: S608 - our words
    op.drop_table("deliveries")
    op.rename_table("deliveries_made_anew", "deliveries")
    op.create_index("ix_deliveries_ended", "deliveries", ["state", "id"], **_where("state IN ('sent', 'parked')"))
    op.create_index("ix_deliveries_queued", "deliveries", ["queued_at"], **_where("state = 'queued'"))
    op.create_index("ix_deliveries_sending", "deliveries", ["lease_until", "holder"], **_where("state = 'sending'"))
    op.create_index(
        "ix_deliveries_waiting", "deliveries", ["channel", "next_attempt_at", "id"], **_where("state = 'waiting'")
    )
