"""Make a leaf of what was written: a word or phrase, in a field, under a mode, with wildcards or not.

In: the text, where it stands, and the fields around it. Out: a leaf, or BadQuery. Pure. Trap: a word is cut as
articles are (`North-Kor*` is two words), so that what is asked for can be found.
"""

import re
import unicodedata
from typing import NamedTuple

from pipeline.alerts.query.fold import Token, fold, is_unspaced, terms_of, tokenise
from pipeline.alerts.query.names import sound
from pipeline.alerts.query.terms import fast_terms
from pipeline.alerts.query.tree import (
    Anything,
    Atom,
    Exact,
    Folder,
    Fuzzy,
    Glob,
    Language,
    Name,
    Phrase,
    Plain,
    Query,
    Sequence,
    Site,
    Stem,
    Word,
)
from pipeline.errors import BadQuery

FEWEST_LETTERS = 3  #: that a word with wildcards must show in a row, so that it stands for few words
MOST_WILDCARDS = 4
SHORTEST_FUZZY = {1: 4, 2: 7}  #: letters, by edits: what is shorter is a mistake away from half the dictionary

#: Letters that nobody asks for stand in for wildcards while a word is cut.
_STAR, _ONE = "\ua66e", "\ua74f"
_ESCAPED = re.compile(r"\\(.)")
_WILDCARD = re.compile(r"\\.|([*?])")
_LITERAL = re.compile(r"[^*?]+")
_SITE = re.compile(r"[\w.&' -]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Place(NamedTuple):
    """The field and the mode in which a leaf stands."""

    field: str = ""
    mode: str = ""


def worded(text: str, position: int, place: Place, *, quoted: bool, query: str) -> Query:
    """Make the leaf of a word, or of a phrase without its quotation marks."""
    shown = f'"{text}"' if quoted else text
    match place.field:
        case "site":
            return _site(text, position)
        case "folder":
            return _folder(text, shown, position, query)
        case "lang":
            return _language(text, position)
    if place.mode:
        return _modal(text, shown, position, place, query)
    wild = _with_wildcards(text, quoted=quoted)
    if wild is not None:
        return Sequence(_globs(wild, text, position), shown, position, place.field)
    terms = tuple(fast_terms(_ESCAPED.sub(r"\1", text) if "\\" in text else text))
    if not terms:
        raise _nothing(shown, position, query)
    one = len(terms) == 1
    return Word(terms[0], text, position, place.field) if one else Phrase(terms, text, position, place.field)


def fuzzy(text: str, suffix: str, position: int, place: Place, query: str) -> Query:
    """Make the leaf of a word with `~` behind it."""
    term, *more = terms_of(text) or [""]
    edits = int(suffix[1:]) if suffix[1:].isdecimal() else 1 if suffix == "~" else 0
    least = SHORTEST_FUZZY.get(edits, 0)
    if place.mode or place.field in {"site", "folder", "lang"}:
        raise _not_fuzzy(f"'~' cannot be used after {place.mode or place.field}:", text, suffix, position, query)
    if more or not term or is_unspaced(term) or _WILDCARD.search(text):
        problem = "'~' stands after one word of letters, or after a phrase"
        raise _not_fuzzy(problem, text, suffix, position, query)
    if not least:
        problem = f"'{suffix}' is not known; write ~1 or ~2 letters of difference"
        raise _not_fuzzy(problem, text, suffix, position, query, "~1")
    if len(term) < least:
        mend = "~1" if len(term) >= SHORTEST_FUZZY[1] else ""
        problem = f"'{text}' is too short for {suffix}: it takes {least} letters"
        raise _not_fuzzy(problem, text, suffix, position, query, mend)
    return Sequence((Fuzzy(term, edits),), text + suffix, position, place.field)


def _not_fuzzy(problem: str, text: str, suffix: str, position: int, query: str, mend: str = "") -> BadQuery:
    return BadQuery(problem, position, query[:position] + text + mend + query[position + len(text) + len(suffix) :])


def _nothing(shown: str, position: int, query: str) -> BadQuery:
    mend = f"{query[:position].rstrip()} {query[position + len(shown) :].lstrip()}".strip()
    return BadQuery(f"'{shown}' holds no letter or digit to look for", position, mend)


def _site(text: str, position: int) -> Site:
    value = fold(re.sub(r"^[a-z]+://", "", text.strip().lower()).split("/")[0].split("?")[0])
    if not _SITE.fullmatch(value) or not terms_of(value):
        raise BadQuery(f"'{text}' is no site; write site:example.org or the outlet's name", position)
    return Site(value.removeprefix("www."), position)


def _folder(text: str, shown: str, position: int, query: str) -> Folder:
    value = "/".join(filter(None, (fold(part.strip()) for part in _ESCAPED.sub(r"\1", text).split("/"))))
    if not value or '"' in value or "\\" in value:
        raise _nothing(shown, position, query)
    return Folder(value, position)


def _language(text: str, position: int) -> Language:
    code = text.strip().lower().replace("_", "-").split("-")[0]
    if not _LANGUAGE.fullmatch(code):
        raise BadQuery(f"'{text}' is no language; write its code of two letters, such as lang:de", position)
    return Language(code, position)


# Modes


def _modal(text: str, shown: str, position: int, place: Place, query: str) -> Query:
    if _with_wildcards(text, quoted=shown != text) is not None:
        mend = query.replace(f"{place.mode}:", "", 1)
        raise BadQuery(f"wildcards do not work after {place.mode}:", position, mend)
    plain = _ESCAPED.sub(r"\1", text)
    atoms = tuple(_modal_atom(token, plain, place.mode) for token in tokenise(plain))
    if not atoms:
        raise _nothing(shown, position, query)
    return Sequence(atoms, shown, position, place.field, place.mode)


def _modal_atom(token: Token, text: str, mode: str) -> Atom:
    surface = unicodedata.normalize("NFC", text[token.start : token.end])
    if mode == "name":
        heard = "" if is_unspaced(token.term) else sound(token.term)
        return Name(heard, token.term) if heard else Plain(token.term)
    if mode.startswith("stem"):
        return Stem(token.term, mode[5:])
    return Exact(surface, case=mode != "accents", accents=mode != "case")


# Wildcards


def _with_wildcards(text: str, *, quoted: bool) -> str | None:
    """Give the text with letters in place of its wildcards; None if it has none.

    In a phrase a question mark at the end of a word is one: "Who killed him?".
    """
    if "*" not in text and "?" not in text:
        return None
    found = False

    def replace(wildcard: re.Match[str]) -> str:
        nonlocal found
        if not wildcard[1]:
            return wildcard[0][1]
        if quoted and wildcard[1] == "?" and not text[wildcard.end() : wildcard.end() + 1].strip(".,;:!?*"):
            return " "
        found = True
        return _STAR if wildcard[1] == "*" else _ONE

    replaced = _WILDCARD.sub(replace, text)
    return replaced if found else None


def _globs(wild: str, text: str, position: int) -> tuple[Atom, ...]:
    terms = terms_of(wild)
    if " " not in text and any(is_unspaced(term) for term in terms):
        raise BadQuery(
            f"wildcards are not needed in this script ('{text}'): its characters are found wherever they stand",
            position,
        )
    atoms = tuple(_glob(term, text, position) for term in terms)
    if all(isinstance(atom, Anything) for atom in atoms):
        raise BadQuery(f"'{text}' holds no letter or digit to look for", position)
    return atoms


def _glob(term: str, text: str, position: int) -> Atom:
    pattern = term.replace(_STAR, "*").replace(_ONE, "?")
    if pattern == term:
        return Plain(term)
    if pattern == "*":
        return Anything()
    literal = max(map(len, _LITERAL.findall(pattern)), default=0)
    if literal < FEWEST_LETTERS:
        raise BadQuery(
            f"'{text}' stands for too many words: beside wildcards there must be {FEWEST_LETTERS} letters in a row",
            position,
        )
    if pattern.count("*") + pattern.count("?") > MOST_WILDCARDS:
        raise BadQuery(f"'{text}' has more than {MOST_WILDCARDS} wildcards", position)
    return Glob(re.sub(r"\*+", "*", pattern))
