"""Take an article in: its story, its alerts and their deliveries, and the end of its entry, or nothing of it.

In: an article with its sketch, and the subscriptions' index. Out: `Accepted`. Here stories, alerts and the
store meet; what is raised stands in `raising`. Trap: everything happens in the caller's transaction and begins with the
fence: whoever lost the entry to another worker writes nothing. The index must not be older than the caller can answer
for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.alerts import ArticleWords, SubscriptionIndex, matchable
from pipeline.model import Alert, Article, EntryState, FetchTask, Grouping, Reason, Sketch, Update
from pipeline.raising import Joined, raise_due
from pipeline.regroup import may_merge, merge
from pipeline.store import articles, entries, search, stories
from pipeline.stories import decide, keys_of, profile_of


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
    """Store an article and all that follows, and end its entry in `state`; None if the task's token is stale."""
    if not entries.finish(tx, task.entry_id, task.token, state, reason, now):
        return None
    words = ArticleWords(matchable(article, task.feed_title, task.folder))
    matches = index.match_words(words)
    joined = place_article(tx, task.entry_id, article, sketch, window, now)
    search.add(tx, joined.article_id, words.title_terms, words.text_terms)
    raised = raise_due(tx, matches, joined, now)
    return Accepted(joined.article_id, joined.story_id, joined.grouping, raised.alerts, raised.updates)


def place_article(
    tx: Connection, entry_id: int, article: Article, sketch: Sketch, window: timedelta, now: datetime
) -> Joined:
    """Store an article in the story it belongs to.

    Articles of one language are placed one after the other, so that two reports of one event cannot both begin a
    story.
    """
    stories.lock_language(tx, article.language)
    grouping = _group(tx, article, sketch, window)
    article_id = articles.insert(tx, entry_id, article, sketch, now)
    story_id = _merged(tx, stories.place(tx, article_id, grouping, now), grouping, article_id, now)
    return Joined(article_id, article, story_id, grouping)


def _group(tx: Connection, article: Article, sketch: Sketch, window: timedelta) -> Grouping:
    """Count its terms, and decide among what is of the window around it; a late one stays in its own time."""
    around = (article.language, article.published_at - window, article.published_at + window)
    profile = profile_of(sketch, article.title, article.language, stories.count_terms(tx, sketch.terms))
    texts = stories.find_texts(tx, sketch, *around)
    keys = {key: profile.weights[key] for key in keys_of(profile)}
    near = stories.find_stories(tx, keys, *around, also=[text.story_id for text in texts])
    return decide(sketch, profile, article.published_at, texts, near)


def _merged(tx: Connection, story_id: int, grouping: Grouping, article_id: int, now: datetime) -> int:
    """Merge the article's story with the one that turns out to be the same, unless a hand said otherwise."""
    other_id = grouping.merge_with
    if other_id is None or not may_merge(tx, story_id, other_id):
        return story_id
    why = f"article {article_id} is near to both, and they are like each other"
    return merge(tx, story_id, other_id, why, now, by_hand=False).story_id
