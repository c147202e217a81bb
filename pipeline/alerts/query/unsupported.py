"""Name what the query language does not have, where it stands, and what can be written instead.

In: the query and the place. Out: a `BadQuery` to raise. Pure. Trap: a suggestion here may still not parse; the
caller tries it and mends on, or drops it.
"""

import re
from difflib import get_close_matches

from pipeline.alerts.query.scan import Piece
from pipeline.errors import BadQuery

FIELDS = ("title", "text", "site", "feed", "folder", "lang", "author", "url", "published")
MODES = ("case", "accents", "exact", "stem", "name")

#: What other search languages call our fields.
_OTHER_FIELDS = {
    "headline": "title", "intitle": "title", "subject": "title", "body": "text", "content": "text", "intext": "text",
    "article": "text", "summary": "text", "source": "site", "domain": "site", "host": "site", "outlet": "site",
    "sourcedomain": "site", "language": "lang", "date": "published", "pubdate": "published", "inurl": "url",
    "link": "url", "byline": "author", "by": "author", "tag": "folder", "category": "folder", "stemmed": "stem",
}  # fmt: skip
_OTHER_OPERATORS = {"&&": "AND", "&": "AND", "||": "OR", "|": "OR", "!": "NOT"}
_OTHER_NEAR = re.compile(r"(O?)(?:NEAR|ADJ|W|N|PRE|AROUND|WITHIN)/?\(?(\d+)\)?")
_RANGE = "ranges are for dates, as in published:[2026-03-01 TO 2026-03-31]; write words and numbers with OR"


def symbol_problem(piece: Piece, query: str) -> BadQuery:
    """Say what is wrong with a character that means nothing where it stands."""
    mend = _single(f"{query[: piece.start]} {query[piece.end :]}")
    match piece.text:
        case ":":
            return _colon_problem(query, piece.start)
        case "^":
            mend = _single(query[: piece.start] + re.sub(r"^\^[\d.]*", "", query[piece.start :]))
            return BadQuery("weights are not supported: a query is met or not; leave the weight out", piece.start, mend)
        case "[" | "]" | "{" | "}":
            is_range = re.match(r"[\[{]\S+\s+TO\s", query[piece.start :])
            return BadQuery(f"'{piece.text}' cannot stand here: {_RANGE}", piece.start, "" if is_range else mend)
        case "<" | ">":
            problem = "comparisons are for dates, as in published:>=2026-03-01; write words and numbers with OR"
            return BadQuery(f"'{piece.text}' cannot stand here: {problem}", piece.start)
        case "/":
            problem = "a regular expression stands between slashes, as in /kurs[ck]/; quote a text with slashes"
            return BadQuery(f"'/' cannot stand here: {problem}", piece.start, mend)
    return BadQuery(f"'{piece.text}' is not expected here", piece.start, mend)


def _colon_problem(query: str, at: int) -> BadQuery:
    """Tell a headline's colon from what is one thing, such as 10:30 or an address."""
    start = re.search(r"[^\s()\"]*$", query[:at])
    begin = start.start() if start else at
    chunk = re.match(r'[^\s()"]+:[^\s()"]+', query[begin:])
    if chunk:
        return BadQuery(
            f"'{chunk[0]}' holds a colon; quote it", begin, _replace(query, begin, chunk[0], f'"{chunk[0]}"')
        )
    if query[begin:at].lower() in (*FIELDS, *MODES):
        return _field_alone(query, begin, at)
    problem = f"':' stands after a field; the fields are {', '.join(FIELDS)}; leave it out, or quote the words"
    return BadQuery(problem, at, _single(f"{query[:at]} {query[at + 1 :]}"))


def _field_alone(query: str, begin: int, at: int) -> BadQuery:
    """Say that a field is meant for what stands directly after it."""
    field, rest = query[begin : at + 1], query[at + 1 :].lstrip()
    if not rest or rest.startswith(")"):
        return BadQuery(f"'{field}' has nothing after it", begin, _single(f"{query[:begin]} {rest}"))
    problem = f"'{field}' stands alone; write it directly before the word it is meant for"
    return BadQuery(problem, begin, _single(query[:begin] + field.lower() + rest))


def field_problem(name: str, query: str, position: int) -> BadQuery:
    """Say that there is no such field, and which one may be meant."""
    lower = name.lower()
    close = get_close_matches(lower, [*FIELDS, *MODES], 1, 0.75)
    ours = _OTHER_FIELDS.get(lower) or (close[0] if close else "")
    if ours:
        mend = _replace(query, position, f"{name}:", f"{ours}:")
        return BadQuery(f"there is no field '{name}:'; write {ours}:", position, mend)
    chunk = re.match(r'[^\s()"]+:[^\s()"]+', query[position:])
    mend = _replace(query, position, chunk[0], f'"{chunk[0]}"') if chunk else ""
    known = ", ".join(f"{field}:" for field in (*FIELDS, *MODES))
    return BadQuery(f"there is no field '{name}:', only {known}; leave it out, or quote the words", position, mend)


def word_problem(word: str, query: str, position: int) -> BadQuery | None:
    """Find what a word says that this language writes otherwise: another language's operator."""
    if near := _OTHER_NEAR.fullmatch(word):
        ours = f"{near[1]}NEAR/{near[2]}"
        return BadQuery(f"write {ours} instead of '{word}'", position, _replace(query, position, word, ours))
    if ours := _OTHER_OPERATORS.get(word, ""):
        return BadQuery(f"write {ours} instead of '{word}'", position, _replace(query, position, word, ours))
    if word.startswith("!"):
        mend = _replace(query, position, word, "NOT " + word.lstrip("!"))
        return BadQuery("write NOT instead of '!'", position, mend)
    if "|" in word:
        mend = _replace(query, position, word, "(" + " OR ".join(filter(None, word.split("|"))) + ")")
        return BadQuery("write OR with spaces instead of '|'", position + word.index("|"), mend)
    return None


def _replace(query: str, start: int, old: str, new: str) -> str:
    return _single(query[:start] + new + query[start + len(old) :])


def _single(query: str) -> str:
    return " ".join(query.split())
