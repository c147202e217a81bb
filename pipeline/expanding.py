"""Write out which words of the archive a word of a query stands for.

In: a word, phrase or pattern. Out: for each of its places the terms that may stand there, and whether that is exactly
what it means. Trap: capitals, gaps and stems by the rules of each article's own language are not
exact: the terms given hold more than the pattern means.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from pipeline.alerts.query.fold import fold
from pipeline.alerts.query.names import sound
from pipeline.alerts.query.stems import STEMMED, stem
from pipeline.alerts.query.tree import Anything, Atom, Exact, Fuzzy, Glob, Name, Phrase, Plain, Sequence, Stem, Word
from pipeline.alerts.query.words import glob_pattern, is_similar
from pipeline.store import search

Terms = tuple[str, ...]

#: The letters with which a word may begin that sounds so at its beginning; the others begin with themselves.
_BEGINNINGS = {
    "S": "csdtjzx", "s": "sztc", "h": "hkc", "k": "kcqx", "v": "vfwp", "i": "iyj", "e": "eijy", "u": "uo", "t": "td",
}  # fmt: skip
_ENDINGS = 8  #: letters by which a form of a word may be longer than another
_LENGTHS = 5  #: letters by which two spellings of a name may differ in length


def expanded(tx: Connection, leaf: Word | Phrase | Sequence) -> tuple[tuple[Terms, ...], bool]:
    """Give the terms for each place of a leaf."""
    match leaf:
        case Word(term):
            return ((term,),), True
        case Phrase(terms):
            return tuple((term,) for term in terms), True
        case Sequence(atoms):
            has_gaps = any(isinstance(atom, Anything) for atom in atoms)
            found = [_terms(tx, atom) for atom in atoms if not isinstance(atom, Anything)]
            places = tuple(tuple(terms) for terms, _ in found)
            if has_gaps:  # a phrase cannot be asked for with a gap: its longest word stands for it
                return (max(places, key=lambda terms: min(map(len, terms), default=0)),), False
            return places, all(is_exact for _, is_exact in found)
    raise AssertionError(leaf)


def _terms(tx: Connection, atom: Atom) -> tuple[Iterable[str], bool]:
    match atom:
        case Plain(term):
            return (term,), True
        case Exact(word):
            return (fold(word),), False
        case Glob(pattern):
            return _of_glob(tx, pattern), True
        case Fuzzy(term, edits):
            near = search.terms_like(tx, "%", max(len(term) - edits, 1), len(term) + edits)
            return [other for other in near if is_similar(term, other, edits)], True
        case Name(heard, term):
            return [other for other in sounding(tx, heard, len(term)) if sound(other) == heard], True
        case Stem(word, language):
            return _of_stem(tx, word, language), bool(language)
    raise AssertionError(atom)


def sounding(tx: Connection, heard: str, length: int) -> Iterable[str]:
    """Give the terms that may sound so, by their beginning and length; there are more than do."""
    beginnings = _BEGINNINGS.get(heard[:1], heard[:1].lower())
    return search.terms_from(tx, beginnings, max(length - _LENGTHS, 2), length + _LENGTHS)


def _of_glob(tx: Connection, pattern: str) -> Iterable[str]:
    head = pattern.removesuffix("*")
    if head + "*" == pattern and not set("*?") & set(head):
        return (pattern,)
    like = pattern.replace("*", "%").replace("?", "_")
    return [term for term in search.terms_like(tx, like) if glob_pattern(pattern).fullmatch(term)]


def _of_stem(tx: Connection, word: str, language: str) -> Iterable[str]:
    """Give the terms that share the word's stem by these rules, or by those of any language."""
    languages = (language,) if language else tuple(STEMMED)
    stems = {one: stem(word, one) for one in languages}
    begins = word[: max(min(map(len, stems.values())) - 1, 1)]
    near = search.terms_like(tx, begins + "%", 1, len(word) + _ENDINGS)
    return {word, *(term for term in near if any(stem(term, one) == stems[one] for one in languages))}
