"""Search the archive: the articles that a query finds, by story, with the words marked.

In: a read transaction and a `Search`. Out: `Results`. Here queries, the archive and stories meet, as in `trial`. Trap:
a query that words alone cannot decide is read article by article and cut to the newest; `since` says from when on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.alerts.passage import matched_words, passage
from pipeline.alerts.query.evaluate import spans
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.query.tree import And, Folder, Language, Query, Site
from pipeline.alerts.query.words import ArticleWords
from pipeline.asking import Clause, ask
from pipeline.model import Matchable, Story
from pipeline.store import alerts, archive, stories
from pipeline.store.archive import Placed
from pipeline.subscribing import find_query

HITS_SHOWN = 3  #: articles shown of each story


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for; empty fields ask nothing."""

    query: str
    since: datetime
    language: str = ""
    outlet: str = ""
    folder: str = ""
    subscription_id: int | None = None  #: only stories of which this one was told


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that was found."""

    article_id: int
    title: str
    outlet: str
    language: str
    published_at: datetime | None
    passage: str
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoryHits:
    """A story with the newest of its articles that were found."""

    story: Story
    found_count: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, a page of it."""

    since: datetime  #: from when on articles were asked
    article_count: int  #: articles of that time
    found_count: int
    story_count: int
    stories: tuple[StoryHits, ...]  #: the one with the newest article first
    clauses: tuple[Clause, ...]


def search(tx: Connection, asked: Search, offset: int, limit: int) -> Results:
    """Search, and give so many stories from `offset` on; raises BadQuery."""
    tree = normalise(parse_query(asked.query, lambda name: find_query(tx, name)))
    found = ask(tx, _narrowed(tree, asked), asked.since)
    by_story = _by_story(found.met, _told(tx, asked.subscription_id))
    shown = list(by_story.items())[offset : offset + limit]
    texts = dict(archive.texts(tx, [placed.article_id for _, some in shown for placed in some[:HITS_SHOWN]]))
    return Results(
        since=found.since,
        article_count=found.article_count,
        found_count=sum(map(len, by_story.values())),
        story_count=len(by_story),
        stories=tuple(_story_hits(tx, story_id, some, texts, tree) for story_id, some in shown),
        clauses=found.clauses,
    )


def _narrowed(tree: Query, asked: Search) -> Query:
    """Add the filters to a query, as the language itself would say them."""
    return normalise(And((tree, *_filters(asked)))) if any(_filters(asked)) else tree


def _filters(asked: Search) -> Iterator[Query]:
    if asked.language:
        yield Language(asked.language.lower())
    if asked.outlet:
        yield Site(asked.outlet.lower())
    if asked.folder:
        yield Folder(asked.folder.casefold())


def _told(tx: Connection, subscription_id: int | None) -> frozenset[int] | None:
    return None if subscription_id is None else frozenset(alerts.story_ids_of(tx, subscription_id))


def _by_story(met: Iterable[Placed], told: frozenset[int] | None) -> Mapping[int, list[Placed]]:
    """Put articles together by story, the newest article first and its story before the others."""
    found: dict[int, list[Placed]] = {}
    for placed in sorted(met, key=lambda one: (-one.stored, -one.article_id)):
        if told is None or placed.story_id in told:
            found.setdefault(placed.story_id, []).append(placed)
    return found


def _story_hits(
    tx: Connection, story_id: int, found: Sequence[Placed], texts: Mapping[int, Matchable], tree: Query
) -> StoryHits:
    hits = tuple(_hit(placed, texts[placed.article_id], tree) for placed in found[:HITS_SHOWN])
    return StoryHits(stories.get(tx, story_id), len(found), hits)


def _hit(placed: Placed, article: Matchable, tree: Query) -> Hit:
    shown = spans(tree, ArticleWords(article))
    words = matched_words(article.title, article.text, shown)
    text = passage(article.title, article.text, shown)
    about = (article.title, article.outlet, article.language, article.published_at)
    return Hit(placed.article_id, *about, text, words)
