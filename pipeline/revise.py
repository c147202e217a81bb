"""Give an article a newer text, and raise what that gives cause for; or end the look that found none.

In: the task of an entry that has its article, and the article as it reads now. Out: `Revised`. Here stories, alerts
and the store meet, as in `accept`, and like there everything is one transaction that begins with the fence. Trap: an
edit alerts only subscriptions that the new text meets and the old one did not; whoever was told of the story is not
told again, which the unique key of alerts sees to.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.alerts import SubscriptionIndex, fast_terms, matchable
from pipeline.model import Alert, Article, EditCause, FetchTask, Grouping, GroupingKind, Match, Profile, Sketch, Update
from pipeline.raising import Joined, raise_due
from pipeline.regroup import profile_anew
from pipeline.store import articles, candidates, page_checks, revisions, search, stories
from pipeline.store.articles import StoredArticle
from pipeline.store.page_checks import Planned
from pipeline.stories import decide, keys_of, profile_of


@dataclass(frozen=True, slots=True)
class Edit:
    """The newer text of an article, and what it is due to."""

    article: Article
    sketch: Sketch
    cause: EditCause


@dataclass(frozen=True, slots=True)
class Revised:
    """What became of a look: without a number the article reads as before."""

    article_id: int
    number: int | None = None  #: of the revision
    alerts: tuple[Alert, ...] = ()
    updates: tuple[Update, ...] = ()


def revise(
    tx: Connection,
    task: FetchTask,
    edit: Edit | None,
    planned: Planned | None,
    index: SubscriptionIndex,
    window: timedelta,
    now: datetime,
) -> Revised | None:
    """End a look at a page, with the article's newer text if there is one; None if the task's token is stale."""
    if task.article_id is None:
        raise ValueError(f"entry {task.entry_id} has no article to revise")
    page_came = edit is not None and edit.cause is EditCause.PAGE_CAME
    if not page_checks.finish(tx, task, planned, now, page_came=page_came):
        return None
    if edit is None:
        return Revised(task.article_id)
    stories.lock_language(tx, edit.article.language)
    stored = articles.get(tx, task.article_id)
    matches = newly_met(index, task, stored.article, edit.article)
    revisions.keep(tx, stored, edit.cause, now)
    joined = _replace(tx, stored, edit, window, now)
    raised = raise_due(tx, matches, joined, now)
    return Revised(stored.id, stored.revision_count + 2, raised.alerts, raised.updates)


def newly_met(index: SubscriptionIndex, task: FetchTask, old: Article, new: Article) -> list[Match]:
    """Give the matches of the new text, without the subscriptions that the old one met."""
    met_before = set(index.met(matchable(old, task.feed_title, task.folder)))
    found = index.match(matchable(new, task.feed_title, task.folder))
    return [match for match in found if match.subscription_id not in met_before]


def _replace(tx: Connection, stored: StoredArticle, edit: Edit, window: timedelta, now: datetime) -> Joined:
    """Put the newer text in the old one's place, in the same story."""
    assert stored.story_id is not None  # noqa: S101 - None only inside the transaction that stores it
    made, sketch = edit.article, edit.sketch
    old_terms = articles.sketch_of(tx, stored.id).terms
    articles.renew(tx, stored.id, made, sketch, now)
    search.replace(tx, stored.id, fast_terms(made.title), fast_terms(made.text))
    stories.retitle(tx, stored.story_id, stored.article.title, made.title)
    profile = profile_of(sketch, made.title, made.language, stories.frequencies(tx, sketch.terms))
    speaks = bool((stories.find_profile(tx, stored.story_id) or Profile()).weights)
    candidates.forget_terms(tx, stored.id, old_terms)
    candidates.index_terms(tx, stored.id, stored.story_id, keys_of(profile) if speaks else ())
    grouping = _regrouped(tx, stored, edit, profile, window)
    if speaks:
        profile_anew(tx, stored.story_id, now)
    else:
        stories.touch(tx, stored.story_id, now)
    return Joined(stored.id, made, stored.story_id, grouping, is_edit=True)


def _regrouped(tx: Connection, stored: StoredArticle, edit: Edit, profile: Profile, window: timedelta) -> Grouping:
    """Decide anew whether the article is a copy of one before it in its story; what began the story stays the first."""
    held = stories.find_grouping(tx, stored.id)
    assert held is not None  # noqa: S101 - stored with the article
    grouping, made = held[0], edit.article
    if grouping.kind not in {GroupingKind.COPY, GroupingKind.REPORT}:
        return grouping
    around = (made.language, made.published_at - window, made.published_at + window)
    texts = [
        text
        for text in stories.find_texts(tx, edit.sketch, *around)
        if text.story_id == stored.story_id and text.article_id < stored.id
    ]
    decided = decide(edit.sketch, profile, made.published_at, texts, ())
    if decided.kind is GroupingKind.COPY:
        return stories.regroup(tx, stored.id, GroupingKind.COPY, decided.of_article_id, decided.score, decided.why)
    if grouping.kind is GroupingKind.COPY:
        why = "in its own words since it was edited; it was a copy before"
        return stories.regroup(tx, stored.id, GroupingKind.REPORT, None, grouping.score, why)
    return grouping
