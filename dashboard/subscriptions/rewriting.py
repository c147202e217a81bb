"""Put something into a query at one click: a spelling, a saved query.

In: a query as typed. Out: the query with more in it. Pure. Trap: the answer is offered, never applied by itself; only
a word that stands by itself is replaced, so that a phrase keeps its words.
"""

from collections.abc import Callable

from pipeline.alerts.query.scan import as_typed, pieces


def with_spelling(query: str, word: str, spelling: str) -> str:
    """Let a query also find another spelling of one of its words; without the word, of itself."""
    return _replaced(query, word, spelling, lambda found: f"({found} OR {spelling})")


def with_name(query: str, word: str) -> str:
    """Let a query find a word as a name, however it is spelled."""
    return _replaced(query, word, f"name:{word}", lambda found: f"name:{found}")


def with_saved(query: str, name: str) -> str:
    """Add a saved query to a query; both must then hold."""
    return f'{query} @"{name}"'.strip()


def _replaced(query: str, word: str, alone: str, make: Callable[[str], str]) -> str:
    """Replace a word wherever it stands by itself; where it does not, offer what is made as another choice."""
    if not query.strip():
        return alone
    typed = as_typed(query)
    found = [piece for piece in pieces(typed) if piece.kind == "word" and piece.text.casefold() == word.casefold()]
    if not found:
        return f"({query}) OR {alone}"
    for piece in reversed(found):
        typed = f"{typed[: piece.start]}{make(piece.text)}{typed[piece.end :]}"
    return typed
