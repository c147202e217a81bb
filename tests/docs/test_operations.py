"""docs/operations.md: its metrics are all there are, its commands do what it says."""

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.main import main
from dashboard.looking import look_at_figures
from dashboard.metrics import exposition
from pipeline.store import feeds
from pipeline.store.database import Database
from tests.docs.reading import DOCS, rows, shell_lines

PAGE = (DOCS / "operations.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def scraped_text(folder: Path) -> str:
    """Give what a scrape of an empty store says."""
    database = Database.open(f"sqlite:///{folder / 'storywatch.db'}")
    database.migrate()
    with database.read() as tx:
        text = exposition(look_at_figures(tx, NOW), {"pages": 0, "deliveries": 0}, NOW).decode()
    database.close()
    return text


def test_every_metric_is_listed_with_its_meaning(tmp_path: Path) -> None:
    """What a scrape names is what the page names, word for word."""
    scraped = dict(re.findall(r"^# HELP (\S+) (.*)$", scraped_text(tmp_path), re.MULTILINE))
    assert {name: says for name, _, says in rows(PAGE, "metric", "labels", "says")} == scraped


def test_every_query_of_the_grafana_file_names_metrics_that_exist(tmp_path: Path) -> None:
    """No panel stays empty because a metric or a label is called otherwise."""
    panels = json.loads((DOCS.parent / "config" / "grafana" / "storywatch.json").read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    asked = {name for query in queries for name in re.findall(r"storywatch_\w+", query)}
    samples = scraped_text(tmp_path)
    known = set(re.findall(r"^(storywatch_\w+)", samples, re.MULTILINE))
    known |= set(re.findall(r"^# TYPE (storywatch_\w+)", samples, re.MULTILINE))
    assert asked <= known
    labels = {name for query in queries for name in re.findall(r"[{,](\w+)(?:=|!=|=~)", query)}
    assert labels <= {"state", "step", "quantile", "stage", "queue", "kind", "reason"}
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_backup_on_the_page_restores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's commands in their order: made, checked, refused where something stands, put back by force."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    live = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    live.migrate()
    with live.write() as tx:
        feeds.add(tx, "https://example.org/feed.xml", now=NOW)
    codes = [run(line, monkeypatch) for line in shell_lines(PAGE) if re.match("storywatch (backup|restore) ", line)]
    live.close()
    assert codes == [0, 0, 2, 0]
    copy = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    with copy.read() as tx:
        assert [feed.url for feed in feeds.list_all(tx)] == ["https://example.org/feed.xml"]
    copy.close()


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run one command line of the page; gives its exit code."""
    monkeypatch.setattr("sys.argv", shlex.split(line))
    with pytest.raises(SystemExit) as ending:
        main()
    return int(ending.value.code or 0)
