"""Stories have profiles, evidence, acts that can be undone; stories begun before gather no more reports."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _id(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Add what late merges and splits need."""
    op.add_column("article_terms", sa.Column("story_id", sa.BigInteger()))
    op.add_column("groupings", sa.Column("evidence", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("stories", sa.Column("merged_into_id", sa.BigInteger()))
    op.create_index("ix_stories_merged", "stories", ["merged_into_id"], **_where("merged_into_id IS NOT NULL"))
    op.create_table(
        "story_profiles",
        _id("story_id"),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.Column("mean_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_profiles_story_id"),
        sa.PrimaryKeyConstraint("story_id", name="pk_story_profiles"),
    )
    _make_acts()
    _make_moves()
    _make_pairs()


def _make_acts() -> None:
    op.create_table(
        "story_acts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _id("story_id"),
        _id("other_story_id"),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("acted_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_acts_story_id"),
        sa.ForeignKeyConstraint(["other_story_id"], ["stories.id"], name="fk_story_acts_other_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_story_acts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_story_acts_story", "story_acts", ["story_id"])
    op.create_index("ix_story_acts_other", "story_acts", ["other_story_id"])


def _make_moves() -> None:
    op.create_table(
        "story_moves",
        _id("act_id"),
        _id("article_id"),
        sa.ForeignKeyConstraint(["act_id"], ["story_acts.id"], name="fk_story_moves_act_id"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_story_moves_article_id"),
        sa.PrimaryKeyConstraint("act_id", "article_id", name="pk_story_moves"),
        sqlite_with_rowid=False,
    )


def _make_pairs() -> None:
    op.create_table(
        "apart_pairs",
        sa.Column("id", ROW_ID, nullable=False),
        _id("one_article_id"),
        _id("other_article_id"),
        _id("act_id"),
        sa.Column("ended_by_act_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(["one_article_id"], ["articles.id"], name="fk_apart_pairs_one_article_id"),
        sa.ForeignKeyConstraint(["other_article_id"], ["articles.id"], name="fk_apart_pairs_other_article_id"),
        sa.ForeignKeyConstraint(["act_id"], ["story_acts.id"], name="fk_apart_pairs_act_id"),
        sa.ForeignKeyConstraint(["ended_by_act_id"], ["story_acts.id"], name="fk_apart_pairs_ended_by_act_id"),
        sa.PrimaryKeyConstraint("id", name="pk_apart_pairs"),
        sqlite_autoincrement=True,
    )
    live = _where("ended_by_act_id IS NULL")
    op.create_index("ix_apart_pairs_live", "apart_pairs", ["one_article_id", "other_article_id"], **live)
    op.create_index("ix_apart_pairs_act", "apart_pairs", ["act_id"])
