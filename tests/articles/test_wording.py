"""What an edit took out and put in, as pieces."""

import random
from dataclasses import astuple
from itertools import pairwise

import pytest

from pipeline.articles.wording import Piece, PieceKind, counted, pieces

KEPT, REMOVED, ADDED = PieceKind.KEPT, PieceKind.REMOVED, PieceKind.ADDED
CASES = {
    "nothing": ("One line.", "One line.", [("kept", "One line.")]),
    "a word": (
        "At least 12 people were saved.",
        "At least 15 people were saved.",
        [("kept", "At least "), ("removed", "12"), ("added", "15"), ("kept", " people were saved.")],
    ),
    "a paragraph": (
        "One.\nThree.",
        "One.\nTwo.\nThree.",
        [("kept", "One.\n"), ("added", "Two.\n"), ("kept", "Three.")],
    ),
    "a sign of a script without spaces": (
        "大坝没有决堤。",
        "大坝已经决堤。",
        [("kept", "大坝"), ("removed", "没有"), ("added", "已经"), ("kept", "决堤。")],
    ),
    "everything": ("a", "b", [("removed", "a"), ("added", "b")]),
    "from nothing": ("", "b", [("added", "b")]),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_pieces(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    """The pieces name what stayed, what went and what came, in reading order."""
    assert [astuple(piece) for piece in pieces(old, new)] == expected


def test_pieces_hold_both_texts_whole() -> None:
    """Kept and removed pieces are the old text, kept and added ones the new, whatever they are."""
    random.seed(7)
    for _ in range(300):
        old, new = (" ".join(random.choices(["ab", "c\n.", "大", "é"], k=random.randint(0, 30))) for _ in range(2))
        found = pieces(old, new)
        assert "".join(p.text for p in found if p.kind is not ADDED) == old
        assert "".join(p.text for p in found if p.kind is not REMOVED) == new
        assert all(one.kind is not other.kind for one, other in pairwise(found))


def test_two_long_strangers_are_not_compared_word_by_word() -> None:
    """Paragraphs beyond the bound are shown as replaced whole."""
    old, new = "a " * 3000, "b " * 3000
    assert pieces(old, new) == [Piece(REMOVED, old), Piece(ADDED, new)]
    assert counted(pieces(old, new)) == (3000, 3000)
