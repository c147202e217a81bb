"""Translate queries of Google Alerts and Talkwalker into ours.

In: a query in the other language. Out: `Translated`: ours, and what of it could not be said. Pure. Trap: Google binds
OR closer than AND, so `a b OR c` is `a (b OR c)` there; and what is dropped makes a query wider, so it is named.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.alerts.query.scan import as_typed
from pipeline.alerts.query.syntax import parse_query
from pipeline.errors import BadQuery


@dataclass(frozen=True, slots=True)
class Translated:
    """A query in our language, which parses; and sentences on what was left out or means something else."""

    query: str
    remarks: tuple[str, ...]


_PIECE = re.compile(
    r"""(?P<near>O?NEAR/\d+|AROUND\(\d+\))
    | (?P<operator>\b(?:AND|OR|NOT)\b|\|)
    | (?P<term>(?P<sign>[-+~]*)(?P<field>[A-Za-z_]+:)?(?P<compare>[<>]=?)?
        (?P<value>"[^"]*"(?:~\d+)?|[^\s()|"]+))
    | (?P<symbol>[()]) | (?P<other>\S)""",
    re.VERBOSE,
)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or phrase with what stands before it."""

    sign: str
    field: str
    compare: str
    value: str

    @property
    def written(self) -> str:
        return f"{self.sign}{self.field}{self.compare}{self.value}"


Rule = Callable[[_Term], tuple[str, str]]  #: gives ours, empty if it cannot be said, and a remark


def from_google(query: str) -> Translated:
    """Translate a query of Google Alerts; raises BadQuery if nothing remains that we can ask."""
    return _translate(query, _google_term, or_binds_closer=True)


def from_talkwalker(query: str) -> Translated:
    """Translate a query of Talkwalker; raises BadQuery if nothing remains that we can ask."""
    return _translate(query, _talkwalker_term, or_binds_closer=False)


def _translate(query: str, rule: Rule, *, or_binds_closer: bool) -> Translated:
    reader = _Reader(as_typed(query), rule, or_binds_closer)
    ours = reader.row()
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
            word = self.pieces[self.at][0].replace("AROUND(", "NEAR/").rstrip(")")
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
            self._takes({")"})
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
        term = _Term(sign.replace("-", ""), piece["field"] or "", piece["compare"] or "", piece["value"])
        if not re.search(r"\w", term.value) or (term.value.startswith("-") and not negated):
            self.remarks.append(f"'{piece[0]}' was left out: it stands for any word")
            return ""
        ours, remark = self.rule(term)
        if remark:
            self.remarks.append(remark)
        return f"NOT {ours}" if negated and ours else ours


def _plain(value: str) -> str:
    """Write a word or phrase in ours: tags without their sign, what we would take for more in quotation marks."""
    if value.startswith('"'):
        return value
    bare = value.lstrip("#@")
    return bare if re.fullmatch(r"[\w*?'’.&-]*\w[\w*?'’.&-]*", bare) and "--" not in bare else f'"{bare}"'


def _quoted(value: str) -> str:
    return f'"{value.strip(chr(34)).strip("*")}"'


def _fielded(field_name: str) -> Rule:
    return lambda term: (f"{field_name}:{_plain(term.value)}", "")


def _of_site(term: _Term) -> tuple[str, str]:
    return f"site:{_quoted(re.sub(r'^[a-z]+://|/.*$', '', term.value.strip(chr(34))))}", ""


def _dropped(term: _Term) -> tuple[str, str]:
    return "", f"'{term.written}' was left out: there is nothing like it here"


def _dated(prefix: str) -> Rule:
    def rule(term: _Term) -> tuple[str, str]:
        found = _DATE.search(term.value)
        return (f"published:{prefix or term.compare}{found[0]}", "") if found else _dropped(term)

    return rule


def _named(term: _Term) -> tuple[str, str]:
    return f"site:{_quoted(term.value.replace('_', ' '))}", ""


_GOOGLE: dict[str, Rule] = {
    "site:": _of_site,
    "inurl:": lambda term: (f"url:{_quoted(term.value)}", ""),
    "intitle:": _fielded("title"),
    "intext:": _fielded("text"),
    "source:": _named,
    "before:": _dated("<"),
    "after:": _dated(">="),
    "allintitle:": lambda term: (f"title:{_plain(term.value)}", "'allintitle:' holds for its first word only here"),
    "allintext:": lambda term: (f"text:{_plain(term.value)}", "'allintext:' holds for its first word only here"),
}
_GOOGLE_UNKNOWN = {"filetype:", "ext:", "related:", "cache:", "link:", "location:", "info:", "define:", "inanchor:"}

_TALKWALKER: dict[str, Rule] = {
    "title:": _fielded("title"),
    "content:": _fielded("text"),
    "lang:": lambda term: (f"lang:{term.value.strip(chr(34))}", ""),
    "url:": lambda term: (f"url:{_quoted(term.value)}", ""),
    "domain_url:": _of_site,
    "host_url:": _of_site,
    "source:": _of_site,
    "author:": _fielded("author"),
    "author_name:": _fielded("author"),
    "published:": _dated(""),
}
_TALKWALKER_FIELD = re.compile(r"[a-z_]{4,}:")


def _google_term(term: _Term) -> tuple[str, str]:
    if rule := _GOOGLE.get(term.field.lower()):
        return rule(term)
    if term.field.lower() in _GOOGLE_UNKNOWN or ".." in term.value:
        return _dropped(term)
    if term.value in {"and", "or"}:
        return "", f"'{term.value}' in lower case was left out"
    remark = f"'{term.written}' finds no synonyms here" if "~" in term.sign else ""
    return _plain(f"{term.field}{term.value}"), remark


def _talkwalker_term(term: _Term) -> tuple[str, str]:
    if rule := _TALKWALKER.get(term.field):
        return rule(term)
    if term.field and _TALKWALKER_FIELD.fullmatch(term.field):
        return _dropped(term)
    if "++" in term.sign:
        return f"exact:{_quoted(term.value)}", ""
    return _plain(f"{term.field}{term.value}"), ""
