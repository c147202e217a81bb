"""Read a query: words, phrases, AND, OR, NOT, `-`, parentheses.

In: the text a user typed. Out: a `Query` tree of our own, or `BadQuery` with position, reason and, where one is
sure, a mended query; `notes` says what is understood otherwise than some expect. Hides luqum.
Trap: luqum lets a missing operator bind less than OR (`a b OR c` is `a (b OR c)` to it) and nests by its own
order, so operations are read as one row and grouped here: NOT before AND before OR; a missing operator is AND.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from luqum import tree as parsed
from luqum.exceptions import ParseError
from luqum.thread import parse

from pipeline.alerts.query.fold import terms_of
from pipeline.alerts.query.plan import asks_nothing, first_exclusion, leaves, normalise
from pipeline.alerts.query.scan import NESTING_LIMIT, prepare
from pipeline.alerts.query.tree import And, Not, Or, Phrase, Query, Word
from pipeline.alerts.query.unsupported import construct_problem, symbol_problem, word_problem
from pipeline.errors import BadQuery

_MEND_ROUNDS = 10  #: one mistake is mended in each; a query with more is better written anew


def parse_query(text: str) -> Query:
    """Parse a query; the tree keeps what was typed, words are folded.

    Raises BadQuery at the first mistake. Its suggestion is a whole query that parses, or empty.
    """
    return read_query(text).query


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as understood; `mixed` if AND and OR stand side by side without parentheses."""

    query: Query
    mixed: bool


def read_query(text: str) -> Reading:
    """Parse a query and say how it was read; raises BadQuery as `parse_query` does."""
    try:
        return _read(text)
    except BadQuery as problem:
        raise BadQuery(problem.problem, problem.position, _mend(problem.suggestion)) from None


def _mend(suggestion: str) -> str:
    """Mend on until the query parses; empty if it does not come to that."""
    for _ in range(_MEND_ROUNDS):
        if not suggestion:
            break
        try:
            _read(suggestion)
        except BadQuery as problem:
            suggestion = problem.suggestion
        else:
            return suggestion
    return ""


def _read(text: str) -> Reading:
    query = prepare(text)
    try:
        root = parse(query)
    except ParseError as error:
        raise symbol_problem(query, _position_of(error, len(query))) from None
    reader = _Reader(query)
    tree = reader.read(root, 0)
    _refuse_pure_exclusion(tree)
    return Reading(tree, reader.mixed)


def _position_of(error: ParseError, end: int) -> int:
    """Take the position out of luqum's message; it gives it nowhere else."""
    found = re.search(r"at position (\d+)!?$", str(error))
    return int(found[1]) if found else end


def _refuse_pure_exclusion(tree: Query) -> None:
    """Refuse what nearly every article would meet: somewhere, nothing but an exclusion is asked."""
    if not asks_nothing(tree):
        return
    normal = normalise(tree)
    what = "one side of OR" if leaves(normal) else "the query"
    raise BadQuery(
        f"{what} only excludes words, so nearly every article would match; add a word that must be there",
        first_exclusion(normal),
    )


class _Reader:
    """Turns luqum's tree into ours; `query` is needed to quote from in problems."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.mixed = False

    def read(self, node: parsed.Item, depth: int) -> Query:
        """Read one node; `depth` counts groups and negations around it, which bounds the recursion."""
        position = node.pos or 0
        if depth > NESTING_LIMIT:
            raise BadQuery(f"parentheses and negations are nested deeper than {NESTING_LIMIT}", position)
        match node:
            case parsed.BaseOperation():
                return self._read_row(list(_row(node)), depth)
            case parsed.BaseGroup():
                return self.read(node.expr, depth + 1)
            case parsed.Not() | parsed.Prohibit():
                return Not(self.read(node.a, depth + 1), position)
            case parsed.Plus():
                return self.read(node.a, depth + 1)
            case parsed.Phrase():
                return self._read_terms(node.value[1:-1], position, len(node.value))
            case parsed.Word():
                return self._read_word(node.value, position)
        raise construct_problem(type(node).__name__, self.query, position, position + (node.size or 0))

    def _read_row(self, row: list[tuple[str, parsed.Item]], depth: int) -> Query:
        """Group a row of operands: AND binds before OR."""
        branches: list[list[Query]] = []
        has_or = any(operator == "OR" for operator, _ in row)
        for operator, operand in row:
            if has_or and isinstance(operand, parsed.Plus):
                raise BadQuery("'+' beside OR is unclear; write AND and OR with parentheses", operand.pos or 0)
            if operator != "AND":
                branches.append([])
            branches[-1].append(self.read(operand, depth))
        alternatives = [parts[0] if len(parts) == 1 else And(tuple(parts)) for parts in branches]
        if len(alternatives) == 1:
            return alternatives[0]
        self.mixed = self.mixed or any(len(parts) > 1 for parts in branches)
        return Or(tuple(alternatives))

    def _read_word(self, value: str, position: int) -> Query:
        if problem := word_problem(value, self.query, position):
            raise problem
        return self._read_terms(value, position, len(value))

    def _read_terms(self, text: str, start: int, length: int) -> Query:
        terms = terms_of(re.sub(r"\\(.)", r"\1", text))
        if not terms:
            end = start + length
            mend = f"{self.query[:start].rstrip()} {self.query[end:].lstrip()}".strip()
            raise BadQuery(f"'{self.query[start:end]}' holds no letter or digit to look for", start, mend)
        return Word(terms[0], text, start) if len(terms) == 1 else Phrase(terms, text, start)


def _row(root: parsed.Item) -> Iterator[tuple[str, parsed.Item]]:
    """Yield the operands of an operation and of those directly in it in order, each with the operator before it."""
    stack = [("", root)]
    while stack:
        before, node = stack.pop()
        if isinstance(node, parsed.BaseOperation):
            operator = "OR" if isinstance(node, parsed.OrOperation) else "AND"
            stack.extend((operator, operand) for operand in reversed(node.operands[1:]))
            stack.append((before, node.operands[0]))
        else:
            yield before, node
