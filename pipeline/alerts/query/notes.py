"""Say what a well-formed query does that its writer may not expect.

In: the query as typed. Out: sentences for the user, none for most queries. Pure. Trap: notes are no errors; the
query runs as it stands.
"""

import unicodedata

from pipeline.alerts.query.fold import terms_of
from pipeline.alerts.query.scan import as_typed, pieces
from pipeline.alerts.query.syntax import read_query
from pipeline.alerts.query.tree import spell

_FOREIGN = {"NEAR": "AND", "UND": "AND", "ODER": "OR", "NICHT": "NOT", "ET": "AND", "OU": "OR"}


def notes(text: str) -> tuple[str, ...]:
    """List the notes on a query in the order of its words; raises BadQuery if it is not well-formed."""
    reading = read_query(text)
    words = [piece.text for piece in pieces(as_typed(text)) if piece.kind == "word"]
    found = [note for word in words for note in (_operator_note(word), _symbols_note(word)) if note]
    if reading.mixed:
        found.append(f"AND, written or left out, binds before OR; this is read as {spell(reading.query)}")
    return tuple(dict.fromkeys(found))


def _operator_note(word: str) -> str:
    if word in {"and", "or", "not"}:
        return f"'{word}' in lower case is searched as a word; write {word.upper()}"
    if ours := _FOREIGN.get(word):
        return f"'{word}' is searched as a word; the operator is {ours}"
    return ""


def _symbols_note(word: str) -> str:
    """Name symbols that take no part in the search, such as the plus signs of C++."""
    if not any(character in "#@" or unicodedata.category(character).startswith("S") for character in word):
        return ""
    return f"'{word}' is searched as '{' '.join(terms_of(word))}'; symbols do not count"
