"""The tree of a query, ours and frozen, so that nothing but the parser knows the parsing library.

In: nothing. Out: `Query` and `spell`. Trap: `term` is folded for comparing, `text` is what the user typed and
takes no part in equality.
"""

from dataclasses import dataclass, field

OPERATORS = frozenset({"AND", "OR", "NOT", "TO"})  #: words of the language, in capitals only


@dataclass(frozen=True, slots=True)
class Word:
    """One folded word; `position` counts characters of the query from 0."""

    term: str
    text: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two or more folded words that must stand side by side, in one field, in this order."""

    terms: tuple[str, ...]
    text: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Met where its part is not."""

    part: "Query"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Met where all parts are."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Met where at least one part is."""

    parts: tuple["Query", ...]


Leaf = Word | Phrase
Query = Word | Phrase | Not | And | Or


def spell(query: Query) -> str:
    """Write a query out with every operator and parenthesis, as it was understood.

    Parsing that gives the query again, unless it has become too long.
    """
    match query:
        case And(parts):
            return " AND ".join(_inner(part) for part in parts)
        case Or(parts):
            return " OR ".join(_inner(part) for part in parts)
        case Not(part):
            return "NOT " + _inner(part)
        case Word(term, text):
            return _plain(text or term)
        case Phrase(terms, text):
            return f'"{text or " ".join(terms)}"'


def _inner(query: Query) -> str:
    return f"({spell(query)})" if isinstance(query, And | Or) else spell(query)


def _plain(word: str) -> str:
    return word if word.isalnum() and word not in OPERATORS else f'"{word}"'
