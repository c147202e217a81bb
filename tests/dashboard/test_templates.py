"""The templates as files: nothing in them that no page should show."""

import re
from pathlib import Path

import pytest

import dashboard

FOLDER = Path(dashboard.__file__).parent
FILES = sorted([*(FOLDER / "templates").glob("*.html"), *(FOLDER / "static").glob("*.*")])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_whole(file: Path) -> None:
    """No two versions of a file stand in it side by side."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith(("<<<<<<<", ">>>>>>>", "======="))]


@pytest.mark.parametrize("file", [file for file in FILES if file.suffix == ".html"], ids=lambda file: file.name)
def test_nothing_passes_unescaped(file: Path) -> None:
    """S12: no template lifts the escaping, and none holds a script or a style of its own (S15)."""
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b", text)
    assert "autoescape" not in text
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text
    assert " onclick=" not in text
