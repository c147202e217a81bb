"""Show what an edit took out of a text and what it put in.

In: two texts. Out: pieces in reading order: kept, removed, added. Pure; hides difflib. Trap: comparing word by word
costs the product of the lengths, so paragraphs are compared first, and words only in those that changed, up to a bound.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_PARAGRAPH = re.compile(r"[^\n]*\n+|[^\n]+")
# Scripts without spaces are compared sign by sign.
_TOKEN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]|\\s+|\\w+|[^\\w\\s]"
)
_MOST_COMPARED = 4_000_000  # pairs of words; beyond, a stretch is shown as replaced whole
_SHORTEST_KEPT = 3  # tokens; fewer between two changes read as part of the change


class PieceKind(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; kept and removed ones make the old text, kept and added ones the new."""

    kind: PieceKind
    text: str


def pieces(old: str, new: str) -> list[Piece]:
    """Cut two texts into what stayed, what went and what came."""
    before, after = _PARAGRAPH.findall(old), _PARAGRAPH.findall(new)
    found: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece(PieceKind.KEPT, "".join(before[a:b])))
        else:
            found += _by_word("".join(before[a:b]), "".join(after[c:d]))
    return _joined(found)


def counted(found: Sequence[Piece]) -> tuple[int, int]:
    """Count the words added and removed."""
    added, removed = (
        sum(len(piece.text.split()) for piece in found if piece.kind is kind)
        for kind in (PieceKind.ADDED, PieceKind.REMOVED)
    )
    return added, removed


def _by_word(old: str, new: str) -> list[Piece]:
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(before) * len(after) > _MOST_COMPARED:
        return list(_replaced(old, new))
    found: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[a:b]), "".join(after[c:d])
        if tag == "equal" and not (b - a < _SHORTEST_KEPT and a > 0 and b < len(before)):
            found.append(Piece(PieceKind.KEPT, gone))
        else:
            found += _replaced(gone, come)
    return found


def _replaced(old: str, new: str) -> Iterator[Piece]:
    if old:
        yield Piece(PieceKind.REMOVED, old)
    if new:
        yield Piece(PieceKind.ADDED, new)


def _joined(found: Sequence[Piece]) -> list[Piece]:
    """Put neighbours of one kind together; between two that are kept, first what went, then what came."""
    whole: list[Piece] = []
    gone = come = ""
    for piece in [*found, Piece(PieceKind.KEPT, "")]:
        if piece.kind is PieceKind.REMOVED:
            gone += piece.text
        elif piece.kind is PieceKind.ADDED:
            come += piece.text
        else:
            whole += _replaced(gone, come)
            gone = come = ""
            if whole and whole[-1].kind is PieceKind.KEPT and piece.text:
                whole[-1] = Piece(PieceKind.KEPT, whole[-1].text + piece.text)
            elif piece.text:
                whole.append(piece)
    return whole
