"""The tables of articles and of the words by which they are found.

Trap: the full-text index is not SQLAlchemy's, it is made by statements of its own after the tables.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    event,
)

from pipeline.model import (
    EditCause,
    Reason,
    TextSource,
)
from pipeline.store.tables.base import metadata
from pipeline.store.types import CleanText, Instant, Json, RowId, Signed64, Unsigned32, Word
from pipeline.store.words_schema import POSTGRESQL as WORDS_POSTGRESQL
from pipeline.store.words_schema import SQLITE as WORDS_SQLITE

articles = Table(
    "articles",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("entries.id"), nullable=False),
    Column("story_id", BigInteger, ForeignKey("stories.id")),  #: None only inside the transaction that stores it
    Column("url", CleanText, nullable=False),
    Column("url_key", LargeBinary, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("outlet", CleanText, nullable=False),
    Column("language", CleanText, nullable=False),
    Column("byline", CleanText, nullable=False),
    Column("site", CleanText, nullable=False),
    Column("text_source", Word(TextSource), nullable=False),
    Column("note", Word(Reason)),
    Column("published_at", Instant, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("fetched_at", Instant),  #: when its page had come; None if it is the feed's text
    Column("modified_at", Instant),  #: as the page says
    Column("sources", Json, nullable=False, server_default="{}"),  #: of title, byline and the like
    Column("text_hash", LargeBinary, nullable=False),
    Column("minhash", Unsigned32, nullable=False),
    Column("bands", Signed64, nullable=False),
    Column("terms", Json, nullable=False),
    Column("word_count", Integer, nullable=False),
    Column("revision_count", Integer, nullable=False, server_default="0"),  #: texts it had before this one
    Column("revised_at", Instant),  #: when this text took the place of the one before
    UniqueConstraint("entry_id"),
    Index("ix_articles_story", "story_id", "outlet"),
    Index("ix_articles_url", "url_key"),
    Index("ix_articles_text", "text_hash", "id"),
    Index("ix_articles_stored", "stored_at", "story_id", "first_seen_at"),
    sqlite_autoincrement=True,
)


article_revisions = Table(
    "article_revisions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False),
    Column("number", Integer, nullable=False),  #: 1 is the first text; the newest stands in `articles`
    Column("title", CleanText, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("text_source", Word(TextSource), nullable=False),
    Column("read_at", Instant, nullable=False),  #: when we had it
    Column("replaced_at", Instant, nullable=False),
    Column("cause", Word(EditCause), nullable=False),  #: of the look that found the next one
    UniqueConstraint("article_id", "number"),
    sqlite_autoincrement=True,
)


article_bands = Table(
    "article_bands",
    metadata,
    Column("band", BigInteger, primary_key=True),
    Column("article_id", BigInteger, primary_key=True),  #: without a rule, which would read all bands at a deletion
    sqlite_with_rowid=False,
)


article_terms = Table(
    "article_terms",
    metadata,
    Column("term", CleanText, primary_key=True),
    Column("article_id", BigInteger, primary_key=True),  #: likewise
    #: As it was placed; one merged since leads to the living one. None: placed before stories had profiles.
    Column("story_id", BigInteger),
    sqlite_with_rowid=False,
)


term_counts = Table(
    "term_counts",
    metadata,
    Column("term", CleanText, primary_key=True),
    Column("article_count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


def _make_words(_metadata: MetaData, tx: Connection, **_options: Any) -> None:
    """Make what `MetaData` cannot say."""
    for statement in WORDS_POSTGRESQL if tx.dialect.name == "postgresql" else WORDS_SQLITE:
        tx.exec_driver_sql(statement)


event.listen(metadata, "after_create", _make_words)
