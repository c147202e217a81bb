"""Grouping on real articles, one after the other, with one set of thresholds."""

import gzip
import importlib.util
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.accept import CANDIDATE_LIMIT
from pipeline.model import Candidate
from pipeline.stories import decide, sketch
from tests.stories.memory_index import MemoryIndex

WINDOW = timedelta(hours=72)
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Grouped:
    """The story of each article, and the time a decision took on average."""

    story_of: dict[str, int]
    milliseconds: float


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


def _group(rows: list[dict[str, Any]]) -> Grouped:
    index, story_of, spent = MemoryIndex(), {}, 0.0
    for number, row in enumerate(rows):
        published_at = _date(row["date"])
        made = sketch(row["title"], row["text"], "en")
        found = index.find_candidates(made, published_at - WINDOW, CANDIDATE_LIMIT)
        counts = index.frequencies(made.terms)
        began = time.perf_counter()
        grouping = decide(made, row["title"], row["source"], published_at, found, counts)
        spent += time.perf_counter() - began
        story = number if grouping.story_id is None else grouping.story_id
        story_of[row["id"]] = story
        index.add(Candidate(number, story, row["source"], row["title"], published_at, made))
    return Grouped(story_of, spent / len(rows) * 1000)


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"),
    [("basil", 0.96), ("allsides", 0.84), ("copies", 0.935), ("headlines", 0.58)],
    ids=str,
)
def test_stories_of_real_articles(shared_data: Path, name: str, least: float) -> None:
    """BCubed F1 on each set, with the same thresholds, stays where it is."""
    rows, scorer = _rows(shared_data, name), _scorer(shared_data)
    grouped = _group(rows)
    precision, recall, f1 = scorer.bcubed({row["id"]: row["cluster"] for row in rows}, grouped.story_of)
    print(f"{name}: F1 {f1:.4f} precision {precision:.4f} recall {recall:.4f}, {grouped.milliseconds:.2f} ms")  # noqa: T201 - the figures are what this test is run for
    assert f1 >= least


@pytest.mark.corpus
@pytest.mark.slow
def test_copies_find_each_other(shared_data: Path) -> None:
    """Of the pairs that share half of the smaller text, at least 95 in 100 end in one story."""
    rows, scorer = _rows(shared_data, "copies"), _scorer(shared_data)
    story_of = _group(rows).story_of
    pairs = list(scorer.copies(rows))
    together = sum(story_of[one] == story_of[other] for one, other in pairs)
    print(f"copies: {together} of {len(pairs)} together")  # noqa: T201 - the figures are what this test is run for
    assert together >= 0.95 * len(pairs)
