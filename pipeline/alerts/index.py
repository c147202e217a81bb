"""Find the subscriptions that an article meets, at a cost that follows the candidates and not their number.

In: subscriptions, and articles one by one. Out: `Match`es, in the order the subscriptions were added. Hides
nothing; pure but for its own tables. Each query lies under the fewest, rarest terms (or pairs of terms, for
phrases) without one of which it cannot be met; only queries found under the article's own terms are evaluated.
Trap: not for several threads at once while subscriptions are added or removed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.alerts.query.evaluate import ArticleWords, meets, spans
from pipeline.alerts.query.plan import Key, Rarity, normalise, rarity_by_form, required_keys
from pipeline.alerts.query.syntax import parse_query
from pipeline.alerts.query.tree import Query
from pipeline.errors import BadQuery
from pipeline.model import Match, Matchable, Subscription


@lru_cache(maxsize=250_000)
def _planned(text: str, rarity: Rarity) -> tuple[Query, frozenset[Key]]:
    """Parse a query and choose its keys; remembered, since an index made anew after one change asks for all again.

    Parsing is nine tenths of building an index. Raises BadQuery, which is not remembered.
    """
    query = normalise(parse_query(text))
    keys = required_keys(query, rarity)
    if keys is None:
        raise AssertionError("the parser lets no query without required words pass")
    return query, keys


@dataclass(frozen=True, slots=True)
class _Held:
    """A subscription in the index."""

    order: int
    subscription_id: int
    query: Query  #: normalised
    keys: frozenset[Key]


class SubscriptionIndex:
    """All enabled subscriptions whose queries parse; the others are named in `broken`, or simply not there."""

    def __init__(self, subscriptions: Iterable[Subscription] = (), rarity: Rarity = rarity_by_form) -> None:
        """Build the index; `rarity` guesses the share of articles holding a term and only affects speed."""
        self._rarity = rarity
        self._held: dict[int, _Held] = {}
        self._by_key: dict[Key, list[_Held]] = {}
        self._order = 0
        self.broken: dict[int, BadQuery] = {}  #: by subscription id, what is wrong with its query
        for subscription in subscriptions:
            self.add(subscription)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, subscription: Subscription) -> None:
        """Add a subscription, or put it in place of the one with its id; a disabled one is only taken out."""
        self.remove(subscription.id)
        if not subscription.enabled:
            return
        try:
            query, keys = _planned(subscription.query, self._rarity)
        except BadQuery as problem:
            self.broken[subscription.id] = problem
            return
        self._order += 1
        held = _Held(self._order, subscription.id, query, keys)
        self._held[subscription.id] = held
        for key in keys:
            self._by_key.setdefault(key, []).append(held)

    def remove(self, subscription_id: int) -> None:
        """Take a subscription out; one that is not there stays out."""
        self.broken.pop(subscription_id, None)
        held = self._held.pop(subscription_id, None)
        if held is None:
            return
        for key in held.keys:
            under = self._by_key[key]
            under.remove(held)
            if not under:
                del self._by_key[key]

    def match(self, article: Matchable) -> list[Match]:
        """Give the subscriptions that an article meets, each with the places that show why."""
        words = ArticleWords(article.title, article.text)
        met = [held for held in self._candidates(words) if meets(held.query, words)]
        return [Match(held.subscription_id, spans(held.query, words)) for held in met]

    def _candidates(self, words: ArticleWords) -> list[_Held]:
        keys: set[Key] = {*words.terms, *words.pairs()}
        found = {held.order: held for key in keys & self._by_key.keys() for held in self._by_key[key]}
        return [found[order] for order in sorted(found)]
