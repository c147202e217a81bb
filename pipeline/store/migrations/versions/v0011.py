"""The words of all articles, to search by; and which subscriptions changed since a matcher read them."""

import sqlalchemy as sa
from alembic import op

from pipeline.alerts.query.terms import fast_terms
from pipeline.store import search
from pipeline.store.words_schema import POSTGRESQL, SQLITE

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BATCH = 500


def upgrade() -> None:
    """Make the tables and index every article there is, which takes about a millisecond for each."""
    tx = op.get_bind()
    for statement in POSTGRESQL if tx.dialect.name == "postgresql" else SQLITE:
        op.execute(statement)
    op.drop_index("ix_articles_stored", "articles")
    op.create_index("ix_articles_stored", "articles", ["stored_at", "story_id"])
    for column in _COLUMNS:
        op.add_column("subscriptions", column)
    op.create_index("ix_subscriptions_version", "subscriptions", ["version"])
    last = 0
    while rows := tx.execute(_NEXT, {"last": last, "batch": BATCH}).all():
        for row in rows:
            search.add(tx, row.id, fast_terms(row.title), fast_terms(row.text))
        last = rows[-1].id


_COLUMNS = (
    sa.Column("version", sa.BigInteger()),
    sa.Column("expanded", sa.Text()),
    sa.Column("problem", sa.Text()),
)
_NEXT = sa.text("SELECT id, title, text FROM articles WHERE id > :last ORDER BY id LIMIT :batch")
