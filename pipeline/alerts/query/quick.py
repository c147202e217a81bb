"""What of a query can be decided from an article's words by looking for texts alone.

In: a normalised query, and the keys under which it lies. Out: `Quick`: groups of words and phrases of each of which the
article must hold one, those of which it must hold none, and whether that is all. Pure. Trap: what its own keys have
proven is left out, so that only an article which holds one of these keys may be asked about.
"""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, replace
from sys import intern

from pipeline.alerts.query.keys import Key, rarity_by_form
from pipeline.alerts.query.tree import And, Not, Or, Phrase, Plain, Query, Sequence, Word
from pipeline.alerts.query.words import ArticleWords

Phrased = tuple[frozenset[str], str]  #: its terms, and the phrase with a space at either end
Group = tuple[frozenset[str], tuple[Phrased, ...]]  #: of which one must, or none may, be held

ANYTHING = ("",)  #: the term that every article holds, between its title and its text
_NOTHING: Group = (frozenset(), ())


@dataclass(frozen=True, slots=True)
class Quick:
    """A query as groups of words and phrases."""

    query: Query
    groups: tuple[Group, ...]  #: beside the one that is proven by the query's having been found
    excluded: Group
    is_whole: bool  #: nothing more need be asked

    @property
    def is_sure(self) -> bool:
        """Whether an article that holds one of the keys meets it, whatever else it says."""
        return self.is_whole and not self.groups and self.excluded is _NOTHING

    def further(self, keys: Iterable[Key]) -> tuple[str, ...]:
        """Give the fewest, rarest terms of which an article must hold one beside a key."""
        known = {term for key in keys for term in ((key,) if isinstance(key, str) else key)}
        asked = [terms for group in self.groups if (terms := _terms_of(group, known))]
        fewest = min(asked, key=lambda terms: sum(map(rarity_by_form, terms)), default=ANYTHING)
        return tuple(sorted(map(intern, fewest)))

    def beside(self, further: tuple[str, ...]) -> "Quick":
        """Leave out the group that is proven by the article's holding one of the further terms."""
        proven: Group = (frozenset(further), ())
        return replace(self, groups=tuple(group for group in self.groups if group != proven))

    def may_meet(self, words: ArticleWords) -> bool:
        """Whether an article may meet the query; whether it does, if this is whole."""
        for group in self.groups:
            if not _holds(group, words):
                return False
        return self.excluded is _NOTHING or not _holds(self.excluded, words)


def _terms_of(group: Group, known: Container[str]) -> Collection[str]:
    """Give terms of which one is held where the group is; none if one that is known already may be enough."""
    words, phrases = group
    rarest = [min((term for term in phrase if term not in known), key=_rarity, default="") for phrase, _ in phrases]
    return () if "" in rarest or any(word in known for word in words) else {*words, *rarest}


def _rarity(term: str) -> tuple[float, str]:
    return rarity_by_form(term), term


def _holds(group: Group, words: ArticleWords) -> bool:
    terms, phrases = group
    if not terms.isdisjoint(words.terms):
        return True
    return bool(phrases) and any(needed <= words.terms and phrase in words.joined for needed, phrase in phrases)


def quick(query: Query, keys: Collection[Key]) -> Quick:
    """Find what can be decided quickly of a query that was found under one of its keys."""
    groups: list[Group] = []
    excluded: list[Query] = []
    is_whole = True
    for part in query.parts if isinstance(query, And) else (query,):
        asked = part.part if isinstance(part, Not) else part
        leaves = asked.parts if isinstance(asked, Or) else (asked,)
        if not all(_is_simple(leaf) for leaf in leaves):
            is_whole = False
            if part is asked and all(needed := [_needed(leaf) for leaf in leaves]):
                groups.append((frozenset(needed), ()))
        elif isinstance(part, Not):
            excluded += leaves
        elif not _is_proven(leaves, keys):
            groups.append(_group(leaves))
    return Quick(query, tuple(groups), _group(tuple(excluded)) if excluded else _NOTHING, is_whole)


def _is_proven(leaves: tuple[Query, ...], keys: Collection[Key]) -> bool:
    """Whether an article that holds any of the keys holds one of the leaves: a key is a whole word or a pair."""
    wholes = {leaf.term if isinstance(leaf, Word) else leaf.terms for leaf in leaves if isinstance(leaf, Word | Phrase)}
    return wholes.issuperset(keys)


def _is_simple(leaf: Query) -> bool:
    return isinstance(leaf, Word | Phrase) and not leaf.field


def _needed(leaf: Query) -> str:
    """Give a term without which a leaf is not met, the longest; an empty one if that is not known."""
    if isinstance(leaf, Word | Phrase | Sequence) and leaf.field in {"", "title", "text"}:
        match leaf:
            case Word(term):
                return term
            case Phrase(terms):
                return max(terms, key=len)
            case Sequence(atoms):
                return max((atom.term for atom in atoms if isinstance(atom, Plain)), key=len, default="")
    return ""


def _group(leaves: tuple[Query, ...]) -> Group:
    terms = frozenset(leaf.term for leaf in leaves if isinstance(leaf, Word))
    phrases = [leaf.terms for leaf in leaves if isinstance(leaf, Phrase)]
    return terms, tuple((frozenset(phrase), f" {' '.join(phrase)} ") for phrase in phrases)
