"""Find the benchmarks of this folder, run each in a process of its own, and read what it printed.

In: the folder. Out: `Row`s of one table. A benchmark is a module or package here that can be run. It prints its
figures as rows of a Markdown table with six cells, `| what | ours | against | theirs | ratio | target |`, the
target worded `at least 4 x` or `at most 1.5`; it ends with 1 if a target is missed and with 2, and a word on standard
error, if it lacks what it needs. Trap: timing is disturbed by neighbours, so they run one after the other.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LACKING = 2  #: the exit code of a benchmark that lacks its data
LONGEST_SECONDS = 3600
_OURSELVES = {"__main__", "suite", "quality", "faults", "soak"}  # the last three are no speed and run alone
_NUMBER = re.compile(r"-?\d+(?:[,\d]*\d)?(?:\.\d+)?")
_TARGET = re.compile(r"at (least|most)\s+(-?[\d.,]*\d)")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One that can be run as `python -m benchmarks.NAME`."""

    name: str
    about: str  #: the first line of its docstring
    has_quick: bool  #: whether it knows --quick


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended and what it printed."""

    exit_code: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `met` is None where nothing was measured."""

    name: str
    measured: str
    figure: str
    target: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """Say in a word whether the target is met."""
        return "-" if self.met is None else "yes" if self.met else "NO"


def find_benchmarks(folder: Path = FOLDER) -> list[Benchmark]:
    """Find every module and package that can be run, by name."""
    modules = [file for file in folder.glob("*.py") if file.stem not in _OURSELVES]
    runnable = [(file.stem, source) for file in modules if "__main__" in (source := file.read_text(encoding="utf-8"))]
    mains = [file for file in folder.glob("*/__main__.py") if file.parent.name not in _OURSELVES]
    packages = [(file.parent.name, file.read_text(encoding="utf-8")) for file in mains]
    return [Benchmark(name, _about(source), '"--quick"' in source) for name, source in sorted(runnable + packages)]


def _about(source: str) -> str:
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


def run(benchmark: Benchmark, *, quick: bool, folder: Path = FOLDER) -> Ended:
    """Run one to its end; one that never ends is ended and counts as failed."""
    flags = ["--quick"] if quick and benchmark.has_quick else []
    command = [sys.executable, "-m", f"{folder.name}.{benchmark.name}", *flags]
    try:
        done = subprocess.run(  # noqa: S603 - a module of our own
            command, cwd=folder.parent, capture_output=True, encoding="utf-8", timeout=LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Ended(1, "", f"not done after {LONGEST_SECONDS} seconds")
    return Ended(done.returncode, done.stdout, done.stderr)


def rows_of(benchmark: Benchmark, ended: Ended) -> list[Row]:
    """Read the rows of one benchmark; a failure that no row explains is a row itself."""
    rows = [_row(benchmark.name, cells) for line in ended.output.splitlines() if (cells := _cells(line))]
    last_word = (ended.errors.strip().splitlines() or ["without a word"])[-1]
    if ended.exit_code == LACKING:
        return [*rows, Row(benchmark.name, benchmark.about, f"not run: {last_word}", "-", None)]
    explained = any(row.met is False for row in rows)
    if ended.exit_code and not explained:
        why = f"ended with exit code {ended.exit_code}: {last_word}"
        return [*rows, Row(benchmark.name, benchmark.about, why, "to end with 0", met=False)]
    return rows or [Row(benchmark.name, benchmark.about, "ran; it prints no figure with a target", "-", None)]


def _cells(line: str) -> list[str]:
    """Give the six cells of a row; nothing for any other line, the head of a table included."""
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    is_row = line.lstrip().startswith("|") and len(cells) == 6 and _TARGET.search(cells[5])
    return cells if is_row else []


def _row(name: str, cells: Sequence[str]) -> Row:
    what, ours, against, theirs, ratio, target = cells
    return Row(name, what, f"{ours} against {theirs} ({against}): {ratio}", target, is_met(ratio, target))


def is_met(ratio: str, target: str) -> bool:
    """Compare a ratio such as `113 x` with a target such as `at least 60 x`; a ratio without a number misses it."""
    found, wanted = _NUMBER.search(ratio), _TARGET.search(target)
    if found is None or wanted is None:
        return False
    value, limit = float(found[0].replace(",", "")), float(wanted[2].replace(",", ""))
    return value >= limit if wanted[1] == "least" else value <= limit


def table(rows: Sequence[Row]) -> list[str]:
    """Give the table as lines of text, each column as wide as its widest cell."""
    head = ("name", "measured", "figure", "target", "met")
    lines = [head, *((row.name, row.measured, row.figure, row.target, row.verdict) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rule = tuple("-" * width for width in widths)
    cut = [lines[0], rule, *lines[1:]]
    return ["| " + " | ".join(f"{c:<{w}}" for c, w in zip(line, widths, strict=True)) + " |" for line in cut]
