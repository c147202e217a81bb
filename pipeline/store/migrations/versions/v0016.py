"""Old news can be pruned: indexes by which its rows are found, and no rule that reads whole tables for each.

Whatever is deleted is looked for in every table that may name it. Bands and terms of an article are deleted with it by
their own keys, and the first article that met a query in a language is a number that stays when the article goes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_groupings_story", "groupings", "story_id", None),
    ("ix_groupings_of", "groupings", "of_article_id", "of_article_id IS NOT NULL"),
    ("ix_alerts_article", "alerts", "article_id", None),
    ("ix_alert_updates_article", "alert_updates", "article_id", None),
    ("ix_watches_story", "watches", "story_id", None),
    ("ix_watches_article", "watches", "article_id", None),
    ("ix_watches_alert", "watches", "alert_id", "alert_id IS NOT NULL"),
    ("ix_story_moves_article", "story_moves", "article_id", None),
    ("ix_apart_pairs_one", "apart_pairs", "one_article_id", None),
    ("ix_apart_pairs_other", "apart_pairs", "other_article_id", None),
    ("ix_apart_pairs_ended", "apart_pairs", "ended_by_act_id", "ended_by_act_id IS NOT NULL"),
)
LOOSE = ("article_bands", "article_terms", "languages_met")


def upgrade() -> None:
    """Make the indexes and loosen the tables; on SQLite their rows are copied, a second or two for each million."""
    for name, table, column, where in INDEXES:
        condition = sa.text(where) if where else None
        op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)
    if op.get_bind().dialect.name == "postgresql":
        for table in LOOSE:
            op.drop_constraint(f"fk_{table}_article_id", table)
        return
    for table in LOOSE:
        op.rename_table(table, f"{table}_ruled")
    _make_loose()
    for table in LOOSE:
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_ruled")  # noqa: S608 - our own names
        op.drop_table(f"{table}_ruled")


def _make_loose() -> None:
    op.create_table(
        "article_bands",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("band", "article_id", name="pk_article_bands"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "article_terms",
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.BigInteger()),
        sa.PrimaryKeyConstraint("term", "article_id", name="pk_article_terms"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "languages_met",
        sa.Column("subscription_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscriptions.id"], name="fk_languages_met_subscription_id"),
        sa.PrimaryKeyConstraint("subscription_id", "language", name="pk_languages_met"),
    )
