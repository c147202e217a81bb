"""Write out the saved queries that a query names.

In: a query that parses, and how to find saved ones. Out: the same query with each `@"name"` replaced by what it stands
for, so that matching needs no second query. Pure. Trap: parse first; this looks for no cycle.
"""

from pipeline.alerts.query.scan import as_typed, pieces
from pipeline.alerts.query.syntax import Saved


def names_in(text: str) -> list[str]:
    """Give the names of the saved queries that a query names, in order."""
    return [piece.text[2:-1] for piece in pieces(as_typed(text)) if piece.kind == "saved"]


def written_out(text: str, saved: Saved) -> str:
    """Replace every saved query by its text in parentheses, and those in it."""
    parts = []
    for piece in pieces(as_typed(text)):
        stored = saved(piece.text[2:-1]) if piece.kind == "saved" else None
        parts.append(piece.text if stored is None else f"({written_out(stored, saved)})")
    return "".join(parts)
