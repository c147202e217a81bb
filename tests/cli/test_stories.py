"""`storywatch stories`: why an article is where it is, and the hand's word on it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.store.database import Database
from tests.cli.test_deliveries import storywatch
from tests.stories.making import AGENCY, OTHER, OWN_WORDS
from tests.test_accept import news, taken


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Give a database with two stories, of articles 1 and 3 and of article 2, in the folder where the command looks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    database = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    database.migrate()
    with database.write() as tx:
        for number, (title, text) in enumerate((("Lock closes", AGENCY), ("Bread", OTHER), ("Ferries", OWN_WORDS)), 1):
            taken(tx, number, news(number, text, title=title))
    yield database
    database.close()


class Asked:
    """The command, with what it prints."""

    def __init__(self, newsroom: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.newsroom, self._monkeypatch, self._capsys = newsroom, monkeypatch, capsys

    def __call__(self, *arguments: object) -> str:
        self._capsys.readouterr()
        assert storywatch(self._monkeypatch, "stories", *map(str, arguments)) == 0
        return self._capsys.readouterr().out

    def json(self, *arguments: object) -> Any:
        """Give what is printed for programs."""
        return json.loads(self(*arguments, "--json"))

    def stories(self) -> dict[str, int]:
        """Give each story's title and its number of articles."""
        return {row["title"]: row["articles"] for row in self.json("list")}


@pytest.fixture
def asked(newsroom: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asked:
    """Give the command in the newsroom's folder."""
    return Asked(newsroom, monkeypatch, capsys)


def test_a_decision_is_explained_as_it_was_made(asked: Asked) -> None:
    """The candidates with their scores, what would have been enough, and what a hand did since."""
    told = asked.json("explain", 3)
    assert (told["decision"], told["story"], told["copy_of"]) == ("report", 1, None)
    assert told["stories"][0]["title"] == "Lock closes"
    assert told["stories"][0]["score"] == told["score"] >= told["enough"]["report"]
    assert "harbour" in told["stories"][0]["terms"]
    assert told["acts"] == []
    asked("split", 1, 3)
    told = asked.json("explain", 3)
    assert (told["decided_story"], told["story"]) == (1, 3)
    assert [act["kind"] for act in told["acts"]] == ["split"]
    assert "Lock closes" in asked("explain", 3)


def test_a_story_says_who_tells_it(asked: Asked) -> None:
    """Outlets, those with words of their own, languages and growth stand with the story."""
    told = asked.json("show", 1)
    assert told["told_by"] == {"outlet1.example": 1, "outlet3.example": 1}
    assert told["own_words"] == ["outlet1.example", "outlet3.example"]
    assert (told["agencies"], told["languages"], told["grown"]["1h"]) == ({}, {"en": 2}, 2)
    assert "outlet3.example" in asked("show", 1)


def test_stories_are_merged_split_kept_apart_and_all_of_it_undone(asked: Asked) -> None:
    """Each command says what it did and how it is taken back."""
    assert asked.stories() == {"Lock closes": 2, "Bread": 1}
    assert "stories undo 1" in asked("merge", 2, 1)
    assert asked.stories() == {"Lock closes": 3}
    assert "is undone" in asked("undo", 1)
    assert asked.stories() == {"Lock closes": 2, "Bread": 1}
    assert "stories undo 2" in asked("apart", 1, 2)
    asked("split", 1, 3)
    assert asked.stories() == {"Lock closes": 1, "Bread": 1, "Ferries": 1}
    acts = asked.json("acts")
    assert [(act["kind"], act["by_hand"], act["undone_at"] is None) for act in acts] == [
        ("split", True, True),
        ("apart", True, True),
        ("merge", True, False),
    ]


def test_mistakes_are_told(newsroom: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be done ends with 2 and changes nothing."""
    for wrong in (("merge", "1", "1"), ("split", "1", "2"), ("undo", "5"), ("explain", "77"), ("apart", "1", "9")):
        assert storywatch(monkeypatch, "stories", *wrong) == 2
    with newsroom.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM story_acts").scalar_one() == 0
