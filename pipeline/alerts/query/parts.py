"""Walk through a query.

In: a tree. Out: its leaves. Pure. Trap: negated leaves are among them; `plan.leaves` leaves those out.
"""

from collections.abc import Iterator

from pipeline.alerts.query.tree import And, Near, Not, Or, Query


def all_leaves(tree: Query) -> Iterator[Query]:
    """Yield every leaf of a query, negated ones and those of `NEAR` too, from left to right."""
    match tree:
        case And(parts) | Or(parts) | Near(parts):
            for part in parts:
                yield from all_leaves(part)
        case Not(part):
            yield from all_leaves(part)
        case _:
            yield tree
