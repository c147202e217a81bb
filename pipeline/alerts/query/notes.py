"""Say what a well-formed query does that its writer may not expect.

In: the query as typed. Out: sentences for the user, none for most queries. Pure. Trap: notes are no errors; the
query runs as it stands.
"""

import unicodedata
from collections.abc import Iterator

from pipeline.alerts.query.fold import terms_of
from pipeline.alerts.query.keys import ANY, required_keys
from pipeline.alerts.query.plan import normalise
from pipeline.alerts.query.scan import Piece, as_typed, pieces
from pipeline.alerts.query.spell import spell
from pipeline.alerts.query.syntax import Saved, no_saved, read_query

_FOREIGN = {"NEAR": "NEAR/5", "UND": "AND", "ODER": "OR", "NICHT": "NOT", "ET": "AND", "OU": "OR"}


def notes(text: str, saved: Saved = no_saved) -> tuple[str, ...]:
    """List the notes on a query in the order of its words; raises BadQuery if it is not well-formed."""
    reading = read_query(text, saved)
    words = [piece for piece in pieces(as_typed(text)) if piece.kind == "word"]
    found = [note for word in words for note in _word_notes(word)]
    if reading.mixed:
        found.append(f"AND, written or left out, binds before OR; this is read as {spell(reading.query)}")
    # With words for nothing, only a query that asks for none lies under something else.
    keys = required_keys(normalise(reading.query), lambda _: 0.0) or frozenset()
    if ANY in keys:
        found.append("no word must occur, so every article is searched; add a word to make it cheap")
    elif any(isinstance(key, str) and key.startswith((":lang:", ":folder:")) for key in keys):
        found.append("no word must occur, so every article of that language or folder is met; add a word")
    return tuple(dict.fromkeys(found))


def _word_notes(piece: Piece) -> Iterator[str]:
    word = piece.text
    if word in {"and", "or", "not"}:
        yield f"'{word}' in lower case is searched as a word; write {word.upper()}"
    if ours := _FOREIGN.get(word):
        yield f"'{word}' is searched as a word; the operator is {ours}"
    if word.endswith("?") and not word.endswith("\\?"):
        yield f"the ? of '{word}' stands for one more letter; leave it out to find '{word.rstrip('?')}'"
    if any(character in "#@" or unicodedata.category(character).startswith("S") for character in word):
        yield f"'{word}' is searched as '{' '.join(terms_of(word))}'; symbols do not count"
