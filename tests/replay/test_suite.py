"""The table of all benchmarks: what is found, run and read."""

from pathlib import Path

import pytest

from benchmarks.suite import Benchmark, Ended, find_benchmarks, is_met, rows_of, run, table

ABOUT = Benchmark("speed", "Measure speed.", has_quick=True)
ROW = "| pages a second | 370 | one other | 3.2 | 113 x | at least 60 x |"
RUNNABLE = '"""Measure it.\n\nMore."""\nif __name__ == "__main__":\n    {body}\n'


def folder_with(tmp_path: Path, **modules: str) -> Path:
    folder = tmp_path / "measured"
    folder.mkdir()
    for name, body in modules.items():
        (folder / f"{name}.py").write_text(RUNNABLE.format(body=body) if body else '"""Not to be run."""\n')
    return folder


def test_what_can_be_run_is_found(tmp_path: Path) -> None:
    """Modules that can be run and packages with a main module are benchmarks; others and the suite are not."""
    folder = folder_with(tmp_path, one='print("--quick")', shared="", suite="pass")
    (folder / "whole").mkdir()
    (folder / "whole" / "__main__.py").write_text('"""Play it."""\n')
    assert find_benchmarks(folder) == [Benchmark("one", "Measure it.", True), Benchmark("whole", "Play it.", False)]


def test_this_folder_has_its_benchmarks() -> None:
    """The real folder's benchmarks are found, each with a line about it."""
    found = {benchmark.name: benchmark.about for benchmark in find_benchmarks()}
    assert {"matching", "worker_throughput", "replay"} <= found.keys()
    assert all(found.values())


@pytest.mark.parametrize(
    ("body", "figure", "met"),
    [
        (f"print({ROW!r})", "370 against 3.2 (one other): 113 x", True),
        ("raise SystemExit(2)", "not run: without a word", None),
        ("1 / 0", "ended with exit code 1: ZeroDivisionError: division by zero", False),
        ("pass", "ran; it prints no figure with a target", None),
    ],
    ids=["row", "no data", "crash", "no figure"],
)
def test_a_run_becomes_rows(tmp_path: Path, body: str, figure: str, met: bool | None) -> None:
    """A benchmark is really run; its row is read, a lack is told, a crash is a miss."""
    folder = folder_with(tmp_path, one=body)
    [row] = rows_of(ABOUT, run(Benchmark("one", "", has_quick=False), quick=True, folder=folder))
    assert (row.figure, row.met) == (figure, met)


def test_a_missed_target_is_one_row() -> None:
    """The exit code of a benchmark whose row says that it missed needs no row of its own."""
    [row] = rows_of(ABOUT, Ended(1, ROW.replace("113 x", "13 x"), ""))
    assert row.met is False
    [row, failed] = rows_of(ABOUT, Ended(1, ROW, "it broke after that"))
    assert (row.met, failed.met) == (True, False)


@pytest.mark.parametrize(
    ("ratio", "target", "met"),
    [
        ("60 x", "at least 60 x", True),
        ("59.9 x", "at least 60 x", False),
        ("1,200 x", "at least 1,000 x", True),
        ("1.5", "at most 1.5", True),
        ("2 x", "at most 1.5 x", False),
        ("none", "at least 1", False),
    ],
)
def test_a_target_is_compared(ratio: str, target: str, met: bool) -> None:
    """Ratio and target are compared as numbers, in the direction the target says."""
    assert is_met(ratio, target) is met


def test_the_table_is_one() -> None:
    """Every line has the same columns, and the head of a benchmark's own table is no row."""
    output = f"| what | ours | against | theirs | ratio | target |\n|---|---|---|---|---|---|\nsome words\n{ROW}\n"
    lines = table(rows_of(ABOUT, Ended(0, output, "")))
    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert lines[2].endswith("| at least 60 x | yes |")
