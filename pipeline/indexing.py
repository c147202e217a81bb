"""The words of an article, indexed as matching cuts them.

In: an article's number, title and text. Out: rows of the index of words. Trap: whoever indexes with other words than
`accept` finds other articles.
"""

from sqlalchemy import Connection

from pipeline.alerts import fast_terms
from pipeline.store import search


def index_words(tx: Connection, article_id: int, title: str, text: str) -> None:
    """Index an article that is not indexed."""
    search.add(tx, article_id, fast_terms(title), fast_terms(text))
