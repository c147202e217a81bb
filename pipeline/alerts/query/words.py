"""An article cut into words once, for any number of queries.

In: a `Matchable`. Out: its terms, and the places at which a word, a phrase or a pattern stands. Pure. Trap: title and
text are one row of words with a gap between them, at which no term stands, so that no phrase crosses it; author,
feed and address are rows of their own, cut only when somebody asks.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

from rapidfuzz.distance import OSA

from pipeline.alerts.query.fold import fold, word_characters
from pipeline.alerts.query.names import sound
from pipeline.alerts.query.stems import stem
from pipeline.alerts.query.terms import fast_terms
from pipeline.alerts.query.tree import Anything, Atom, Exact, Fuzzy, Glob, Name, Phrase, Plain, Stem, Word, Worded
from pipeline.alerts.query.tree import Sequence as Pattern
from pipeline.model import Matchable, Span

Interval = tuple[int, int]  #: the first place and the one after the last

_APART = re.compile(r"[\u00ad\u034f\u061c\u0640\u200c\u200d\u200e\u200f\u2060\ufeff]")


class Row:
    """Words in their order, and where each stands; places and characters are worked out when they are asked for."""

    def __init__(self, *texts: str) -> None:
        self._texts = texts
        self.terms = fast_terms(texts[0])
        self.first_count = len(self.terms)  #: words of the first text
        for text in texts[1:]:
            self.terms.append("")  # the gap: no term is empty
            self.terms += fast_terms(text)
        self._by_atom: dict[tuple[Atom, str], Sequence[int]] = {}

    @cached_property
    def characters(self) -> list[tuple[int, int]]:
        """From where to where each word stands in its text."""
        found = word_characters(self._texts[0])
        for text in self._texts[1:]:
            found += [(0, 0), *word_characters(text)]
        return found

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each term stands."""
        found: dict[str, list[int]] = {}
        for place, term in enumerate(self.terms):
            if term in found:
                found[term].append(place)
            else:
                found[term] = [place]
        return found

    def word_at(self, place: int) -> str:
        """Give a word as it stands."""
        start, end = self.characters[place]
        text = self._texts[0] if place < self.first_count else self._texts[-1]
        return text[start:end]

    def of_atom(self, atom: Atom, language: str) -> Sequence[int]:
        """Give the places of the words that pass a test, in order."""
        if isinstance(atom, Plain):
            return self.places.get(atom.term, ())
        key = (atom, language)
        if key not in self._by_atom:
            self._by_atom[key] = self._find(atom, language)
        return self._by_atom[key]

    def _find(self, atom: Atom, language: str) -> Sequence[int]:
        match atom:
            case Glob(pattern):
                return self._where(glob_pattern(pattern).fullmatch)
            case Fuzzy(term, edits):
                return self._where(lambda other: is_similar(term, other, edits))
            case Name(heard):
                return sorted(place for term in self._by_sound.get(heard, ()) for place in self.places[term])
            case Stem(word, asked):
                wanted = stem(word, asked or language)
                return self._where(lambda term: stem(term, asked or language) == wanted)
            case Exact(word, case, accents):
                wanted = surface_key(word, case=case, accents=accents)
                found = self.places.get(fold(word), ())
                return [p for p in found if surface_key(self.word_at(p), case=case, accents=accents) == wanted]
        return [place for place, term in enumerate(self.terms) if term]

    def _where(self, test: Callable[[str], object]) -> Sequence[int]:
        return sorted(place for term, places in self.places.items() if term and test(term) for place in places)

    @cached_property
    def _by_sound(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for term in self.places:
            if term:
                found[sound(term)].append(term)
        return found


class ArticleWords:
    """The rows of an article."""

    def __init__(self, article: Matchable) -> None:
        self.article = article
        self.main = Row(article.title, article.text)
        self._rows: dict[str, Row] = {}

    @property
    def title_terms(self) -> list[str]:
        """The terms of the title, in order."""
        return self.main.terms[: self.main.first_count]

    @property
    def text_terms(self) -> list[str]:
        """The terms of the text, in order; between them and the title's stands the gap."""
        return self.main.terms[self.main.first_count + 1 :]

    @cached_property
    def terms(self) -> frozenset[str]:
        """The distinct terms of title and text, and the empty one."""
        return frozenset(self.main.terms)

    @cached_property
    def joined(self) -> str:
        """The terms with a space before and after each; two stand at the gap, so that no phrase crosses it."""
        return f" {' '.join(self.main.terms)} "

    def row(self, field: str) -> Row:
        """Give the words of a field."""
        if field in {"", "title", "text"}:
            return self.main
        if field not in self._rows:
            self._rows[field] = Row(getattr(self.article, field))
        return self._rows[field]

    def holds(self, leaf: Worded) -> bool:
        """Whether a word, phrase or pattern occurs."""
        if isinstance(leaf, Word) and not leaf.field:
            return leaf.term in self.terms
        if isinstance(leaf, Phrase) and not leaf.field:
            return f" {' '.join(leaf.terms)} " in self.joined
        return bool(self.intervals(leaf))

    def intervals(self, leaf: Worded) -> list[Interval]:
        """Give where a leaf stands, in order."""
        row = self.row(leaf.field)
        match leaf:
            case Word(term):
                found = [(place, place + 1) for place in row.places.get(term, ())]
            case Phrase(terms):
                found = _phrase(row, terms)
            case Pattern(atoms):
                if not all(atom.term in row.places for atom in atoms if isinstance(atom, Plain)):
                    return []  # before the places of patterns are looked for, which takes longer
                found = _pattern([row.of_atom(atom, self.article.language) for atom in atoms], atoms)
        if leaf.field == "title":
            return [interval for interval in found if interval[0] < row.first_count]
        if leaf.field == "text":
            return [interval for interval in found if interval[0] > row.first_count]
        return found

    def span(self, interval: Interval) -> Span:
        """Give the characters of places in title or text."""
        start, end = interval
        field = "title" if start < self.main.first_count else "text"
        return Span(field, self.main.characters[start][0], self.main.characters[end - 1][1])


def _phrase(row: Row, terms: tuple[str, ...]) -> list[Interval]:
    """Find a phrase by way of its rarest word."""
    counts = [len(row.places.get(term, ())) for term in terms]
    rarest = counts.index(min(counts))
    wanted = list(terms)
    starts = (place - rarest for place in row.places.get(terms[rarest], ()))
    return [(s, s + len(terms)) for s in starts if s >= 0 and row.terms[s : s + len(terms)] == wanted]


def _pattern(places: list[Sequence[int]], atoms: tuple[Atom, ...]) -> list[Interval]:
    """Find words that stand side by side, by way of the rarest; `Anything` is any word but the gap."""
    if len(places) == 1:
        return [(place, place + 1) for place in places[0]]
    fixed = [n for n, atom in enumerate(atoms) if not isinstance(atom, Anything)]
    rarest = min(fixed, key=lambda n: len(places[n]))
    sets = [set(found) for found in places]
    starts = (place - rarest for place in places[rarest])
    return [(s, s + len(places)) for s in starts if all(s + n in found for n, found in enumerate(sets))]


@lru_cache(maxsize=20_000)
def glob_pattern(pattern: str) -> "re.Pattern[str]":
    """Give the expression of a word with wildcards; it has few of them, so it cannot run away."""
    parts = ({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile("".join(parts), re.DOTALL)


def is_similar(term: str, other: str, edits: int) -> bool:
    """Tell whether two terms are so many insertions, deletions, replacements or swaps of neighbours apart."""
    return abs(len(term) - len(other)) <= edits and OSA.distance(term, other, score_cutoff=edits) <= edits


@lru_cache(maxsize=100_000)
def surface_key(word: str, *, case: bool, accents: bool) -> str:
    """Give what two words have in common that are written alike, with or without regard to capitals and accents."""
    plain = unicodedata.normalize("NFC", _APART.sub("", word))
    if not case:
        return unicodedata.normalize("NFC", plain.casefold())
    return plain if accents else "".join(_unaccented(character) for character in plain)


def _unaccented(character: str) -> str:
    folded = fold(character)
    return folded.upper() if character.isupper() else folded
