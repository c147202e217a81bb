"""The way of one article, station by station, whoever was told of it.

In: a read transaction and an article's number. Out: `Trace`: the feeds that showed it, its stations in the order of
time, and the subscriptions told of its story with the words by which it meets them. Trap: words are those of the text
as it reads today; an alert that an earlier text raised may find none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from pipeline.alerts import matchable, matched_words
from pipeline.alerts.query.evaluate import meets, spans
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.syntax import EXPANDED_LIMIT, read_query
from pipeline.alerts.query.words import ArticleWords
from pipeline.errors import BadQuery
from pipeline.model import Alert, Span
from pipeline.store import alerts, articles, page_checks, revisions, stories, subscriptions
from pipeline.store.articles import StoredArticle
from pipeline.why import steps
from pipeline.why.record import Passed, Sight, Stage, Step
from pipeline.why.sights import find_owner, sights_of

MOST_TOLD = 12  #: subscriptions whose words are looked for


@dataclass(frozen=True, slots=True)
class Told:
    """A subscription that was told of the story, and what of it stands in this article."""

    subscription_id: int
    name: str
    alert: Alert
    spans: tuple[Span, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that is known of an article's way."""

    stored: StoredArticle
    feed_id: int
    feed_title: str
    dated_by: str  #: who said when it was published
    sights: tuple[Sight, ...]
    steps: tuple[Step, ...]
    told: tuple[Told, ...]


def trace_of(tx: Connection, article_id: int) -> Trace:
    """Follow an article; raises NotFound."""
    stored = articles.get(tx, article_id)
    owner = find_owner(tx, str(article_id))
    assert owner is not None  # noqa: S101 - an article's entry stays
    sights = sights_of(tx, owner.id)
    raised = alerts.of_story(tx, stored.story_id) if stored.story_id else []
    return Trace(
        stored=stored,
        feed_id=owner.feed_id,
        feed_title=owner.feed_title,
        dated_by=_dated_by(owner, stored),
        sights=sights,
        steps=tuple(_steps(tx, stored, owner, sights, raised)),
        told=tuple(_told(tx, stored, owner, raised[:MOST_TOLD])),
    )


def _steps(
    tx: Connection, stored: StoredArticle, owner: Row[Any], sights: tuple[Sight, ...], raised: list[Alert]
) -> Iterator[Step]:
    yield steps.seen(sights)
    released_at = page_checks.find_released_at(tx, owner.id)
    if released_at is not None and released_at <= stored.stored_at:
        yield Step(Stage.RELEASED, Passed.YES, released_at, f"its host, {owner.host or 'none'}, had a free slot")
    yield from (steps.fetched(owner, stored), steps.gated(stored), steps.extracted(stored))
    grouping = stories.find_grouping(tx, stored.id)
    yield steps.grouped(stored, grouping[0] if grouping else None)
    own = [alert for alert in raised if alert.article_id == stored.id]
    marks = sorted([*_edits(tx, stored), *_raised(tx, own)], key=lambda one: one[0])
    for _, some in marks:
        yield from some


def _edits(tx: Connection, stored: StoredArticle) -> Iterator[tuple[datetime, list[Step]]]:
    for one in revisions.all_of(tx, stored.id):
        if one.replaced_at and one.cause:
            said = f"text {one.number} was replaced: {one.cause.value.replace('_', ' ')}"
            yield one.replaced_at, [Step(Stage.EDITED, Passed.YES, one.replaced_at, said)]


def _raised(tx: Connection, own: list[Alert]) -> Iterator[tuple[datetime, list[Step]]]:
    for alert in own:
        said = f"{alert.subscription_name}: alert {alert.public_id}{', by an edit' if alert.by_edit else ''}"
        held, digest_id = steps.held(tx, alert)
        found = [Step(Stage.RAISED, Passed.YES, alert.created_at, said), *([held] if held else [])]
        yield alert.created_at, [*found, *steps.sent(tx, alert, digest_id)]


def _dated_by(owner: Row[Any], stored: StoredArticle) -> str:
    """Say whose word the date is."""
    if owner.published_at is not None and owner.published_at == stored.article.published_at:
        return "the feed"
    return "its first sight" if stored.article.published_at == stored.article.first_seen_at else "the page"


def _told(tx: Connection, stored: StoredArticle, owner: Row[Any], raised: list[Alert]) -> Iterator[Told]:
    record = matchable(stored.article, owner.feed_title, owner.feed_folder)
    words = ArticleWords(record)
    for alert in raised:
        found = _spans(subscriptions.written_out(tx, alert.subscription_id), words)
        shown = matched_words(record.title, record.text, found)
        yield Told(alert.subscription_id, alert.subscription_name, alert, found, shown)


def _spans(query: str, words: ArticleWords) -> tuple[Span, ...]:
    """Find the places of a query; none if it is not met, or cannot be read any more."""
    try:
        tree = normalise(read_query(query, limit=EXPANDED_LIMIT).query)
    except BadQuery:
        return ()
    return spans(tree, words) if meets(tree, words) else ()
