"""Hold the subscriptions of a file to the texts that must meet them and those that must not.

In: drafts that read. Out: a sentence for each text that turns out otherwise. Pure. Trap: a text has no site, language
or date, so a query that asks for these is met by none.
"""

from collections.abc import Iterable, Iterator

from pipeline.alerts.query.evaluate import meets
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.query.words import ArticleWords
from pipeline.alerts.subscriptions_file import SubscriptionDraft
from pipeline.model import Matchable

_SHOWN = 70  #: characters of a text that a sentence quotes


def disappointed(drafts: Iterable[SubscriptionDraft]) -> list[str]:
    """Name the texts that should have met their subscription and do not, and the other way about."""
    held = list(drafts)
    queries = {draft.name: draft.query for draft in held}
    return [sentence for draft in held for sentence in _of_draft(draft, queries)]


def _of_draft(draft: SubscriptionDraft, queries: dict[str, str]) -> Iterator[str]:
    tree = normalise(parse_query(draft.query, queries.get))
    for text, wanted in [*((text, True) for text in draft.matches), *((text, False) for text in draft.misses)]:
        title, mark, rest = text.partition(" // ")
        article = Matchable(title, rest) if mark else Matchable("", text)
        if meets(tree, ArticleWords(article)) is not wanted:
            yield f"'{draft.name}' {'misses' if wanted else 'is met by'}: {_short(text)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
