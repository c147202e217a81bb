"""The tables of what a host's pages have in common: texts that they repeat, and what kinds of pages they are.

Trap: one row a host and one a kind, whatever number of pages; rows that nothing changes for long are deleted.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from pipeline.store.tables.base import metadata
from pipeline.store.types import Instant

host_texts = Table(
    "host_texts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("marks", LargeBinary, nullable=False),  #: see pipeline/store/repeats.py
    Column("changed_at", Instant, nullable=False),
    Index("ix_host_texts_changed", "changed_at"),
)


host_pages = Table(
    "host_pages",
    metadata,
    Column("host", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  #: the article's note, or "article"
    Column("page_count", BigInteger, nullable=False),
    Column("last_at", Instant, nullable=False),
    Index("ix_host_pages_last", "last_at"),
)
