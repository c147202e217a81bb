"""Answer for a story: by the article of it that decided.

In: a read transaction, a story's number, a subscription. Out: the `Why` of one article. Trap: a story has its alert
by one article, which is the one explained; without an alert it is the first that meets the query, else the first.
"""

from datetime import datetime

from sqlalchemy import Connection

from pipeline.model import Subscription
from pipeline.store import alerts, stories
from pipeline.why.answer import find_why
from pipeline.why.record import Why

EXPLAINED_MOST = 50  #: articles of a story that are asked


def find_why_of_story(tx: Connection, story_id: int, subscription: Subscription, now: datetime) -> Why:
    """Answer for a story; raises NotFound."""
    story = stories.get(tx, story_id)
    alert = alerts.find_for(tx, subscription.id, story.id)
    if alert is not None:
        return find_why(tx, str(alert.article_id), subscription, now)
    ids = [stored.id for stored in stories.articles_of(tx, story.id)[:EXPLAINED_MOST]]
    answers = [find_why(tx, str(article_id), subscription, now) for article_id in ids]
    met = (answer for answer in answers if answer.clauses is not None and answer.clauses.holds)
    return next(met, answers[0])
