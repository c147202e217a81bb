"""The words and fields of other services' queries, one by one, in ours.

In: a term of Google Alerts or Talkwalker. Out: ours, empty where there is nothing like it, and a remark. Pure. Trap: a
field that is not known here must not become a word that is looked for, or the query is never met.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase with what stands before it."""

    sign: str
    field: str
    compare: str
    value: str

    @property
    def written(self) -> str:
        """The term as it was written."""
        return f"{self.sign}{self.field}{self.compare}{self.value}"


Rule = Callable[[Term], tuple[str, str]]  #: gives ours, empty if it cannot be said, and a remark


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


def _of_site(term: Term) -> tuple[str, str]:
    return f"site:{_quoted(re.sub(r'^[a-z]+://|/.*$', '', term.value.strip(chr(34))))}", ""


def _dropped(term: Term) -> tuple[str, str]:
    return "", f"'{term.written}' was left out: there is nothing like it here"


def _dated(prefix: str) -> Rule:
    def rule(term: Term) -> tuple[str, str]:
        found = _DATE.search(term.value)
        return (f"published:{prefix or term.compare}{found[0]}", "") if found else _dropped(term)

    return rule


def _named(term: Term) -> tuple[str, str]:
    return f"site:{_quoted(term.value.replace('_', ' '))}", ""


_GOOGLE: dict[str, Rule] = {
    "site:": _of_site,
    "inurl:": lambda term: (f"url:{_quoted(term.value)}", ""),
    "intitle:": _fielded("title"),
    "intext:": _fielded("text"),
    "source:": _named,
    "before:": _dated("<"),
    "after:": _dated(">="),
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
FIELDS = {*_GOOGLE, *_GOOGLE_UNKNOWN, *_TALKWALKER}
_TALKWALKER_FIELD = re.compile(r"[a-z_]{4,}:")


def google_term(term: Term) -> tuple[str, str]:
    """Say a term of Google Alerts in ours."""
    if rule := _GOOGLE.get(term.field.lower()):
        return rule(term)
    if term.field.lower() in _GOOGLE_UNKNOWN or ".." in term.value:
        return _dropped(term)
    if term.value in {"and", "or"}:
        return "", f"'{term.value}' in lower case was left out"
    remark = f"'{term.written}' finds no synonyms here" if "~" in term.sign else ""
    return _plain(f"{term.field}{term.value}"), remark


def talkwalker_term(term: Term) -> tuple[str, str]:
    """Say a term of Talkwalker in ours."""
    if rule := _TALKWALKER.get(term.field):
        return rule(term)
    if term.field and _TALKWALKER_FIELD.fullmatch(term.field):
        return _dropped(term)
    if "++" in term.sign:
        return f"exact:{_quoted(term.value)}", ""
    return _plain(f"{term.field}{term.value}"), ""
