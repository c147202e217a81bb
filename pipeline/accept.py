"""Take an article in: its story, its alerts and their deliveries, and the end of its entry, or nothing of it.

In: an article with its sketch, and the subscriptions' index. Out: `Accepted`. Here stories, alerts and the
store meet; what is raised stands in `raising`. Trap: everything happens in the caller's transaction and begins with the
fence: whoever lost the entry to another worker writes nothing. The index must not be older than the caller can answer
for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.alerts import SubscriptionIndex, matchable
from pipeline.model import Alert, Article, EntryState, FetchTask, Grouping, Reason, Sketch, Update
from pipeline.raising import Joined, raise_due
from pipeline.store import articles, entries, stories
from pipeline.stories import decide

CANDIDATE_LIMIT = 40  #: 200 group no better: the same on three sets of articles, 0.615 for 0.614 on headlines


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an article."""

    article_id: int
    story_id: int
    grouping: Grouping
    alerts: tuple[Alert, ...]  #: raised now; a match whose story had its alert raises none
    updates: tuple[Update, ...] = ()


def accept(
    tx: Connection,
    task: FetchTask,
    article: Article,
    sketch: Sketch,
    index: SubscriptionIndex,
    window: timedelta,
    now: datetime,
    *,
    state: EntryState = EntryState.DONE,
    reason: Reason | None = None,
) -> Accepted | None:
    """Store an article and all that follows, and end its entry in `state`; None if the task's token is stale.

    Articles of one language are placed one after the other, so that two reports of one event cannot both begin a
    story.
    """
    if not entries.finish(tx, task.entry_id, task.token, state, reason, now):
        return None
    matches = index.match(matchable(article, task.feed_title, task.folder))
    stories.lock_language(tx, article.language)
    grouping = _group(tx, article, sketch, window)
    article_id = articles.insert(tx, task.entry_id, article, sketch, now)
    story_id = stories.place(tx, article_id, grouping, now)
    raised = raise_due(tx, matches, Joined(article_id, article, story_id, grouping), now)
    return Accepted(article_id, story_id, grouping, raised.alerts, raised.updates)


def _group(tx: Connection, article: Article, sketch: Sketch, window: timedelta) -> Grouping:
    """Decide among the articles of the window around this one; one that turns up late stays in its own time."""
    since, until = article.published_at - window, article.published_at + window
    found = stories.find_candidates(tx, sketch, article.language, since, CANDIDATE_LIMIT)
    candidates = [candidate for candidate in found if candidate.published_at <= until]
    counts = stories.frequencies(tx, sketch.terms)
    return decide(sketch, article.title, article.outlet, article.published_at, candidates, counts)
