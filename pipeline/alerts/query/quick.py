"""What of a query can be decided from an article's words by looking for texts alone.

In: a normalised query. Out: `Quick`: groups of words and phrases of each of which the article must hold one, those of
which it must hold none, and whether that is all. Pure. Trap: a phrase is looked for in the words joined by spaces, so
it carries a space at either end.
"""

from dataclasses import dataclass

from pipeline.alerts.query.tree import And, Not, Or, Phrase, Query, Word
from pipeline.alerts.query.words import ArticleWords

Phrased = tuple[frozenset[str], str]  #: its terms, and the phrase with a space at either end
Group = tuple[frozenset[str], tuple[Phrased, ...]]  #: of which one must, or none may, be held


_NOTHING: Group = (frozenset(), ())


@dataclass(frozen=True, slots=True)
class Quick:
    """A query as groups of words and phrases."""

    query: Query
    groups: tuple[Group, ...]
    excluded: Group
    is_whole: bool  #: nothing more need be asked

    def may_meet(self, words: ArticleWords) -> bool:
        """Whether an article may meet the query; whether it does, if this is whole."""
        for group in self.groups:
            if not _holds(group, words):
                return False
        return self.excluded == _NOTHING or not _holds(self.excluded, words)


def _holds(group: Group, words: ArticleWords) -> bool:
    terms, phrases = group
    if not terms.isdisjoint(words.terms):
        return True
    return any(needed <= words.terms and phrase in words.joined for needed, phrase in phrases)


def quick(query: Query) -> Quick:
    """Find what can be decided quickly."""
    groups: list[Group] = []
    excluded: list[Query] = []
    is_whole = True
    for part in query.parts if isinstance(query, And) else (query,):
        asked = part.part if isinstance(part, Not) else part
        leaves = asked.parts if isinstance(asked, Or) else (asked,)
        if not all(_is_simple(leaf) for leaf in leaves):
            is_whole = False
        elif isinstance(part, Not):
            excluded += leaves
        else:
            groups.append(_group(leaves))
    return Quick(query, tuple(groups), _group(tuple(excluded)), is_whole)


def _is_simple(leaf: Query) -> bool:
    return isinstance(leaf, Word | Phrase) and not leaf.field


def _group(leaves: tuple[Query, ...]) -> Group:
    terms = frozenset(leaf.term for leaf in leaves if isinstance(leaf, Word))
    phrases = [leaf.terms for leaf in leaves if isinstance(leaf, Phrase)]
    return terms, tuple((frozenset(phrase), f" {' '.join(phrase)} ") for phrase in phrases)
