"""What a story amounts to: who tells it, in whose words, in which languages, and how fast it grows.

In: a story's articles and which of them are copies. Out: `StoryFacts`. Pure. Trap: an outlet that only prints an
agency's text is reach; `own_outlets` counts those with a text of their own.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.model import Article
from pipeline.stories.credits import credited


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """Everything that a page about a story tells beside its articles."""

    outlets: Mapping[str, int]  #: articles of each, most first
    own_outlets: tuple[str, ...]  #: with a text of their own, which credits no agency
    agencies: Mapping[str, int]  #: articles that credit each, most first
    languages: Mapping[str, int]
    text_count: int
    first_at: datetime
    last_at: datetime
    grown_1h: int  #: articles in the hour before the last, it included
    grown_6h: int
    grown_24h: int


def facts_of(articles: Sequence[Article], copies: Collection[int]) -> StoryFacts:
    """Add up a story's articles; `copies` are the places in the sequence of those that repeat a text."""
    credits_of = [credited(article.text) for article in articles]
    own = [n for n in range(len(articles)) if n not in copies]
    last_at = max(article.published_at for article in articles)
    grown = [_since(articles, last_at - timedelta(hours=hours)) for hours in (1, 6, 24)]
    return StoryFacts(
        outlets=_counted(article.outlet for article in articles),
        own_outlets=tuple(sorted({articles[n].outlet for n in own if not credits_of[n]})),
        agencies=_counted(name for names in credits_of for name in names),
        languages=_counted(article.language for article in articles),
        text_count=max(1, len(own)),
        first_at=min(article.published_at for article in articles),
        last_at=last_at,
        grown_1h=grown[0],
        grown_6h=grown[1],
        grown_24h=grown[2],
    )


def _since(articles: Sequence[Article], since: datetime) -> int:
    return sum(article.published_at > since for article in articles)


def _counted(names: Iterable[str]) -> dict[str, int]:
    counted = Counter(names)
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
