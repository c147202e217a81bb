"""`storywatch articles`: an article's texts, and what an edit changed."""

import json
from pathlib import Path

import pytest

from pipeline.store.database import Database
from tests.cli.test_deliveries import storywatch
from tests.stories.making import AGENCY
from tests.test_accept import news, taken
from tests.test_revise import reads


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a database with article 1, edited once, in the folder where the command looks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    database = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    database.migrate()
    with database.write() as tx:
        first = taken(tx, 1, news(1, AGENCY, title="Lock closes"))
        reads(tx, first, AGENCY.replace("eleven weeks", "twelve weeks"), "Northern lock closes")
    database.close()


@pytest.mark.usefixtures("edited")
def test_an_edit_is_shown_with_what_went_and_came(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`diff` marks words removed and added; `show` lists the texts there were."""
    assert storywatch(monkeypatch, "articles", "diff", "1") == 0
    shown = capsys.readouterr().out
    assert "[-eleven-]{+twelve+}" in shown
    assert "[-Lock-]{+Northern lock+}" in shown
    assert storywatch(monkeypatch, "articles", "diff", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["from"], told["to"], told["words_added"], told["words_removed"]) == (1, 2, 3, 2)
    assert storywatch(monkeypatch, "articles", "show", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["revision"], one["title"]) for one in told["revisions"]] == [
        (1, "Lock closes"),
        (2, "Northern lock closes"),
    ]
    assert storywatch(monkeypatch, "articles", "diff", "1", "7") != 0
    assert "kept are 1, 2" in "".join(capsys.readouterr())
