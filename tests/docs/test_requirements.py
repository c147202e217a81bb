"""docs/reliability.md and docs/security.md: every requirement has its row, and what the row names is there."""

from pathlib import Path

import pytest

from benchmarks.faults.plays import FAULTS
from tests.docs.reading import DOCS, ROOT
from tests.docs.requirements import Shown, shown_in, told_by

RELIABILITY, SECURITY = DOCS / "reliability.md", DOCS / "security.md"
WANTED = [*((RELIABILITY, f"R{n}") for n in range(1, 39)), *((SECURITY, f"S{n}") for n in range(1, 39))]
ROWS = {page: shown_in(page) for page in (RELIABILITY, SECURITY)}
NAMES = {fault.name for fault in FAULTS}


def row_of(page: Path, number: str) -> Shown:
    """Give the row of a number."""
    assert number in ROWS[page], f"{page.name} has no row for {number}"
    return ROWS[page][number]


@pytest.mark.parametrize(("page", "number"), WANTED, ids=[number for _, number in WANTED])
def test_what_a_row_names_is_there(page: Path, number: str) -> None:
    """Nobody is sent to a file, a test or a fault that does not exist."""
    row = row_of(page, number)
    assert [name for name in row.files if not (ROOT / name).exists()] == []
    assert set(row.faults) <= NAMES


@pytest.mark.parametrize(("page", "number"), WANTED, ids=[number for _, number in WANTED])
def test_the_tests_of_a_row_speak_of_it(page: Path, number: str) -> None:
    """A requirement is shown by one test at least, and each that is named says so in its first words."""
    row = row_of(page, number)
    assert row.tests
    assert [file for file in row.tests if number not in told_by(file)] == []


def test_every_fault_stands_in_the_table() -> None:
    """What can be played is listed with its bound and what was seen."""
    page = RELIABILITY.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| {name} |" not in page] == []
