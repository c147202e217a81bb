"""Translate queries of Google Alerts and Talkwalker into ours.

In: a query in the other language. Out: `Translated`: ours, and what of it could not be said. Pure. Trap: Google binds
OR closer than AND, so `a b OR c` is `a (b OR c)` there; and what is dropped makes a query wider, so it is named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.alerts.foreign_terms import FIELDS, Rule, Term, google_term, talkwalker_term
from pipeline.alerts.query.scan import as_typed
from pipeline.alerts.query.syntax import parse_query
from pipeline.errors import BadQuery


@dataclass(frozen=True, slots=True)
class Translated:
    """A query in our language, which parses; and sentences on what was left out or means something else."""

    query: str
    remarks: tuple[str, ...]


_PIECE = re.compile(
    r"""(?P<near>O?NEAR/\d+f?\b|AROUND\(\d+\))
    | (?P<operator>\b(?:AND|OR|NOT)\b|\|)
    | (?P<term>(?P<sign>[-+~]*)(?P<field>[A-Za-z_]+:)?(?P<compare>[<>]=?)?
        (?P<value>"[^"]*"(?:~\d+)?|[^\s()|"]+))
    | (?P<symbol>[()]) | (?P<other>\S)""",
    re.VERBOSE,
)
_ALL_IN = re.compile(r"\ballin(?P<name>title|text|url|anchor):\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_WRITTEN = re.compile(r'[()|]|-?"[^"]*"|[^\s()|"]+')
_IS_OPERATOR = re.compile(r"[()|]|AND|OR|NOT")


def from_google(query: str) -> Translated:
    """Translate a query of Google Alerts; raises BadQuery if nothing remains that we can ask."""
    return _translate(_ALL_IN.sub(_each_in, as_typed(query)), google_term, or_binds_closer=True)


def _each_in(found: re.Match[str]) -> str:
    """Say of each word after `allintitle:` what this says of all of them."""
    pieces = _WRITTEN.findall(found["rest"])
    name = f"in{found['name'].lower()}:"
    return " ".join(piece if _IS_OPERATOR.fullmatch(piece) or ":" in piece else _led(name, piece) for piece in pieces)


def _led(name: str, piece: str) -> str:
    sign = "-" if piece.startswith("-") else ""
    return f"{sign}{name}{piece.removeprefix('-')}"


def from_talkwalker(query: str) -> Translated:
    """Translate a query of Talkwalker; raises BadQuery if nothing remains that we can ask."""
    return _translate(query, talkwalker_term, or_binds_closer=False)


def _translate(query: str, rule: Rule, *, or_binds_closer: bool) -> Translated:
    reader = _Reader(as_typed(query), rule, or_binds_closer)
    ours = reader.row()
    if reader.at < len(reader.pieces):
        reader.remarks.append("a parenthesis closes nothing; the query was read up to it")
    if ours.startswith("(") and _closes_at_end(ours):
        ours = ours[1:-1]
    if not ours:
        raise BadQuery("nothing of it can be asked here: " + "; ".join(reader.remarks), 0)
    try:
        parse_query(ours)
    except BadQuery as problem:
        raise BadQuery(f"{problem.problem} (translated: {ours})", 0, problem.suggestion) from None
    return Translated(ours, tuple(dict.fromkeys(reader.remarks)))


def _closes_at_end(text: str) -> bool:
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            return place == len(text) - 1
    return False


@dataclass(slots=True)
class _Reader:
    """Reads a query from left to right and writes ours; an operand that cannot be said is an empty text."""

    query: str
    rule: Rule
    or_binds_closer: bool
    remarks: list[str] = field(default_factory=list)
    pieces: list[re.Match[str]] = field(default_factory=list)
    at: int = 0

    def __post_init__(self) -> None:
        self.pieces = list(_PIECE.finditer(self.query))

    def row(self) -> str:
        """Read up to a closing parenthesis."""
        if self.or_binds_closer:
            return self._joined(self._and_words, lambda: self._joined(self._or_words, self._near, " OR "), " AND ")
        return self._joined(self._or_words, lambda: self._joined(self._and_words, self._near, " AND "), " OR ")

    def _joined(self, goes_on: Callable[[], bool], operand: Callable[[], str], glue: str) -> str:
        parts = [operand()]
        while goes_on():
            parts.append(operand())
        kept = [part for part in parts if part]
        if len(kept) > 1:
            return f"({glue.join(kept)})"
        return kept[0] if kept else ""

    def _or_words(self) -> bool:
        return self._takes({"OR", "|"})

    def _and_words(self) -> bool:
        """Whether another operand of AND follows, written or not."""
        if self._takes({"AND"}):
            return True
        return self.at < len(self.pieces) and self.pieces[self.at][0] not in {")", "OR", "|"}

    def _takes(self, words: set[str]) -> bool:
        if self.at < len(self.pieces) and self.pieces[self.at][0] in words:
            self.at += 1
            return True
        return False

    def _near(self) -> str:
        left = self._operand()
        while self.at < len(self.pieces) and self.pieces[self.at]["near"]:
            word = _near(self.pieces[self.at][0])
            self.at += 1
            right = self._operand()
            left = f"({left} {word} {right})" if left and right else left or right
        return left

    def _operand(self) -> str:
        if self.at >= len(self.pieces):
            return ""
        piece = self.pieces[self.at]
        self.at += 1
        if piece[0] == "(":
            inner = self.row()
            if not self._takes({")"}):
                self.remarks.append("a parenthesis is never closed; it was read as closed at the end")
            return inner
        if piece[0] == "NOT":
            inner = self._operand()
            return f"NOT {inner}" if inner else ""
        if piece["term"]:
            return self._term(piece)
        self.remarks.append(f"'{piece[0]}' was left out")
        return ""

    def _term(self, piece: re.Match[str]) -> str:
        sign, negated = piece["sign"], "-" in piece["sign"]
        term = Term(sign.replace("-", ""), piece["field"] or "", piece["compare"] or "", piece["value"])
        if not term.field and term.value.lower() in FIELDS:
            self.remarks.append(f"'{term.value}' was left out: nothing stands directly after it")
            return ""
        if not re.search(r"\w", term.value) or (term.value.startswith("-") and not negated):
            self.remarks.append(f"'{piece[0]}' was left out: it stands for any word")
            return ""
        ours, remark = self.rule(term)
        if remark:
            self.remarks.append(remark)
        return f"NOT {ours}" if negated and ours else ours


def _near(word: str) -> str:
    """Write a distance in ours: `AROUND(5)` is Google's, `NEAR/5f`, in this order, is Talkwalker's."""
    ours = word.replace("AROUND(", "NEAR/").rstrip(")")
    return f"O{ours.removeprefix('O')}".rstrip("f") if ours.endswith("f") else ours
