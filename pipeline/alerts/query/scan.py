"""Cut a query into pieces, and say where its quotes, parentheses and operators do not fit.

In: the query as typed. Out: `Piece`s; or `BadQuery` with the mend for the one mistake it names. Pure. Trap: the check
is made only for queries that the parser refuses, since it words most mistakes better; what it lets pass need not parse.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.alerts.query.tree import OPERATORS
from pipeline.errors import BadQuery

LENGTH_LIMIT = 4_000  #: characters of a query
NESTING_LIMIT = 50  #: parentheses and negations inside each other

#: What keyboards and word processors put in place of the characters of the language.
_TYPED = str.maketrans(
    dict.fromkeys("“”„‟«»＂″", '"')
    | dict.fromkeys("‘’‚‛＇", "'")
    | dict.fromkeys("‐‑‒–—−－", "-")
    | {"（": "(", "）": ")", "＋": "+"}
    | {chr(code): " " for code in [*range(32), 127, 0x85, 0xA0, 0x2028, 0x2029]}
)

_PIECE = re.compile(
    r"""(?P<space>\s+)
    | (?P<saved>@"[^"]*")
    | (?P<phrase>"(?:[^\\"]|\\.)*")
    | (?P<regex>/(?=\S)(?:[^\\/]|\\.)+/(?=[\s)]|\Z))
    | (?P<value>(?:(?<=\burl:)|(?<=\bsite:))[^\s()"]+
        |(?<=\bpublished:)(?:[\[{][^\]}]*[\]}]|[<>]?=?[^\s()"<>=]+))
    | (?P<field>[A-Za-z][A-Za-z-]*:(?=[^\s:/]|/[^/]))
    | (?P<near>O?NEAR/\d+(?=[\s)(]|\Z))
    | (?P<fuzzy>~[\d.]*)
    | (?P<word>(?:[^\s:^~(){}[\]/"'+\-\\<>]|\\.)(?:[^\s:^\\~(){}[\]]|\\.)*)
    | (?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)
_SINGLE_QUOTED = re.compile(r"'([^'\"]+)'(?=$|[\s)])")


class Piece(NamedTuple):
    """One piece of a query; `kind` is a group of the pattern above."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The position after it."""
        return self.start + len(self.text)

    @property
    def is_operator(self) -> bool:
        """Whether it is AND, OR or NOT."""
        return self.kind == "word" and self.text in OPERATORS


def pieces(query: str) -> Iterator[Piece]:
    """Cut a query into pieces; what is no piece of the language is a symbol."""
    for found in _PIECE.finditer(query):
        yield Piece(found.lastgroup or "symbol", found[0], found.start())


def as_typed(query: str) -> str:
    """Give a query with typographic quotes, dashes and control characters replaced, each by one character."""
    return query.translate(_TYPED)


def check(typed: str) -> None:
    """Raise BadQuery at the first mistake of quotes, parentheses and operators; what is open at the end comes last.

    `typed` is as `as_typed` gives it.
    """
    checker = _Checker(typed)
    for piece in pieces(typed):
        checker.take(piece)
    checker.finish()


@dataclass(slots=True)
class _Checker:
    """What was read so far: the open parentheses, and the operator that still waits for its word."""

    query: str
    open_at: list[int] = field(default_factory=list)
    waiting: Piece | None = None  #: operator or "(" that needs a word after it
    has_word: bool = False  #: a word stands before this point, in this parenthesis

    def take(self, piece: Piece) -> None:
        if piece.kind == "symbol":
            self._take_symbol(piece)
        elif piece.is_operator or piece.kind == "near":
            self._take_operator(piece)
        elif piece.kind in {"word", "phrase", "regex", "saved", "value"}:
            self._take_word(piece)
        elif piece.kind == "field":
            self.waiting = piece

    def finish(self) -> None:
        if self.open_at:
            at = self.open_at[-1]
            raise BadQuery("this '(' is never closed", at, self._mend_end())
        if self.waiting:
            raise self._nothing_after(self.waiting)

    def _take_symbol(self, piece: Piece) -> None:
        match piece.text:
            case "(":
                self._open(piece)
            case ")":
                self._close(piece)
            case '"':
                rest = self.query[piece.end :].rstrip()
                mend = self.query.rstrip() + '"' if rest else self._without(piece)
                raise BadQuery("this quotation mark is never closed", piece.start, mend)
            case "'":
                self._take_apostrophe(piece)
            case "\\":
                raise BadQuery("'\\' at the end has nothing to escape", piece.start, self._without(piece))
            case "-" | "+":
                self._take_sign(piece)

    def _open(self, piece: Piece) -> None:
        self.open_at.append(piece.start)
        if len(self.open_at) > NESTING_LIMIT:
            raise BadQuery(f"parentheses are nested deeper than {NESTING_LIMIT}", piece.start)
        self.waiting, self.has_word = piece, False

    def _close(self, piece: Piece) -> None:
        if not self.open_at:
            raise BadQuery("this ')' closes nothing", piece.start, self._without(piece))
        if self.waiting and self.waiting.text == "(":
            raise BadQuery("the parentheses are empty", self.waiting.start, self._cut(self.waiting.start, piece.end))
        if self.waiting:
            raise self._nothing_after(self.waiting)
        self.open_at.pop()
        self.has_word = True

    def _take_apostrophe(self, piece: Piece) -> None:
        if quoted := _SINGLE_QUOTED.match(self.query, piece.start):
            mend = f'{self.query[: piece.start]}"{quoted[1]}"{self.query[quoted.end() :]}'
            raise BadQuery("a phrase stands in double quotation marks", piece.start, mend)

    def _take_sign(self, piece: Piece) -> None:
        before, after = self.query[: piece.start][-1:], self.query[piece.end :][:1]
        if before.strip() and before not in "(:":
            raise BadQuery(
                f"'{piece.text}' directly after this is unclear; put a space before it, or leave it out", piece.start
            )
        if not after.strip() or after in "-+)":
            raise BadQuery(
                f"'{piece.text}' stands alone; write it directly before the word it is meant for, or leave it out",
                piece.start,
            )
        self.waiting = piece

    def _take_operator(self, piece: Piece) -> None:
        if piece.text == "NOT":
            self.waiting = piece
            return
        if self.waiting and (self.waiting.is_operator or self.waiting.kind == "near"):
            mend = self._without(piece) if piece.text == self.waiting.text else ""
            raise BadQuery(f"{piece.text} directly after {self.waiting.text}: a word is missing", piece.start, mend)
        if self.waiting and self.waiting.text in "-+":
            raise self._nothing_after(self.waiting)
        if not self.has_word:
            raise BadQuery(f"{piece.text} has nothing before it", piece.start, self._without(piece))
        self.waiting = piece

    def _take_word(self, piece: Piece) -> None:
        if piece.kind == "word" and '"' in piece.text.replace('\\"', ""):
            at = piece.start + piece.text.index('"')
            raise BadQuery(
                "a quotation mark inside a word; put a space before it", at, f"{self.query[:at]} {self.query[at:]}"
            )
        self.waiting, self.has_word = None, True

    def _nothing_after(self, piece: Piece) -> BadQuery:
        return BadQuery(f"{piece.text} has nothing after it", piece.start, self._without(piece))

    def _mend_end(self) -> str:
        if self.waiting:
            return self._without(self.waiting)
        return self.query.rstrip() + ")" * len(self.open_at)

    def _without(self, piece: Piece) -> str:
        return self._cut(piece.start, piece.end)

    def _cut(self, start: int, end: int) -> str:
        left, right = self.query[:start].rstrip(), self.query[end:].lstrip()
        glue = "" if left.endswith("(") or right.startswith(")") else " "
        return f"{left}{glue}{right}".strip()
