"""Fixtures for the tests of the command."""

import os
from pathlib import Path

import pytest

from tests.cli.test_commands import Command


@pytest.fixture
def storywatch_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Give the command in this process and an empty folder, without settings of the machine's."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("STORYWATCH_")]:
        monkeypatch.delenv(name)
    return Command(monkeypatch, capsys)
