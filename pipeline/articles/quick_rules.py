"""Ask trafilatura's rules of names in Python, where its XPath takes three times as long.

In: one of its XPath expressions. Out: a rule that selects the same elements. Hides the grammar those rules are written
in: elements by tag, told by what their own attributes are, hold, begin with or match. libxml2 calls Python for each
test of each element, which was an eighth of an extraction; names recur, so here each is tested once. Trap: an
expression in any other grammar, after an update of the library, stays as it is: slower, never wrong.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice

from lxml.etree import XPath
from lxml.html import HtmlElement

Test = Callable[[str], bool]

_KEPT_ANSWERS = 20_000
_LONGEST_KEPT = 200  # characters; names that recur are shorter, and a page may bring megabytes of others
_ATTRIBUTES = r"@[\w-]+(?:\s*\|\s*@[\w-]+)*"
_TEXT = r"'[^']*'"
_TERM = re.compile(
    rf"(?:(?P<call>contains|starts-with|re:test)\(\s*(?:translate\(\s*)?(?P<of>{_ATTRIBUTES})"
    rf"(?:\s*,\s*(?P<upper>{_TEXT})\s*,\s*(?P<lower>{_TEXT})\s*\))?"
    rf"\s*,\s*(?P<text>{_TEXT})(?:\s*,\s*(?P<flag>'i'))?\s*\)"
    rf"|(?P<name>{_ATTRIBUTES})(?:\s*=\s*(?P<value>{_TEXT}))?)(?:\s+or\s+|$)"
)
_RULE = re.compile(
    r"\(?\.//\*(?:\[(?P<tags>self::\w+(?:\s+or\s+self::\w+)*)\])?\s*\[(?P<terms>.*?)\](?P<first>(?:\[1\])?(?:\)\[1\])?)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class QuickRule:
    """Elements of some tags that pass one of the tests."""

    tags: tuple[str, ...]
    single: Mapping[str, Test]  #: by the attribute they ask
    firsts: Sequence[tuple[frozenset[str], Test]]  #: these ask the first of some attributes that an element has
    only_first: bool

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        """Select within the tree, without its root; of a rule that wants the first, that one alone."""
        found = self._select(tree)
        return list(islice(found, 1)) if self.only_first else list(found)

    def _select(self, tree: HtmlElement) -> Iterator[HtmlElement]:
        find, firsts = self.single.get, self.firsts
        for element in tree.iterdescendants(*self.tags):
            said = element.items()
            for name, value in said:
                test = find(name)
                if test is not None and test(value):
                    yield element
                    break
            else:
                if firsts and said and self._passes_first(said):
                    yield element

    def _passes_first(self, said: Sequence[tuple[str, str]]) -> bool:
        for names, test in self.firsts:
            for name, value in said:
                if name in names:
                    if test(value):
                        return True
                    break
        return False


def quick(rule: XPath) -> Callable[[HtmlElement], list[HtmlElement]]:
    """Give a rule that selects what an expression selects (its first, if it asks for that); the same one if unread."""
    read = _RULE.fullmatch(rule.path.strip())
    tests = _tests(read["terms"].strip()) if read else None
    if read is None or not tests or "re:test" not in rule.path:  # without Python libxml2 is as fast
        return rule
    tags = tuple(re.findall(r"self::(\w+)", read["tags"] or "")) or ("*",)
    asked = [(names, _any_of(several)) for names, several in tests.items()]
    single = {next(iter(names)): test for names, test in asked if len(names) == 1}
    return QuickRule(tags, single, [one for one in asked if len(one[0]) > 1], bool(read["first"]))


def _tests(terms: str) -> dict[frozenset[str], list[Test]] | None:
    """Read terms joined by `or`; None if one is not of the grammar, or is met by an attribute that is not there."""
    found: dict[frozenset[str], list[Test]] = {}
    place = 0
    while place < len(terms):
        term = _TERM.match(terms, place)
        if term is None:
            return None
        test = _test(term)
        if term["call"] and test(""):
            return None
        found.setdefault(frozenset(re.findall(r"[\w-]+", term["of"] or term["name"])), []).append(test)
        place = term.end()
    return found


def _test(term: re.Match[str]) -> Test:
    if term["name"]:
        return partial(str.__eq__, _unquoted(term["value"])) if term["value"] else _is_there
    text = _unquoted(term["text"])
    match term["call"]:
        case "re:test":
            return partial(_matches, re.compile(text, re.IGNORECASE if term["flag"] else 0))
        case "contains":
            return partial(_holds, text, _translation(term))
        case _:
            return partial(_begins, text, _translation(term))


def _any_of(tests: Sequence[Test]) -> Test:
    """Join tests of one attribute, and keep their answers for names that may recur."""

    def ask(value: str) -> bool:
        return any(test(value) for test in tests)

    ask_once = lru_cache(_KEPT_ANSWERS)(ask)
    return lambda value: (ask_once if len(value) <= _LONGEST_KEPT else ask)(value)


def _translation(term: re.Match[str]) -> dict[int, int]:
    """Read `translate`, which these rules use to take one letter for another."""
    pairs = zip(_unquoted(term["upper"] or "''"), _unquoted(term["lower"] or "''"), strict=True)
    return {ord(upper): ord(lower) for upper, lower in pairs}


def _unquoted(text: str) -> str:
    return text[1:-1]


def _is_there(_: str) -> bool:
    return True


def _matches(pattern: re.Pattern[str], value: str) -> bool:
    return pattern.search(value) is not None


def _holds(text: str, translation: dict[int, int], value: str) -> bool:
    return text in value.translate(translation)


def _begins(text: str, translation: dict[int, int], value: str) -> bool:
    return value.translate(translation).startswith(text)
