"""Cut a text so that the words of several subscriptions can be marked in it.

In: a text and, for each subscription, the spans in it. Out: pieces for the template. Pure. Trap: spans of two
subscriptions may overlap; a piece then bears the names of both and the colour of the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.model import Span

TONES = 4  #: colours in the style sheet; a fifth subscription has the first one again


@dataclass(frozen=True, slots=True)
class MarkedPiece:
    """A stretch of text; unmarked without names."""

    text: str
    names: str = ""
    tone: int = 0


def marked_text(text: str, field: str, named: Sequence[tuple[str, Sequence[Span]]]) -> list[MarkedPiece]:
    """Cut the text of one field; `named` are subscriptions with their spans, in the order of their colours."""
    places = [
        (span.start, span.end, place) for place, (_, spans) in enumerate(named) for span in spans if span.field == field
    ]
    edges = sorted({0, len(text), *(edge for start, end, _ in places for edge in (start, end))})
    pieces: list[MarkedPiece] = []
    for start, end in pairwise(edges):
        holders = sorted({place for s, e, place in places if s <= start and end <= e})
        names = ", ".join(named[place][0] for place in holders)
        pieces.append(MarkedPiece(text[start:end], names, holders[0] % TONES if holders else 0))
    return pieces
