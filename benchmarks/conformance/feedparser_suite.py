"""feedparser's tests: a comment in each document holds a Python expression over what feedparser gives.

In: documents. Out: `Case`s. Hides ast. Trap: an expression compares much that no entry here has (authors, media,
HTML after sanitising); only conjunctions of equalities over titles, links, ids, dates and texts are taken.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.conformance.said import URL, Case, Said
from pipeline.urls import absolute

_EXPECT = re.compile(rb"Expect:\s*(.*?)\s*(?:-->|[\r\n]|$)")
_HEADER = re.compile(rb"Header:\s*([\w-]+):\s*(.*)")
_MEANING = {
    "title": "title", "link": "link", "id": "id", "guid": "id", "description": "text", "summary": "text",
    "published_parsed": "date", "updated_parsed": "date", "created_parsed": "date",
}  # fmt: skip
_DETAILS = {"title_detail": "title", "summary_detail": "text", "content": "text"}
_FEED_FIELDS = {"title", "link"}


def read_case(name: str, body: bytes) -> Case:
    """Read one document's expectation out of its comment."""
    headers = {found[1].decode().lower(): found[2].decode().strip() for found in _HEADER.finditer(body[:3000])}
    url = absolute(URL, headers.get("content-location", "")) or URL
    return Case("feedparser", name, body, tuple(_said(body)), url, headers.get("content-type", ""))


def _said(body: bytes) -> Iterator[Said]:
    found = _EXPECT.search(_readable(body))
    if found is None:
        return
    try:
        expression = ast.parse(found[1].decode("utf-8", "replace").strip(), mode="eval").body
    except SyntaxError:
        return
    terms = expression.values if isinstance(expression, ast.BoolOp) else [expression]
    if isinstance(expression, ast.BoolOp) and not isinstance(expression.op, ast.And):
        return
    for term in terms:
        yield from _of_term(term)


def _readable(body: bytes) -> bytes:
    """Bring UTF-16 and UTF-32 documents to bytes in which the comment can be found."""
    return body.replace(b"\0", b"") if b"\0" in body[:200] else body


def _of_term(term: ast.expr) -> Iterator[Said]:
    if isinstance(term, ast.UnaryOp) and isinstance(term.op, ast.Not):
        yield from _of_absence(term.operand)
        return
    if not (isinstance(term, ast.Compare) and all(isinstance(op, ast.Eq) for op in term.ops)):
        return
    try:
        wanted = ast.literal_eval(term.comparators[-1])
    except ValueError:
        return
    for side in (term.left, *term.comparators[:-1]):
        yield from _of_equality(_path(side), wanted)


def _of_equality(path: list[object], wanted: object) -> Iterator[Said]:
    match path:
        case ["len", "entries"]:
            yield Said("count", wanted)
        case ["feed", str(key)] if key in _FEED_FIELDS:
            yield Said(_MEANING[key], wanted)
        case ["feed", "title_detail", "value"]:
            yield Said("title", wanted)
        case ["entries", int(entry), str(key)] if key in _MEANING:
            yield Said(_MEANING[key], _as_date(wanted) if _MEANING[key] == "date" else wanted, entry)
        case ["entries", int(entry), str(key), "value"] | ["entries", int(entry), str(key), 0, "value"]:
            if key in _DETAILS:
                yield Said(_DETAILS[key], wanted, entry)


def _of_absence(operand: ast.expr) -> Iterator[Said]:
    """Read `not entries[0].has_key('link')`."""
    if isinstance(operand, ast.Call) and isinstance(operand.func, ast.Attribute) and operand.func.attr == "has_key":
        match [*_path(operand.func.value), *(ast.literal_eval(one) for one in operand.args)]:
            case ["entries", int(entry), "link"]:
                yield Said("link", "", entry)


def _path(node: ast.expr) -> list[object]:
    """Give `entries[0]['title']` as a list; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Subscript(value=value, slice=key):
            inner = _path(value)
            try:
                return [*inner, ast.literal_eval(key)] if inner else []
            except ValueError:
                return []
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
            return ["len", name]
        case _:
            return []


def _as_date(wanted: object) -> datetime | None:
    if not isinstance(wanted, tuple):
        return None
    year, month, day, hour, minute, second = wanted[:6]
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
