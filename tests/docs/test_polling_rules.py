"""The page of the rules of polling: every rule is there, and the tests it names speak of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = [*(f"F{n}" for n in range(1, 45)), "S17", "S20", "S21", "S23", "S30", "S35", "R28", "R29"]
ROW = re.compile(r"^\| ([FRS]\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
RANGE = re.compile(r"\b([FRS])(\d+) to [FRS]?(\d+)\b")


def rows() -> dict[str, list[str]]:
    """Give the test files that the page names, by number."""
    page = (ROOT / "docs/polling-rules.md").read_text()
    return {number: re.findall(r"`([^`]+)`", shown) for number, shown in ROW.findall(page)}


def told(file: Path) -> Iterator[str]:
    """Give the numbers of which the tests of a file speak."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            words = ast.get_docstring(node) or ""
            yield from re.findall(r"\b[FRS]\d+\b", words)
            for kind, first, last in RANGE.findall(words):
                yield from (f"{kind}{n}" for n in range(int(first), int(last) + 1))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_rule_is_shown_by_tests_that_name_it(number: str) -> None:
    """A rule without a test, or with one that does not speak of it, is a promise that nobody keeps."""
    files = rows()[number]
    assert files
    for file in files:
        assert number in set(told(ROOT / "tests" / file)), file
