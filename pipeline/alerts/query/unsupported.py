"""Name what the query language does not have, where it stands, and what can be written instead.

In: the query and the place. Out: a `BadQuery` to raise. Pure. Trap: a suggestion here may still not parse; the
caller tries it and mends on, or drops it.
"""

import re

from pipeline.alerts.query.scan import pieces
from pipeline.errors import BadQuery

#: By luqum's name of the construct: what it is called, and what to write.
_CONSTRUCTS = {
    "SearchField": ("fields", "every word is looked for in title and text; leave the field out, or quote the words"),
    "Fuzzy": ("fuzzy words", "write the spellings with OR: (Zelensky OR Zelenskyy)"),
    "Proximity": ("words near each other", "ask for both words with AND"),
    "Boost": ("weights", "a query is met or not; leave the weight out"),
    "Range": ("ranges", "write the words or numbers with OR"),
    "From": ("comparisons", "write the words or numbers with OR"),
    "To": ("comparisons", "write the words or numbers with OR"),
    "Regex": ("regular expressions", "write the forms with OR, or put a text with slashes in quotation marks"),
    "Wildcard": ("wildcards", "write the forms with OR: (sanction OR sanctions)"),
}

#: The character that gives away a construct the parser could not even read.
_SYMBOLS = {
    ":": "SearchField", "~": "Fuzzy", "^": "Boost", "[": "Range", "]": "Range", "{": "Range", "}": "Range",
    "<": "To", ">": "From", "/": "Regex",
}  # fmt: skip

_FIELDS = frozenset({"title", "headline", "text", "body", "content", "article", "intitle", "intext", "summary"})
_WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*([*?])")
_OTHER_OPERATORS = {"&&": "AND", "&": "AND", "||": "OR", "|": "OR", "!": "NOT"}
_NEAR = re.compile(r"(?:NEAR|ONEAR|ADJ|W|N|PRE)/\d+")


def construct_problem(kind: str, query: str, start: int, end: int) -> BadQuery:
    """Say that the construct between two positions is not supported; `kind` is luqum's name for it."""
    name, advice = _CONSTRUCTS.get(kind, (kind, "write words, phrases, AND, OR, NOT and parentheses"))
    construct = query[start:end].rstrip()
    return BadQuery(f"{name} are not supported ('{construct}'): {advice}", start, _mend(kind, query, start, construct))


def symbol_problem(query: str, position: int) -> BadQuery:
    """Say why the parser stopped at a position: the first character up to there that means something to it."""
    for piece in pieces(query):
        if piece.kind == "symbol" and piece.text in _SYMBOLS and piece.start <= position:
            name, advice = _CONSTRUCTS[_SYMBOLS[piece.text]]
            mend = _single(f"{query[: piece.start]} {query[piece.end :]}")
            problem = f"'{piece.text}' cannot stand here; {name} are not supported: {advice}"
            return BadQuery(problem, piece.start, mend)
    shown = query[position : position + 1] or "the end"
    return BadQuery(f"'{shown}' is not expected here", position)


def word_problem(word: str, query: str, position: int) -> BadQuery | None:
    """Find what a word says that this language does not have: a wildcard, or another language's operator."""
    if wildcard := _WILDCARD.search(word):
        mend = query[: position + wildcard.start(1)] + query[position + wildcard.end(1) :]
        name, advice = _CONSTRUCTS["Wildcard"]
        return BadQuery(
            f"{name} are not supported ('{word}'): {advice}",
            position + wildcard.start(1),
            mend if wildcard[1] == "?" and wildcard.end() == len(word) else "",
        )
    if _NEAR.fullmatch(word):
        name, advice = _CONSTRUCTS["Proximity"]
        return BadQuery(f"{name} are not supported ('{word}'): {advice}", position, _replace(query, position, word, ""))
    return _foreign_operator(word, query, position)


def _foreign_operator(word: str, query: str, position: int) -> BadQuery | None:
    if ours := _OTHER_OPERATORS.get(word):
        return BadQuery(f"write {ours} instead of '{word}'", position, _replace(query, position, word, ours))
    if word.startswith("!"):
        return BadQuery(
            "write NOT instead of '!'", position, _replace(query, position, word, "NOT " + word.lstrip("!"))
        )
    if "|" in word:
        mend = _replace(query, position, word, "(" + " OR ".join(filter(None, word.split("|"))) + ")")
        return BadQuery("write OR with spaces instead of '|'", position + word.index("|"), mend)
    return None


def _mend(kind: str, query: str, start: int, construct: str) -> str:
    match kind:
        case "SearchField":
            return _mend_field(query, start)
        case "Boost":
            return _replace(query, start, construct, construct[: construct.rindex("^")])
        case "Proximity":
            words = construct[1 : construct.rindex('"')].split()
            return _replace(query, start, construct, "(" + " AND ".join(words) + ")")
    return ""


def _mend_field(query: str, start: int) -> str:
    """Drop a known field or the colon of a headline; quote what is one thing, such as 10:30 or an address."""
    found = re.match(r"([^\s:]+)\s*:\s*", query[start:])
    if not found:
        return ""
    if found[1].lower() in _FIELDS:
        return _replace(query, start, found[0], "")
    chunk = re.match(r'[^\s()"]+:[^\s()"]+', query[start:])
    if chunk:
        return _replace(query, start, chunk[0], f'"{chunk[0]}"')
    return _replace(query, start, found[0], found[1] + " ")


def _replace(query: str, start: int, old: str, new: str) -> str:
    return _single(query[:start] + new + query[start + len(old) :])


def _single(query: str) -> str:
    return " ".join(query.split())
