"""What a query cannot be met without: the few keys under which an index finds it.

In: a normalised query. Out: its cheapest required keys. Pure. Trap: the keys are necessary, not sufficient; what they
find must still be evaluated. `article_keys.py` gives the other side and must spell keys alike.

A key is a term; or two terms that stand side by side, of a phrase, far rarer than either; or, after a character that
no term holds: `^` the beginning of a term, `$` its end, `*` three letters inside it, `~` and `~~` a term with up to one
and two letters left out, `=de:` a stem by the rules of a language (`=:` by those of the article's own), `@` a sound,
`:field:` something of a field, `!` any article.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from sys import intern

from pipeline.alerts.query.fold import fold, terms_of
from pipeline.alerts.query.stems import all_stems
from pipeline.alerts.query.tree import (
    And,
    Anything,
    Atom,
    Exact,
    Folder,
    Fuzzy,
    Glob,
    Language,
    Name,
    Near,
    Not,
    Or,
    Phrase,
    Plain,
    Published,
    Query,
    Sequence,
    Site,
    Stem,
    Word,
)

ANY = "!"
GRAM = 3  #: letters of a `*` key
EDGE = 8  #: most letters of a `^` or `$` key
Key = str | tuple[str, str]
Found = tuple[float, frozenset[Key]]  #: expected share of articles, and the keys
Rarity = Callable[[str], float]  #: the share of articles, 0 to 1, that are expected to hold a term

#: Share of articles that hold a word of this length (1 to 7 characters, longer words keep the last figure), mean
#: over the running words of 297 English news articles; so the little words that every article holds count fully.
_SHARE_BY_LENGTH = (0.77, 0.85, 0.74, 0.46, 0.25, 0.13, 0.11)
_SHARES = {"author": 0.01, "feed": 0.05, "url": 0.05, "site": 0.02, "folder": 0.2, "lang": 0.4}


def rarity_by_form(term: str) -> float:
    """Guess the share of articles that hold a term from its length alone; better figures come from the store."""
    return _SHARE_BY_LENGTH[min(len(term), len(_SHARE_BY_LENGTH)) - 1]


def required_keys(query: Query, rarity: Rarity = rarity_by_form) -> frozenset[Key] | None:
    """Find the cheapest set of keys of which every article that meets the normalised query holds at least one.

    None if there is none: such a query (`asks_nothing`) is met by nearly all articles.
    """
    found = _cheapest(query, rarity)
    return found[1] if found else None


def _cheapest(query: Query, rarity: Rarity) -> Found | None:
    match query:
        case And(parts) | Near(parts):
            return min((found for part in parts if (found := _cheapest(part, rarity))), default=None, key=_cost)
        case Or(parts):
            branches = [found for part in parts if (found := _cheapest(part, rarity))]
            return _any_of(branches) if len(branches) == len(parts) else None
        case Not() | Published():
            return None
    return _leaf(query, rarity)


def _leaf(query: Query, rarity: Rarity) -> Found:
    match query:
        case Word() | Phrase() | Sequence() if query.field in _SHARES:
            return _in_field(query)
        case Word(term, text):
            return rarity(term) * _share_of_names(text), frozenset((intern(term),))
        case Phrase(terms, text):
            share = _share_of_names(text) / 10
            return min(((rarity(a) * rarity(b) * share, _pair(a, b)) for a, b in pairwise(terms)), key=_cost)
        case Sequence(atoms):
            return min((_atom(atom, rarity) for atom in atoms), key=_cost)
        case Site(value):
            word = value.removeprefix(".") if "." in value else terms_of(value)[0]
            return _SHARES["site"], frozenset((field_key("site", word),))
        case Folder(value):
            return _SHARES["folder"], frozenset((field_key("folder", value),))
        case Language(code):
            return _SHARES["lang"], frozenset((field_key("lang", code),))
    return 2.0, frozenset((ANY,))


def _share_of_names(text: str) -> float:
    """Take a word in capitals for a name, which is rarer than another word of its length."""
    return 0.2 if text[:1].isupper() else 1.0


def _pair(first: str, second: str) -> frozenset[Key]:
    """Make the key of two terms; a million of them share their terms."""
    return frozenset(((intern(first), intern(second)),))


def _in_field(leaf: Word | Phrase | Sequence) -> Found:
    """Find a key of an author, a feed or an address: a plain word of it, or that it is there at all."""
    match leaf:
        case Word(term):
            terms = [term]
        case Phrase(found):
            terms = list(found)
        case Sequence(atoms):
            terms = [atom.term for atom in atoms if isinstance(atom, Plain)]
    longest = max(terms, key=len, default="")
    share = _SHARES[leaf.field] if longest else 1.0
    return share, frozenset((field_key(leaf.field, longest),))


def field_key(field: str, value: str) -> str:
    """Spell the key of something in a field; an empty value stands for anything there."""
    return f":{field}:{value}"


def _atom(atom: Atom, rarity: Rarity) -> Found:
    match atom:
        case Plain(term):
            return rarity(term), frozenset((term,))
        case Exact(word):
            return rarity(fold(word)), frozenset((fold(word),))
        case Name(sound, term):
            return rarity(term) * 1.5, frozenset((f"@{sound}",))
        case Stem(word, language):
            return rarity(word) * 2, frozenset(f"={language}:{stem}" for stem in all_stems(word, language))
        case Fuzzy(term, edits):
            return rarity(term) * 3, frozenset("~" * edits + left for left in shortened(term, edits))
        case Glob(pattern):
            return _glob(pattern, rarity)
        case Anything():
            return 1.5, frozenset((ANY,))


def _glob(pattern: str, rarity: Rarity) -> Found:
    """Find the most telling end of a pattern, else three letters of its middle."""
    parts = pattern.replace("?", "*").split("*")
    head, tail = parts[0][:EDGE], parts[-1][-EDGE:]
    longest = max(parts, key=len)
    if len(head) >= max(len(tail), min(len(longest), GRAM)):
        return rarity(head) * 2, frozenset((f"^{head}",))
    if len(tail) >= min(len(longest), GRAM):
        return rarity(tail) * 2, frozenset((f"${tail}",))
    return rarity(longest) * 3, frozenset((f"*{longest[:GRAM]}",))


def shortened(term: str, edits: int) -> Iterator[str]:
    """Yield a term with up to so many letters left out.

    Two terms that lie `edits` insertions, deletions, replacements or swaps of neighbours apart have one of these in
    common (Garbe, SymSpell).
    """
    for count in range(edits + 1):
        for left_out in combinations(range(len(term)), count):
            yield "".join(letter for place, letter in enumerate(term) if place not in left_out)


def _any_of(branches: list[Found]) -> Found:
    keys: frozenset[Key] = frozenset()
    return sum(cost for cost, _ in branches), keys.union(*(k for _, k in branches))


def _cost(found: Found) -> float:
    return found[0]
