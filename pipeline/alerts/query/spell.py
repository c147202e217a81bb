"""Write a query out with every operator and parenthesis, as it was understood.

In: a query tree. Out: text that reads as the same tree again, unless it has become too long. Pure. Trap: words are
written as they were typed, so that people know them again.
"""

from pipeline.alerts.query.tree import (
    OPERATORS,
    And,
    Folder,
    Language,
    Near,
    Not,
    Or,
    Phrase,
    Published,
    Query,
    Regex,
    Sequence,
    Site,
    Word,
)


def spell(query: Query) -> str:
    """Write a query out."""
    match query:
        case And(parts):
            return " AND ".join(_inner(part) for part in parts)
        case Or(parts):
            return " OR ".join(_inner(part) for part in parts)
        case Not(part):
            return "NOT " + _inner(part)
        case Near(parts, distance, ordered):
            operator = f" {'O' if ordered else ''}NEAR/{distance} "
            return operator.join(_inner(part) for part in parts)
        case _:
            return _leaf(query)


def _leaf(leaf: Query) -> str:
    match leaf:
        case Word(term, text):
            return _prefix(leaf.field) + _plain(text or term)
        case Phrase(terms, text):
            return f'{_prefix(leaf.field)}"{text or " ".join(terms)}"'
        case Sequence():
            return _prefix(leaf.field) + _prefix(leaf.mode) + leaf.text
        case Regex(pattern, case):
            return f"{_prefix(leaf.field)}{'case:' if case else ''}/{pattern}/"
        case _:
            return _condition(leaf)


def _condition(leaf: Query) -> str:
    match leaf:
        case Site(value):
            return f'site:"{value}"'
        case Folder(value):
            return f'folder:"{value}"'
        case Language(code):
            return f"lang:{code}"
        case Published():
            return f"published:{leaf.text}"
    raise AssertionError(leaf)


def _inner(query: Query) -> str:
    return f"({spell(query)})" if isinstance(query, And | Or | Near) else spell(query)


def _prefix(field: str) -> str:
    return f"{field}:" if field else ""


def _plain(word: str) -> str:
    return word if word.isalnum() and word not in OPERATORS else f'"{word}"'
