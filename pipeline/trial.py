"""Try a query on the archive before it is saved.

In: a query as typed, and how many days back. Out: `Trial`: what would have been raised, stories with the matched words,
clauses with their counts. Trap: the archive holds what this installation fetched; days before it was started are empty.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.alerts.passage import matched_words, passage
from pipeline.alerts.preview import Preview, preview
from pipeline.alerts.query.evaluate import spans
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.query.tree import Query
from pipeline.alerts.query.words import ArticleWords
from pipeline.asking import Clause, Found, ask
from pipeline.model import Matchable, Span
from pipeline.store import archive
from pipeline.subscribing import find_query

SAMPLE_COUNT = 8  #: stories that are shown


@dataclass(frozen=True, slots=True)
class Sample:
    """One article that meets the query, with the places that show why."""

    article_id: int
    story_id: int
    stored_at: datetime
    title: str
    outlet: str
    url: str
    passage: str
    matched: tuple[str, ...]
    spans: tuple[Span, ...]
    match_count: int  #: articles of its story that meet the query; one alert for all of them


@dataclass(frozen=True, slots=True)
class Trial:
    """What a query would have done."""

    preview: Preview
    samples: tuple[Sample, ...]  #: the newest stories first, each by the article that would have raised the alert
    clauses: tuple[Clause, ...]
    read_count: int


def try_query(tx: Connection, query: str, days: int, now: datetime) -> Trial:
    """Try a query on the articles of the last days; raises BadQuery."""
    tree = normalise(parse_query(query, lambda name: find_query(tx, name)))
    found = ask(tx, tree, now - timedelta(days=days))
    return Trial(preview(found, now), tuple(_samples(tx, tree, found)), found.clauses, found.read_count)


def _samples(tx: Connection, tree: Query, found: Found) -> list[Sample]:
    first: dict[int, archive.Placed] = {}
    counts: dict[int, int] = {}
    for placed in found.met:
        first.setdefault(placed.story_id, placed)
        counts[placed.story_id] = counts.get(placed.story_id, 0) + 1
    newest = list(first.values())[-SAMPLE_COUNT:][::-1]
    texts = dict(archive.texts(tx, [placed.article_id for placed in newest]))
    return [_sample(placed, texts[placed.article_id], tree, counts[placed.story_id]) for placed in newest]


def _sample(placed: archive.Placed, article: Matchable, tree: Query, count: int) -> Sample:
    shown = spans(tree, ArticleWords(article))
    return Sample(
        article_id=placed.article_id,
        story_id=placed.story_id,
        stored_at=placed.stored_at,
        title=article.title,
        outlet=article.outlet,
        url=article.url,
        passage=passage(article.title, article.text, shown),
        matched=matched_words(article.title, article.text, shown),
        spans=shown,
        match_count=count,
    )
