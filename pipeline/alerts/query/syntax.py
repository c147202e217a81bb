"""Read a query into its tree.

In: the text a user typed, and how to find the saved queries it names. Out: a `Query`, or `BadQuery` with position,
reason and, where one is sure, a mended query that parses. Pure. Trap: NOT binds before NEAR, NEAR before AND, AND
before OR, and a missing operator is AND; Lucene's own parser reads `a b OR c` otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.alerts.query.dates import read_dates
from pipeline.alerts.query.leaves import Place, fuzzy, worded
from pipeline.alerts.query.plan import asks_nothing, first_exclusion, leaves, normalise
from pipeline.alerts.query.regexes import BadPattern, compiled
from pipeline.alerts.query.scan import LENGTH_LIMIT, NESTING_LIMIT, Piece, as_typed, check, pieces
from pipeline.alerts.query.stems import STEMMED
from pipeline.alerts.query.tree import And, Near, Not, Or, Phrase, Published, Query, Regex, Sequence, Word
from pipeline.alerts.query.unsupported import FIELDS, MODES, field_problem, symbol_problem, word_problem
from pipeline.errors import BadQuery

Saved = Callable[[str], str | None]  #: gives the query saved under a name, None if there is none

DISTANCE_LIMIT = 100  #: words of NEAR and `~`
EXPANDED_LIMIT = 20_000  #: characters of a query with the saved queries it names
SAVED_LIMIT = 20  #: saved queries inside each other
_MEND_ROUNDS = 10  #: one mistake is mended in each; a query with more is better written anew
_WORDED_FIELDS = {"", "title", "text", "author", "feed", "url"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as understood; `mixed` if AND and OR stand side by side without parentheses."""

    query: Query
    mixed: bool


def no_saved(_name: str) -> None:
    """Find no saved query."""


def parse_query(text: str, saved: Saved = no_saved) -> Query:
    """Parse a query; the tree keeps what was typed, words are folded.

    Raises BadQuery at the first mistake. Its suggestion is a whole query that parses, or empty.
    """
    return read_query(text, saved).query


def read_query(text: str, saved: Saved = no_saved, limit: int = LENGTH_LIMIT) -> Reading:
    """Parse a query and say how it was read; raises BadQuery as `parse_query` does."""
    try:
        return _read(text, saved, limit)
    except BadQuery as problem:
        suggestion = _mend(problem.suggestion, saved, limit)
        raise BadQuery(problem.problem, problem.position, suggestion) from None


def _mend(suggestion: str, saved: Saved, limit: int) -> str:
    """Mend on until the query parses; empty if it does not come to that."""
    for _ in range(_MEND_ROUNDS):
        if not suggestion:
            break
        try:
            _read(suggestion, saved, limit)
        except BadQuery as problem:
            suggestion = problem.suggestion
        else:
            return suggestion
    return ""


@dataclass(slots=True)
class _Library:
    """The saved queries, and how many of their characters one query may still take in."""

    find: Saved
    room: int = EXPANDED_LIMIT


def _read(text: str, saved: Saved, limit: int) -> Reading:
    return _read_within(text, _Library(saved), limit, ())


def _read_within(text: str, library: _Library, limit: int, within: tuple[str, ...]) -> Reading:
    if len(text) > limit:
        raise BadQuery(f"the query is longer than {limit:,} characters", limit)
    typed = as_typed(text)
    if not typed.strip():
        raise BadQuery("the query is empty", 0)
    parser = _Parser(typed, library, within)
    try:
        tree = parser.parse()
    except BadQuery:
        check(typed)  # what it has to say of quotes, parentheses and operators says more
        raise
    _refuse_pure_exclusion(tree)
    return Reading(tree, parser.mixed)


def _refuse_pure_exclusion(tree: Query) -> None:
    """Refuse what nearly every article would meet: somewhere, nothing but an exclusion is asked."""
    if not asks_nothing(tree):
        return
    normal = normalise(tree)
    found = leaves(normal)
    what = "one side of OR only excludes words" if found else "the query only excludes words"
    if found and all(isinstance(leaf, Published) for leaf in found):
        what = "only a date is asked for"
    raise BadQuery(
        f"{what}, so nearly every article would match; add a word that must be there", first_exclusion(normal)
    )


class _Parser:
    """Reads the pieces of one query from left to right."""

    def __init__(self, query: str, library: _Library, within: tuple[str, ...]) -> None:
        self.query = query
        self.mixed = False
        self._library = library
        self._within = within  #: the saved queries whose text this is, outermost first
        read = [piece for piece in pieces(query) if piece.kind != "space" and not self._is_idle(piece)]
        self._pieces: list[Piece | None] = [*read, None]  # None is the end
        self._at = 0

    def parse(self) -> Query:
        if self._peek() is None:
            raise BadQuery("the query holds no word", 0)
        tree = self._or(Place(), 0)
        if piece := self._peek():
            raise symbol_problem(piece, self.query)
        return _plain(tree)

    def _is_idle(self, piece: Piece) -> bool:
        """Whether it is an apostrophe before a word, as in 'tis."""
        return piece.text == "'" and self.query[piece.end : piece.end + 1] != "'" and not self._is_quote(piece)

    def _is_quote(self, piece: Piece) -> bool:
        return "'" in self.query[piece.end :] and not self.query[: piece.start][-1:].strip()

    def _peek(self) -> Piece | None:
        return self._pieces[self._at]

    def _next(self) -> Piece:
        piece = self._peek()
        if piece is None:
            raise BadQuery("a word is missing at the end", len(self.query.rstrip()))
        self._at += 1
        return piece

    def _take(self, text: str) -> Piece | None:
        """Take the next piece if it is this operator or symbol."""
        piece = self._peek()
        if piece is None or piece.text != text or piece.kind not in {"word", "symbol"}:
            return None
        self._at += 1
        return piece

    # Operators, those that bind least first

    def _or(self, place: Place, depth: int) -> Query:
        branches = [self._and(place, depth)]
        while self._take("OR"):
            branches.append(self._and(place, depth))
        for _, plus in branches if len(branches) > 1 else ():
            if plus:
                raise BadQuery("'+' beside OR is unclear; write AND and OR with parentheses", plus.start)
        if len(branches) == 1:
            return branches[0][0]
        self.mixed = self.mixed or any(isinstance(branch, _Row) for branch, _ in branches)
        return Or(tuple(_plain(branch) for branch, _ in branches))

    def _and(self, place: Place, depth: int) -> "tuple[Query, Piece | None]":
        parts: list[Query] = []
        plus = None
        while not parts or self._take("AND") or self._begins_operand():
            plus = self._peek() if self._next_is("+") else plus
            parts.append(self._unary(place, depth))
        return (parts[0] if len(parts) == 1 else _Row(tuple(parts))), plus

    def _begins_operand(self) -> bool:
        piece = self._peek()
        return piece is not None and piece.text not in {")", "OR"}

    def _next_is(self, text: str) -> bool:
        piece = self._peek()
        return piece is not None and piece.kind == "symbol" and piece.text == text

    def _unary(self, place: Place, depth: int) -> Query:
        _bound(depth, self._peek())
        if operator := self._take("NOT"):
            return Not(self._unary(place, depth + 1), operator.start)
        if self._next_is("-") or self._next_is("+"):
            sign = self._next()
            self._check_sign(sign)
            if sign.text == "-":
                return Not(self._unary(place, depth + 1), sign.start)
        return self._near(place, depth)

    def _check_sign(self, sign: Piece) -> None:
        before, after = self.query[: sign.start][-1:], self.query[sign.end :][:1]
        if (before.strip() and before not in "(:") or not after.strip() or after in "-+)":
            raise BadQuery(f"'{sign.text}' is not expected here", sign.start)

    def _near(self, place: Place, depth: int) -> Query:
        first = self._peek()
        parts = [self._primary(place, depth)]
        operator = ""
        while (piece := self._peek()) and piece.kind == "near":
            if operator and piece.text != operator:
                raise BadQuery(
                    f"{operator} and {piece.text} side by side: write parentheses or one distance", piece.start
                )
            operator = self._next().text
            parts.append(self._primary(place, depth))
        if not operator:
            return parts[0]
        start = first.start if first else 0
        distance = int(operator.partition("/")[2])
        return self._nearby(parts, distance, start, ordered=operator.startswith("O"))

    def _nearby(self, parts: list[Query], distance: int, start: int, *, ordered: bool = False) -> Query:
        if distance > DISTANCE_LIMIT:
            mend = self.query.replace(f"/{distance}", f"/{DISTANCE_LIMIT}").replace(
                f"~{distance}", f"~{DISTANCE_LIMIT}"
            )
            raise BadQuery(f"words are near each other up to a distance of {DISTANCE_LIMIT}", start, mend)
        flat = tuple(_plain(part) for part in parts)
        if not all(_has_places(part) for part in flat):
            raise BadQuery("NEAR stands between words, phrases, or words with OR in parentheses", start)
        if (
            len({leaf.field for part in flat for leaf in leaves(part) if isinstance(leaf, Word | Phrase | Sequence)})
            > 1
        ):
            raise BadQuery("words near each other stand in one field", start)
        return Near(flat, distance, ordered, start)

    # What operators stand between

    def _primary(self, place: Place, depth: int) -> Query:
        _bound(depth, self._peek())
        piece = self._next()
        match piece.kind:
            case "field":
                return self._primary(self._place(piece, place), depth)
            case "saved":
                return self._inline(piece, place)
            case "regex":
                return self._regex(piece, place)
            case "phrase":
                return self._phrase(piece, place)
            case "word" | "value":
                return self._word(piece, place)
        if piece.text == "(" and piece.kind == "symbol":
            return self._group(piece, place, depth)
        if piece.kind == "fuzzy":
            mend = f"{self.query[: piece.start].rstrip()}{self.query[piece.end :]}"
            raise BadQuery("'~' stands directly after a word or a phrase", piece.start, mend)
        raise symbol_problem(piece, self.query)

    def _group(self, opened: Piece, place: Place, depth: int) -> Query:
        tree = self._or(place, depth + 1)
        if not self._take(")"):
            raise BadQuery("this '(' is never closed", opened.start, self.query.rstrip() + ")")
        return _plain(tree)

    def _place(self, piece: Piece, around: Place) -> Place:
        name = piece.text[:-1]
        if name in FIELDS:
            if around.field or around.mode:
                raise self._nested(piece, around)
            return Place(name, "")
        if name in MODES or (name.startswith("stem-") and name[5:] in STEMMED):
            if around.mode or around.field not in _WORDED_FIELDS:
                raise self._nested(piece, around)
            return Place(around.field, name)
        if name.startswith("stem-"):
            raise BadQuery(f"there are no rules for '{name[5:]}'; there are: {', '.join(STEMMED)}", piece.start)
        raise field_problem(name, self.query, piece.start)

    def _nested(self, piece: Piece, around: Place) -> BadQuery:
        outer = around.mode or around.field
        mend = f"{self.query[: piece.start]}{self.query[piece.end :]}"
        return BadQuery(f"'{piece.text}' cannot stand after {outer}:", piece.start, mend)

    def _word(self, piece: Piece, place: Place) -> Query:
        if place.field == "published":
            return read_dates(piece.text, piece.start)
        if piece.is_operator:
            raise BadQuery(f"{piece.text} is not expected here", piece.start)
        if '"' in piece.text.replace('\\"', ""):
            raise BadQuery("a quotation mark inside a word", piece.start)
        problem = None if place.field else word_problem(piece.text, self.query, piece.start)
        if problem:
            raise problem
        if suffix := self._suffix(piece):
            return fuzzy(piece.text, suffix.text, piece.start, place, self.query)
        return worded(piece.text, piece.start, place, quoted=False, query=self.query)

    def _phrase(self, piece: Piece, place: Place) -> Query:
        text = piece.text[1:-1]
        suffix = self._suffix(piece)
        if place.field == "published":
            return read_dates(text, piece.start)
        if not suffix:
            return worded(text, piece.start, place, quoted=True, query=self.query)
        if not suffix.text[1:].isdecimal():
            raise BadQuery("after a phrase '~' takes a number of words, as in ~5", suffix.start)
        shift = piece.start + 1
        words = [worded(word, shift + text.find(word), place, quoted=False, query=self.query) for word in text.split()]
        if len(words) == 1:
            return words[0]
        return self._nearby(words, int(suffix.text[1:]), piece.start)

    def _suffix(self, before: Piece) -> Piece | None:
        piece = self._peek()
        if piece is None or piece.kind != "fuzzy" or piece.start != before.end:
            return None
        return self._next()

    def _regex(self, piece: Piece, place: Place) -> Query:
        pattern, case = piece.text[1:-1], place.mode == "case"
        if (place.mode and not case) or place.field not in {"", "title", "text", "url"}:
            raise BadQuery(f"a regular expression cannot stand after {place.mode or place.field}:", piece.start)
        try:
            compiled(pattern, case=case)
        except BadPattern as problem:
            raise BadQuery(f"the regular expression cannot be used: {problem}", piece.start) from None
        return Regex(pattern, case, piece.start, place.field)

    def _inline(self, piece: Piece, place: Place) -> Query:
        name = piece.text[2:-1]
        if place != Place():
            raise BadQuery(f"a saved query cannot stand after {place.mode or place.field}:", piece.start)
        if name in self._within:
            way = " in ".join(f'@"{one}"' for one in (*self._within[self._within.index(name) :], name))
            raise BadQuery(f"the saved query would hold itself: {way}", piece.start)
        text = self._library.find(name)
        if text is None:
            raise BadQuery(f"no query is saved under the name '{name}'", piece.start)
        self._library.room -= len(text)
        if self._library.room < 0 or len(self._within) >= SAVED_LIMIT:
            raise BadQuery(
                f"with its saved queries the query is longer than {EXPANDED_LIMIT:,} characters", piece.start
            )
        try:
            return _read_within(text, self._library, LENGTH_LIMIT, (*self._within, name)).query
        except BadQuery as problem:
            raise BadQuery(f"in the saved query '{name}': {problem.problem}", piece.start) from None


@dataclass(frozen=True, slots=True)
class _Row(And):
    """An AND that no parentheses hold together."""


def _plain(query: Query) -> Query:
    return And(query.parts) if isinstance(query, _Row) else query


def _has_places(query: Query) -> bool:
    if isinstance(query, Or):
        return all(_has_places(part) for part in query.parts)
    return isinstance(query, Word | Phrase | Sequence)


def _bound(depth: int, piece: Piece | None) -> None:
    if depth > NESTING_LIMIT:
        start = piece.start if piece else 0
        raise BadQuery(f"parentheses and negations are nested deeper than {NESTING_LIMIT}", start)
