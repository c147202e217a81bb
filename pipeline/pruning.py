"""What there is to forget, in which order, and by which setting.

In: a transaction, an instant, how many. Out: `STEPS`, each of which counts or forgets. Here the store and the cutting
of words meet: an article that loses its text is found by its title. Trap: a step is called again until it forgets
nothing, each time in a transaction of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.indexing import index_words
from pipeline.store import search
from pipeline.store.pruning import news, records

LOOKED_WORDS = 500  #: of those that are known, looked up in the index of words in one go, 20 to 50 ms
SHRUNK_PAGES = 200  #: of the index of words in one transaction, some milliseconds


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of thing that is forgotten."""

    name: str  #: of its setting without `_days`
    count: Callable[[Connection, datetime], int]
    prune: Callable[[Connection, datetime, int], int]  #: gives how many went; 0 is the end


def _prune_texts(tx: Connection, before: datetime, limit: int) -> int:
    bare = news.prune_texts(tx, before, limit)
    for article_id, title in bare:
        index_words(tx, article_id, title, "")
    return len(bare)


#: Whole stories first, so that nobody works on what goes anyhow.
STEPS = (
    Step("stories", news.count_stories, news.prune_stories),
    Step("alerts", news.count_alerts, news.prune_alerts),
    Step("texts", news.count_texts, _prune_texts),
    Step("deliveries", records.count_deliveries, records.prune_deliveries),
    Step("entries", records.count_entries, records.prune_entries),
    Step("events", records.count_events, records.prune_events),
    Step("samples", records.count_samples, records.prune_samples),
)


def next_words(tx: Connection, after: str) -> tuple[str, list[str]]:
    """Look through the next words that are known: gives the last of them, empty at the end, and which nobody holds."""
    words = search.words_after(tx, after, LOOKED_WORDS)
    return (words[-1] if words else "", search.unheld(tx, words))


def forget_words(tx: Connection, words: Sequence[str]) -> int:
    """Forget words that no article holds; one that came back meanwhile stays."""
    return search.forget_unheld(tx, words)


def shrink_words(tx: Connection) -> bool:
    """Give back some room of the words that were forgotten; tells whether there is more."""
    return search.shrink(tx, SHRUNK_PAGES)
