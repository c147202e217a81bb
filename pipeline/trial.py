"""Try a query, and the rule that goes with it, on the archive before they are saved.

In: a query as typed, a rule, and how many days back. Out: `Trial`: what would have been raised and how handed over,
stories with the matched words, clauses with their counts. Trap: the archive holds what this installation fetched; days
before it was started are empty.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isinf
from operator import attrgetter

from sqlalchemy import Connection

from pipeline.alerts.forecast import (
    Forecast,
    Missing,
    Raised,
    first_of_languages,
    forecast,
    hopeless_below,
    raised_by,
    tried_rule,
)
from pipeline.alerts.passage import matched_words, passage
from pipeline.alerts.preview import Preview, preview
from pipeline.alerts.query.evaluate import spans
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.query.tree import Query
from pipeline.alerts.query.words import ArticleWords
from pipeline.asking import Clause, Found, ask
from pipeline.model import Matchable, Span
from pipeline.rule import Rule
from pipeline.store import archive
from pipeline.subscribing import find_query

SAMPLE_COUNT = 8  #: stories that are shown
_PLAIN = Rule()


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
    forecast: Forecast
    samples: tuple[Sample, ...]  #: the newest stories first, each by the article that would have raised the alert
    clauses: tuple[Clause, ...]
    read_count: int


def try_query(tx: Connection, query: str, days: int, now: datetime, rule: Rule = _PLAIN) -> Trial:
    """Try a query with its rule on the articles of the last days; raises BadQuery."""
    tree = normalise(parse_query(query, lambda name: find_query(tx, name)))
    found = ask(tx, tree, now - timedelta(days=days))
    raised, missing = _raised(tx, tried_rule(rule, now), found)
    raised_at = [one.raised_at for one in raised]
    seen = preview(found, now, raised_at)
    told = forecast(rule, raised_at, seen.story_count, missing, now)
    return Trial(seen, told, tuple(_samples(tx, tree, found, raised)), found.clauses, found.read_count)


def _raised(tx: Connection, rule: Rule, found: Found) -> tuple[list[Raised], tuple[Missing, ...]]:
    """Give the alerts in order; without conditions a story's first match raises its alert, and no story is read."""
    first: dict[int, archive.Placed] = {}
    for placed in found.met:
        first.setdefault(placed.story_id, placed)
    if rule.is_conditional:
        return _raised_by(tx, rule, found, first)
    return [Raised(one.story_id, one.article_id, one.stored_at) for one in first.values()], ()


def _raised_by(
    tx: Connection, rule: Rule, found: Found, story_ids: Collection[int]
) -> tuple[list[Raised], tuple[Missing, ...]]:
    """Let the conditions decide; stories too small for any of them, most of an archive, are not read."""
    firsts = _firsts(tx, found) if rule.first_in_language else set()
    hopeful = _hopeful(tx, rule, story_ids, firsts)
    met = {one.article_id for one in found.met}
    return raised_by(rule, met, archive.members(tx, hopeful), firsts, len(story_ids) - len(hopeful))


def _firsts(tx: Connection, found: Found) -> set[int]:
    language_of = archive.languages(tx, [one.article_id for one in found.met])
    in_order = sorted(found.met, key=attrgetter("stored", "article_id"))
    return first_of_languages((one.story_id, language_of[one.article_id]) for one in in_order)


def _hopeful(tx: Connection, rule: Rule, story_ids: Collection[int], firsts: set[int]) -> Collection[int]:
    least = hopeless_below(rule)
    if least <= 1:
        return story_ids
    return firsts if isinf(least) else firsts.union(archive.grown(tx, story_ids, int(least)))


def _samples(tx: Connection, tree: Query, found: Found, raised: Sequence[Raised]) -> list[Sample]:
    counts = Counter(placed.story_id for placed in found.met)
    shown = {one.article_id for one in raised[-SAMPLE_COUNT:]}
    placed_by = {placed.article_id: placed for placed in found.met if placed.article_id in shown}
    newest = [placed_by[one.article_id] for one in raised[-SAMPLE_COUNT:][::-1]]
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
