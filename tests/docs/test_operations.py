"""docs/operations.md: its metrics are all there are, its backup is one."""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from dashboard.looking import look_at_figures
from dashboard.metrics import exposition
from pipeline.store import feeds
from pipeline.store.database import Database
from tests.docs.reading import DOCS, rows, shell_lines

PAGE = (DOCS / "operations.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_every_metric_is_listed_with_its_meaning(tmp_path: Path) -> None:
    """What a scrape names is what the page names, word for word."""
    database = Database.open(f"sqlite:///{tmp_path / 'storywatch.db'}")
    database.migrate()
    with database.read() as tx:
        text = exposition(look_at_figures(tx, NOW), {"pages": 0, "deliveries": 0}, NOW).decode()
    database.close()
    scraped = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    assert {name: says for name, _, says in rows(PAGE, "metric", "labels", "says")} == scraped


def test_the_backup_is_a_database_that_opens(tmp_path: Path) -> None:
    """The command, run beside a live connection, gives a whole copy."""
    (tmp_path / "data").mkdir()
    live = Database.open(f"sqlite:///{tmp_path / 'data' / 'storywatch.db'}")
    live.migrate()
    with live.write() as tx:
        feeds.add(tx, "https://example.org/feed.xml", now=NOW)
    command = next(line for line in shell_lines(PAGE) if "VACUUM INTO" in line)
    program = re.sub(r'^\.venv/bin/python -c "(.*)"$', r"\1", command)
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)  # noqa: S603 - from our own page
    live.close()
    copy = Database.open(f"sqlite:///{tmp_path / 'backup.db'}")
    copy.migrate()
    with copy.read() as tx:
        assert [feed.url for feed in feeds.list_all(tx)] == ["https://example.org/feed.xml"]
    copy.close()
