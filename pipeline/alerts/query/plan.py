"""What a query cannot be met without: the few keys under which an index finds it.

In: a query tree. Out: the same query with negation only on words, and its cheapest required keys. Pure.
Trap: the keys are necessary, not sufficient; what they find must still be evaluated.
"""

from collections.abc import Callable
from itertools import pairwise

from pipeline.alerts.query.tree import And, Leaf, Not, Or, Phrase, Query, Word

Key = str | tuple[str, str]  #: a term, or two terms side by side (of a phrase: far rarer than either)
_Keys = tuple[float, frozenset[Key]]  #: expected share of articles, and the keys
Rarity = Callable[[str], float]  #: the share of articles, 0 to 1, that are expected to hold a term

#: Share of articles that hold a word of this length (1 to 7 characters, longer words keep the last figure), mean
#: over the running words of 297 English news articles; so the little words that every article holds count fully.
_SHARE_BY_LENGTH = (0.77, 0.85, 0.74, 0.46, 0.25, 0.13, 0.11)


def rarity_by_form(term: str) -> float:
    """Guess the share of articles that hold a term from its length alone; better figures come from the store."""
    return _SHARE_BY_LENGTH[min(len(term), len(_SHARE_BY_LENGTH)) - 1]


def normalise(query: Query, *, negated: bool = False) -> Query:
    """Push negations down to the words (De Morgan) and join nested operations of one kind."""
    match query:
        case Not(part):
            return normalise(part, negated=not negated)
        case And(parts) | Or(parts):
            kind = And if isinstance(query, And) is not negated else Or
            return _join(kind, [normalise(part, negated=negated) for part in parts])
        case _:
            return Not(query, query.position) if negated else query


def _join(kind: type[And] | type[Or], parts: list[Query]) -> Query:
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And | Or) and isinstance(part, kind) else (part,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def required_keys(query: Query, rarity: Rarity = rarity_by_form) -> frozenset[Key] | None:
    """Find the cheapest set of keys of which every article that meets the normalised query holds at least one.

    None if there is none: such a query (`asks_nothing`) is met by nearly all articles.
    """
    found = _cheapest(query, rarity)
    return found[1] if found else None


def _cheapest(query: Query, rarity: Rarity) -> _Keys | None:
    match query:
        case Word(term):
            return rarity(term), frozenset((term,))
        case Phrase(terms):
            return min(((rarity(a) * rarity(b) / 10, _pair(a, b)) for a, b in pairwise(terms)), key=_cost)
        case And(parts):
            return min((found for part in parts if (found := _cheapest(part, rarity))), default=None, key=_cost)
        case Or(parts):
            branches = [found for part in parts if (found := _cheapest(part, rarity))]
            return _any_of(branches) if len(branches) == len(parts) else None
        case Not():
            return None


def _pair(left: str, right: str) -> frozenset[Key]:
    return frozenset(((left, right),))


def _any_of(branches: list[_Keys]) -> _Keys:
    keys: frozenset[Key] = frozenset()
    return sum(cost for cost, _ in branches), keys.union(*(k for _, k in branches))


def _cost(found: _Keys) -> float:
    return found[0]


def asks_nothing(query: Query) -> bool:
    """Whether an article without a single word would meet the query; exactly these have no required keys."""
    match query:
        case Word() | Phrase():
            return False
        case Not(part):
            return not asks_nothing(part)
        case And(parts):
            return all(asks_nothing(part) for part in parts)
        case Or(parts):
            return any(asks_nothing(part) for part in parts)


def leaves(query: Query) -> list[Leaf]:
    """List the words and phrases that may be found, negated ones left out, of a normalised query."""
    match query:
        case Word() | Phrase():
            return [query]
        case And(parts) | Or(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case Not():
            return []


def first_exclusion(query: Query) -> int:
    """Find the position of the first excluded word that leaves a normalised query, or a branch, without keys."""
    match query:
        case Not(_, position) | Word(_, _, position) | Phrase(_, _, position):
            return position
        case And(parts):
            return first_exclusion(parts[0])
        case Or(parts):
            return first_exclusion(next((p for p in parts if asks_nothing(p)), parts[0]))
