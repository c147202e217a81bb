"""Bring a query into a plain form, and tell what it asks at all.

In: a query tree. Out: the same query with negation only on leaves; its leaves; whether it asks for anything. Pure.
Trap: a date alone asks for nothing, since articles of a day are all articles to a news watch.
"""

from pipeline.alerts.query.tree import And, Leaf, Not, Or, Published, Query


def normalise(query: Query, *, negated: bool = False) -> Query:
    """Push negations down to the words (De Morgan) and join nested operations of one kind."""
    match query:
        case Not(part):
            return normalise(part, negated=not negated)
        case And(parts) | Or(parts):
            kind = And if isinstance(query, And) is not negated else Or
            return _join(kind, [normalise(part, negated=negated) for part in parts])
        case _:
            return Not(query, query.position) if negated else query


def _join(kind: type[And] | type[Or], parts: list[Query]) -> Query:
    flat: list[Query] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And | Or) and isinstance(part, kind) else (part,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def asks_nothing(query: Query) -> bool:
    """Whether nothing need be found to meet the query; exactly these have no required keys."""
    match query:
        case Published():
            return True
        case Not(part):
            return isinstance(part, Published) or not asks_nothing(part)
        case And(parts):
            return all(asks_nothing(part) for part in parts)
        case Or(parts):
            return any(asks_nothing(part) for part in parts)
    return False


def leaves(query: Query) -> list[Leaf]:
    """List the leaves that may be found, negated ones left out, of a normalised query."""
    match query:
        case And(parts) | Or(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case Not():
            return []
    return [query]


def first_exclusion(query: Query) -> int:
    """Find the position of the first exclusion that leaves a normalised query, or a branch, without keys."""
    match query:
        case And(parts):
            return first_exclusion(parts[0])
        case Or(parts):
            return first_exclusion(next((p for p in parts if asks_nothing(p)), parts[0]))
    return query.position
