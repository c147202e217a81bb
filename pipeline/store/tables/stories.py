"""The tables of stories, of why each article is in its own, and of what hands and machine changed later.

Trap: a story that was merged away stays as a row that points to the living one.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
)

from pipeline.model import (
    ActKind,
    GroupingKind,
)
from pipeline.store.tables.base import metadata, partial_index
from pipeline.store.types import CleanText, Instant, Json, RowId, Word

stories = Table(
    "stories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("title", CleanText, nullable=False),
    Column("language", CleanText, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("article_count", Integer, nullable=False),  #: of a merged one this and the next two as they were then
    Column("text_count", Integer, nullable=False),
    Column("outlet_count", Integer, nullable=False),
    Column("merged_into_id", BigInteger),  #: always a living story; None of those
    Index("ix_stories_changed", "changed_at"),
    partial_index("ix_stories_merged", "merged_into_id IS NOT NULL", "merged_into_id"),
    sqlite_autoincrement=True,
)


story_profiles = Table(
    "story_profiles",
    metadata,
    Column("story_id", BigInteger, ForeignKey("stories.id"), primary_key=True, autoincrement=False),
    Column("weights", Json, nullable=False),  #: term -> weight, bounded
    Column("mean_at", Instant, nullable=False),  #: the middle of its articles' dates
)


groupings = Table(
    "groupings",
    metadata,
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    Column("story_id", BigInteger, ForeignKey("stories.id"), nullable=False),  #: as it was decided
    Column("kind", Word(GroupingKind), nullable=False),
    Column("of_article_id", BigInteger, ForeignKey("articles.id")),
    Column("score", Float, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("evidence", Json, nullable=False, server_default="{}"),
    Index("ix_groupings_story", "story_id"),
    partial_index("ix_groupings_of", "of_article_id IS NOT NULL", "of_article_id"),
)


story_acts = Table(
    "story_acts",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", Word(ActKind), nullable=False),
    Column("story_id", BigInteger, ForeignKey("stories.id"), nullable=False),  #: kept, or split, or one of two apart
    Column("other_story_id", BigInteger, ForeignKey("stories.id"), nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("why", CleanText, nullable=False),
    Column("acted_at", Instant, nullable=False),
    Column("undone_at", Instant),
    Index("ix_story_acts_story", "story_id"),
    Index("ix_story_acts_other", "other_story_id"),
    sqlite_autoincrement=True,
)


story_moves = Table(
    "story_moves",
    metadata,
    Column("act_id", BigInteger, ForeignKey("story_acts.id"), primary_key=True, autoincrement=False),
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True, autoincrement=False),
    Index("ix_story_moves_article", "article_id"),
    sqlite_with_rowid=False,
)


apart_pairs = Table(
    "apart_pairs",
    metadata,
    Column("id", RowId, primary_key=True),
    #: Whatever stories hold these two articles are not the same; articles last where stories merge and split.
    Column("one_article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("other_article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("act_id", BigInteger, ForeignKey("story_acts.id"), nullable=False),  #: that said so
    Column("ended_by_act_id", BigInteger, ForeignKey("story_acts.id")),  #: that said otherwise since
    partial_index("ix_apart_pairs_live", "ended_by_act_id IS NULL", "one_article_id", "other_article_id"),
    Index("ix_apart_pairs_act", "act_id"),
    Index("ix_apart_pairs_one", "one_article_id"),
    Index("ix_apart_pairs_other", "other_article_id"),
    partial_index("ix_apart_pairs_ended", "ended_by_act_id IS NOT NULL", "ended_by_act_id"),
    sqlite_autoincrement=True,
)
