"""Grouping on real articles, one after the other, with one set of thresholds."""

import gzip
import importlib.util
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.stories.memory_index import News, group

WINDOW = timedelta(hours=72)
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)


def _scorer(shared_data: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("scorer", shared_data.parent / "tools" / "score_stories.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _date(said: str | int | None) -> datetime:
    if said is None:
        return UNDATED
    found = datetime.fromtimestamp(said, UTC) if isinstance(said, int) else datetime.fromisoformat(said)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rows(shared_data: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(shared_data / "stories" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return sorted(rows, key=lambda row: _date(row["date"]))


def _group(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Give the story of each article."""
    news = [News(row["title"], row["text"], row["source"], _date(row["date"])) for row in rows]
    story_of, _ = group(news, WINDOW)
    return dict(zip((row["id"] for row in rows), story_of, strict=True))


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"),
    [("basil", 0.97), ("allsides", 0.86), ("copies", 0.945), ("headlines", 0.74)],
    ids=str,
)
def test_stories_of_real_articles(shared_data: Path, name: str, least: float) -> None:
    """BCubed F1 on each set, with the same thresholds, stays where it is."""
    rows, scorer = _rows(shared_data, name), _scorer(shared_data)
    precision, recall, f1 = scorer.bcubed({row["id"]: row["cluster"] for row in rows}, _group(rows))
    print(f"{name}: F1 {f1:.4f} precision {precision:.4f} recall {recall:.4f}")  # noqa: T201 - the figures are what this test is run for
    assert f1 >= least


@pytest.mark.corpus
@pytest.mark.slow
def test_copies_find_each_other(shared_data: Path) -> None:
    """Of the pairs that share half of the smaller text, at least 98 in 100 end in one story."""
    rows, scorer = _rows(shared_data, "copies"), _scorer(shared_data)
    story_of = _group(rows)
    pairs = list(scorer.copies(rows))
    together = sum(story_of[one] == story_of[other] for one, other in pairs)
    print(f"copies: {together} of {len(pairs)} together")  # noqa: T201 - the figures are what this test is run for
    assert together >= 0.98 * len(pairs)
