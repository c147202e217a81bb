"""Read the tables of numbered requirements: which files hold one, and which tests and faults show it.

In: a page whose tables have rows that begin with numbers, `R1` or `S1 to S5, S16`. Out: `Shown` by number, and the
numbers of which a file's tests speak. Hides ast. Trap: only what stands in the last cell counts as shown; the others
may name anything that exists.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.reading import ROOT

_NAMED = re.compile(r"`([\w./-]+\.(?:py|yml|toml|lock)|[\w/]+/)`")
_FAULT = re.compile(r"fault `([\w-]+)`")
_RANGE = re.compile(r"\b([FRS])(\d+) to [FRS]?(\d+)\b")


@dataclass(frozen=True, slots=True)
class Shown:
    """One row: what the table says of a requirement."""

    files: tuple[str, ...]  #: named anywhere in the row
    tests: tuple[str, ...]  #: named in its last cell
    faults: tuple[str, ...]  #: of `benchmarks.faults`


def numbers(text: str) -> set[str]:
    """Give the numbers that a text names, ranges spelt out."""
    found = set(re.findall(r"\b[FRS]\d+\b", text))
    for kind, first, last in _RANGE.findall(text):
        found |= {f"{kind}{number}" for number in range(int(first), int(last) + 1)}
    return found


def shown_in(page: Path) -> dict[str, Shown]:
    """Give what each row says, by number; one row may stand for several."""
    found: dict[str, Shown] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and re.match(r"[RS]\d+\b", cells[0]):
            row = Shown(_named(line), _named(cells[-1]), tuple(_FAULT.findall(cells[-1])))
            found |= dict.fromkeys(numbers(cells[0]), row)
    return found


def told_by(file: str) -> set[str]:
    """Give the numbers of which a test file speaks, in the first words of its tests."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {number for words in _docstrings(tree) for number in numbers(words)}


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield ast.get_docstring(node) or ""


def _named(text: str) -> tuple[str, ...]:
    return tuple(name for name in _NAMED.findall(text) if "/" in name)
