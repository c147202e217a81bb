"""Which articles meet which subscriptions, and the handing over of the alerts that follow.

In: subscriptions and articles. Out: matches, messages and deliveries. Trap: the subjects beside this folder do
not know it; the job in `pipeline.accept` brings them together.
"""

from pipeline.alerts.index import SubscriptionIndex
from pipeline.alerts.matchable import matchable
from pipeline.alerts.passage import matched_words, passage
from pipeline.alerts.query.notes import notes
from pipeline.alerts.query.spell import spell
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.query.terms import fast_terms
from pipeline.alerts.query.tree import Query
from pipeline.alerts.query.words import ArticleWords

__all__ = [
    "ArticleWords",
    "Query",
    "SubscriptionIndex",
    "fast_terms",
    "matchable",
    "matched_words",
    "notes",
    "parse_query",
    "passage",
    "spell",
]
