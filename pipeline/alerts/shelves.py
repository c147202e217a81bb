"""Shelves: where an index keeps what it may have to ask, under keys.

In: things that name the terms of which an article must hold one beside their key. Out: what lies under a key and may
be met by an article with these terms. Pure. Trap: a shelf whose key many ask for (`election`) is parted by these
further terms once it is crowded, and stays parted until it is empty; so what a thing names must never change.
"""

from typing import Generic, Protocol, TypeAlias, TypeVar

CROWDED = 16  #: things on one shelf; below it, asking each costs no more than looking for further terms


class Asking(Protocol):
    """Something that needs more than its key."""

    @property
    def further(self) -> tuple[str, ...]:
        """Terms of which an article must hold one; never none, since every article holds the empty term."""


Kept = TypeVar("Kept", bound=Asking)


class Parted(Generic[Kept]):
    """A crowded shelf, parted by further terms."""

    __slots__ = ("under",)

    def __init__(self) -> None:
        self.under: dict[str, list[Kept]] = {}

    def put(self, one: Kept) -> None:
        """Put something under each of its further terms."""
        for term in one.further:
            self.under.setdefault(term, []).append(one)

    def take(self, one: Kept) -> None:
        """Take something away."""
        for term in one.further:
            self.under[term].remove(one)
            if not self.under[term]:
                del self.under[term]

    def found(self, terms: frozenset[str]) -> list[list[Kept]]:
        """Give what an article with these terms may meet."""
        under = self.under
        # An intersection walks through its argument, so the shorter of the two is given.
        held = terms.intersection(under) if len(under) < len(terms) else under.keys() & terms
        return [under[term] for term in held]


Lying: TypeAlias = list[Kept] | Parted[Kept] | Kept  #: a few, many, or one alone
Shelf: TypeAlias = dict[str, Lying[Kept]]


def put(shelf: Shelf[Kept], key: str, one: Kept) -> bool:
    """Put something under a key; tells whether it is the first there."""
    before = shelf.get(key)
    if isinstance(before, Parted):
        before.put(one)
    elif isinstance(before, list):
        before.append(one)
        if len(before) > CROWDED:
            shelf[key] = _parted(before)
    else:
        shelf[key] = one if before is None else [before, one]
    return before is None


def _parted(crowd: list[Kept]) -> Parted[Kept]:
    parted: Parted[Kept] = Parted()
    for one in crowd:
        parted.put(one)
    return parted


def take(shelf: Shelf[Kept], key: str, one: Kept) -> bool:
    """Take something away from under a key; tells whether it was the last there."""
    lying = shelf[key]
    if isinstance(lying, list):
        lying.remove(one)
        if len(lying) == 1:
            shelf[key] = lying[0]
        return False
    if isinstance(lying, Parted):
        lying.take(one)
        if lying.under:
            return False
    del shelf[key]
    return True


def gather(lying: Lying[Kept], terms: frozenset[str], into: set[Kept]) -> None:
    """Add what lies under a key that an article holds."""
    if isinstance(lying, list):
        into.update(lying)
    elif isinstance(lying, Parted):
        into.update(*lying.found(terms))
    else:
        into.add(lying)


def count(shelf: Shelf[Kept], key: str) -> int:
    """Count what lies under a key; on a crowded shelf, once for each of its further terms."""
    lying = shelf.get(key)
    if isinstance(lying, list):
        return len(lying)
    if isinstance(lying, Parted):
        return sum(map(len, lying.under.values()))
    return lying is not None
