"""The tree of a query, ours and frozen.

In: nothing. Out: `Query` and its parts. Trap: `text` and `position` tell how something was typed and take no part in
equality; what is compared (`term`, `pattern`, …) is folded.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

OPERATORS = frozenset({"AND", "OR", "NOT"})  #: words of the language, in capitals only

# How one word of an article is told to be the one that is asked for.


@dataclass(frozen=True, slots=True)
class Plain:
    """The folded word is this one."""

    term: str


@dataclass(frozen=True, slots=True)
class Anything:
    """Any word, as a place in a phrase: `"state of * union"`."""


@dataclass(frozen=True, slots=True)
class Glob:
    """The folded word is written like this: `*` stands for any letters, `?` for one."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """At most so many letters were added, left out, replaced, or swapped with their neighbour."""

    term: str
    edits: int


@dataclass(frozen=True, slots=True)
class Stem:
    """Another form of a word, by the rules of a language; empty means the article's own."""

    word: str  #: folded
    language: str


@dataclass(frozen=True, slots=True)
class Name:
    """Another spelling of a name."""

    sound: str  #: see pipeline.alerts.query.names
    term: str


@dataclass(frozen=True, slots=True)
class Exact:
    """The word as it stands, in its capitals, its accents, or both."""

    word: str
    case: bool
    accents: bool


Atom = Plain | Anything | Glob | Fuzzy | Stem | Name | Exact

# The leaves. `field` is empty for title and text together, else title, text, author, feed or url.


@dataclass(frozen=True, slots=True)
class Word:
    """One folded word; `position` counts characters of the query from 0."""

    term: str
    text: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)
    field: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two or more folded words that must stand side by side, in one field, in this order."""

    terms: tuple[str, ...]
    text: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)
    field: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One or more words side by side of which at least one is not plain; `mode` is the word before its colon."""

    atoms: tuple[Atom, ...]
    text: str = field(default="", compare=False)  #: as typed, quotation marks included
    position: int = field(default=0, compare=False)
    field: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """All parts stand in one field within a stretch of as many words as they have together, and `distance` more."""

    parts: "tuple[Query, ...]"  #: words, phrases, sequences, or OR of these
    distance: int
    ordered: bool = False
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Regex:
    """An expression is found in title or text as they stand."""

    pattern: str
    case: bool = False
    position: int = field(default=0, compare=False)
    field: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """The article's host or outlet is this domain or one below it; without a dot, the outlet is called so."""

    value: str  #: folded
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Folder:
    """The article's feed lies in this folder or in one below it."""

    value: str  #: folded, parts apart by `/`
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Language:
    """The article is in this language."""

    code: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Published:
    """The article's date lies in `[low, high)`; a timedelta counts back from when the article was first seen."""

    low: datetime | timedelta | None
    high: datetime | timedelta | None
    text: str = field(default="", compare=False)
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Met where its part is not."""

    part: "Query"
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Met where all parts are."""

    parts: "tuple[Query, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Met where at least one part is."""

    parts: "tuple[Query, ...]"


Worded = Word | Phrase | Sequence  #: leaves that stand at places counted in words
Leaf = Word | Phrase | Sequence | Near | Regex | Site | Folder | Language | Published
Query = Leaf | Not | And | Or
