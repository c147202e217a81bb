"""`storywatch prune`: it does what it said it would."""

from pathlib import Path

import pytest
from sqlalchemy import update

from pipeline.store.database import Database
from pipeline.store.tables import stories
from tests.cli.test_commands import Command
from tests.store.making import NOW
from tests.stories.making import AGENCY
from tests.test_accept import news, taken


@pytest.fixture
def with_an_old_story(storywatch_here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Give the command in a folder whose store has one story, of 1970."""
    (tmp_path / "data").mkdir()
    database = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    database.migrate()
    with database.write() as tx:
        taken(tx, 1, news(1, AGENCY))
        tx.execute(update(stories).values(changed_at=NOW.replace(year=1970)))
    database.close()
    monkeypatch.setenv("STORYWATCH_RETENTION__STORIES_DAYS", "30")
    return storywatch_here


def test_a_dry_run_changes_nothing_and_the_run_does_what_it_said(with_an_old_story: Command) -> None:
    """First it says that one story would go, then that it is gone, then that there is none."""
    for arguments, done, count in ((("--dry-run",), "would_go", 1), ((), "gone", 1), ((), "gone", 0)):
        rows = {row["what"]: row for row in with_an_old_story.rows("prune", *arguments)}
        assert rows["stories"][done] == count
        assert "texts" not in rows, "no limit is set for them"


def test_times_in_which_stories_grow_are_refused(storywatch_here: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that may still grow must not be forgotten: the settings say so before anything is done."""
    monkeypatch.setenv("STORYWATCH_RETENTION__STORIES_DAYS", "5")
    ended = storywatch_here("prune")
    assert ended.returncode == 2
    assert "retention.stories_days = 5 is below twice stories.window_hours" in ended.stderr
