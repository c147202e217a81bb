"""Answer for whatever somebody pastes in: an article, its address, its page here, or a story.

In: a read transaction, what is asked, a subscription. Out: the `Why` of one article. Trap: a story has its alert
by one article, which is the one explained; without an alert it is the first that meets the query, else the first.
"""

import re
from datetime import datetime

from sqlalchemy import Connection

from pipeline.model import Subscription
from pipeline.store import alerts, stories
from pipeline.why.answer import find_why
from pipeline.why.record import Why

EXPLAINED_MOST = 50  #: articles of a story that are asked
#: A story, or an article, by its number or the address of its page here.
_STORY = re.compile(r"(?:\S*/stories/|story[ :#]*)(\d{1,17})/?", re.IGNORECASE | re.ASCII)
_ARTICLE = re.compile(r"(?:/articles/|article[ :#]*)(\d{1,17})/?", re.IGNORECASE | re.ASCII)


def find_why_of_any(tx: Connection, asked: str, subscription: Subscription, now: datetime) -> Why:
    """Answer for an article or a story; raises NotFound for a number that is none."""
    asked = asked.strip()
    if story := _STORY.fullmatch(asked):
        return find_why_of_story(tx, int(story[1]), subscription, now)
    article = _ARTICLE.fullmatch(asked)
    return find_why(tx, article[1] if article else asked, subscription, now)


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
