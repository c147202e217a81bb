"""Find the subscriptions that an article meets, at a cost that follows the candidates and not their number.

In: subscriptions, and articles one by one. Out: `Match`es, by the subscriptions' ids. Pure but for its own tables,
which several threads may use. Each query lies under the fewest, rarest keys without one of which it cannot be met;
only queries found under the article's own keys are evaluated, and of them only what the key does not prove. Equal
queries are one. Trap: of a query only its text and keys are kept, to hold a million of them; it is parsed again when an
article brings it up, and then remembered.
"""

import threading
import time
from collections.abc import Iterable
from itertools import chain

from pipeline.alerts.catalogue import Catalogue
from pipeline.alerts.query.evaluate import meets, spans
from pipeline.alerts.query.keys import ANY, Key, Rarity, rarity_by_form, required_keys
from pipeline.alerts.query.parts import all_leaves
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.quick import ANYTHING, Quick, quick
from pipeline.alerts.query.syntax import EXPANDED_LIMIT, read_query
from pipeline.alerts.query.tree import Query, Regex
from pipeline.alerts.query.words import ArticleWords
from pipeline.errors import BadQuery
from pipeline.model import Match, Matchable, Subscription

ANY_LIMIT = 200  #: queries that every article must be asked, such as a regular expression alone
SLOW_SECONDS = 0.05  #: of processor time that a query with regular expressions may take for one article
REMEMBERED = 100_000  #: queries that articles brought up
STRIKES = 3  #: articles for which it may take longer before it is left out


def _read(text: str) -> Query:
    """Parse a query; raises BadQuery. Saved queries have been written out before."""
    return normalise(read_query(text, limit=EXPANDED_LIMIT).query)


class _Plan:
    """One query, and the subscriptions that ask it."""

    __slots__ = ("further", "ids", "is_sure", "keys", "strikes", "text")

    def __init__(self, text: str, keys: tuple[Key, ...]) -> None:
        self.text = text
        self.keys = keys
        self.ids: tuple[int, ...] = ()
        self.further: tuple[str, ...] = ANYTHING  #: terms of which an article must hold one beside a key
        self.is_sure = False  #: an article that holds a key and a further term meets it
        self.strikes = -1  #: -1: its time is not watched


class SubscriptionIndex:
    """All enabled subscriptions whose queries parse; the others are named in `broken`, or simply not there."""

    def __init__(self, subscriptions: Iterable[Subscription] = (), rarity: Rarity = rarity_by_form) -> None:
        """Build the index; `rarity` guesses the share of articles holding a term and only affects speed."""
        self._rarity = rarity
        self._lock = threading.Lock()
        self._plans: dict[str, _Plan] = {}
        self._held: dict[int, _Plan] = {}
        self._catalogue: Catalogue[_Plan] = Catalogue()
        self._remembered: dict[_Plan, Quick] = {}
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}  #: since many ask for the same further terms
        self._overdue: dict[_Plan, float] = {}
        self.broken: dict[int, BadQuery] = {}  #: by subscription id, what is wrong with its query
        self.slow: dict[int, str] = {}  #: by subscription id, why it was left out while articles came in
        for subscription in subscriptions:
            self.add(subscription)

    def __len__(self) -> int:
        return len(self._held)

    def add(self, subscription: Subscription) -> None:
        """Add a subscription, or put it in place of the one with its id; a disabled one is only taken out."""
        with self._lock:
            self._remove(subscription.id)
            if not subscription.enabled:
                return
            try:
                plan = self._plans.get(subscription.query) or self._planned(subscription.query)
            except BadQuery as problem:
                self.broken[subscription.id] = problem
                return
            plan.ids = tuple(sorted((*plan.ids, subscription.id)))
            self._held[subscription.id] = plan

    def remove(self, subscription_id: int) -> None:
        """Take a subscription out; one that is not there stays out."""
        with self._lock:
            self._remove(subscription_id)

    def take_slow(self) -> dict[int, str]:
        """Give the subscriptions left out for their slowness since the last call, with the reason."""
        with self._lock:
            found, self.slow = self.slow, {}
            return found

    def match(self, article: Matchable) -> list[Match]:
        """Give the subscriptions that an article meets, each with the places that show why."""
        return self.match_words(ArticleWords(article))

    def match_words(self, words: ArticleWords) -> list[Match]:
        """Do what `match` does with an article that is cut into words already."""
        found: list[Match] = []
        with self._lock:
            for plan in self._met(words):
                shown = spans(self._read_of(plan).query, words)
                found.extend(Match(subscription_id, shown) for subscription_id in plan.ids)
            self._leave_out()
        return sorted(found, key=lambda match: match.subscription_id)

    def met(self, article: Matchable) -> list[int]:
        """Give only the ids of the subscriptions that an article meets."""
        with self._lock:
            found = sorted(chain.from_iterable(plan.ids for plan in self._met(ArticleWords(article))))
            self._leave_out()
        return found

    def _met(self, words: ArticleWords) -> list[_Plan]:
        """Ask of each candidate what its key does not prove, first whether the article holds a further term."""
        lacks = words.terms.isdisjoint
        likely = [plan for plan in self._catalogue.candidates(words) if not lacks(plan.further)]
        return [plan for plan in likely if plan.is_sure or self._is_met(plan, words)]

    def _is_met(self, plan: _Plan, words: ArticleWords) -> bool:
        read = self._read_of(plan)
        return read.may_meet(words) and (read.is_whole or self._meets(plan, read.query, words))

    def _read_of(self, plan: _Plan) -> Quick:
        return self._remembered.get(plan) or self._remember(plan)

    def _remember(self, plan: _Plan) -> Quick:
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        read = self._remembered[plan] = quick(_read(plan.text), plan.keys).beside(plan.further)
        return read

    def _meets(self, plan: _Plan, query: Query, words: ArticleWords) -> bool:
        """Evaluate a query in full; one that takes too long too often is left out from then on (S18)."""
        if plan.strikes < 0:
            return meets(query, words)
        began = time.thread_time()
        met = meets(query, words)
        taken = time.thread_time() - began
        plan.strikes += taken > SLOW_SECONDS
        if plan.strikes >= STRIKES:
            self._overdue[plan] = taken
        return met

    def _leave_out(self) -> None:
        for plan, taken in self._overdue.items():
            for subscription_id in plan.ids:
                self._remove(subscription_id)
                self.slow[subscription_id] = f"its expression took {taken:.2f} s for one article; make it simpler"
        self._overdue.clear()

    def _planned(self, text: str) -> _Plan:
        """Make a plan and file it under its keys; raises BadQuery."""
        query = _read(text)
        keys = required_keys(query, self._rarity)
        if keys is None:
            raise AssertionError("the parser lets no query without required words pass")
        if ANY in keys and self._catalogue.count(ANY) >= ANY_LIMIT:
            problem = (
                f"there are {ANY_LIMIT} queries already that must be asked of every article; add a word to this one"
            )
            raise BadQuery(problem, 0)
        plan = self._plans[text] = _Plan(text, tuple(keys))
        read = quick(query, plan.keys)
        further = read.further(plan.keys)
        plan.further = self._shared.setdefault(further, further)
        plan.is_sure = read.beside(further).is_sure
        if "/" in text and any(isinstance(leaf, Regex) for leaf in all_leaves(query)):
            plan.strikes = 0
        self._catalogue.file(plan.keys, plan)
        return plan

    def _remove(self, subscription_id: int) -> None:
        self.broken.pop(subscription_id, None)
        self.slow.pop(subscription_id, None)
        plan = self._held.pop(subscription_id, None)
        if plan is None:
            return
        plan.ids = tuple(one for one in plan.ids if one != subscription_id)
        if not plan.ids:
            self._drop(plan)

    def _drop(self, plan: _Plan) -> None:
        del self._plans[plan.text]
        self._remembered.pop(plan, None)
        self._catalogue.unfile(plan.keys, plan)
