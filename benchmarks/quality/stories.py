"""Stories: articles of four sets grouped online, in date order, with one set of thresholds.

In: `data/stories` and its scorer. Out: BCubed F1 of each set, the copies that come together, and a picture of precision
against recall. Trap: grouping runs on the tests' index in memory, which mirrors the store's limits; tests/stories holds
the two together.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.quality.figure import Figure
from benchmarks.quality.picture import Curve, Point, write
from benchmarks.scorers import load_scorer
from pipeline.model import GroupingKind
from pipeline.stories import THRESHOLDS, Thresholds
from tests.stories.memory_index import News, group

WINDOW = timedelta(hours=72)
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
RIVAL = "online nearest neighbour by tf-idf; offline average link with the best threshold"
#: Each set's target, and what the rivals reach: design.md and the scorer's docstring.
SETS = {
    "basil": (0.96, 0.92, 0.952),
    "allsides": (0.80, 0.74, 0.776),
    "copies": (0.96, 0.94, 0.950),
    "headlines": (0.70, 0.50, 0.72),
}
REPORTS = (0.14, 0.16, 0.18, 0.2, 0.23, 0.26, 0.3)  #: thresholds of the picture


@dataclass(frozen=True)
class Grouped:
    """How a set was grouped."""

    rows: list[dict[str, Any]]
    story_of: dict[str, int]
    copy_of: dict[str, str]  #: article -> the first article whose text it shares
    precision: float
    recall: float
    f1: float


def measure(shared: Path) -> Iterator[Figure]:
    """Measure every set."""
    scorer = load_scorer(shared, "score_stories")
    for name, (target, online, offline) in SETS.items():
        made = grouped(shared, scorer, name, THRESHOLDS)
        detail = f"precision {made.precision:.3f}, recall {made.recall:.3f}"
        yield Figure(f"stories: {name}, BCubed F1", made.f1, target, detail, RIVAL, f"{online:g}; {offline:g}")
        if name == "copies":
            yield from _copies(scorer, made)


def _copies(scorer: ModuleType, made: Grouped) -> Iterator[Figure]:
    """Say how many true copies come into one story, and how many articles are called copies of another event's."""
    pairs = list(scorer.copies(made.rows))
    together = sum(made.story_of[one] == made.story_of[other] for one, other in pairs)
    event = {row["id"]: row["cluster"] for row in made.rows}
    false = sum(event[one] != event[other] for one, other in made.copy_of.items())
    yield Figure("copies in one story", together / len(pairs), 0.98, f"{together} of {len(pairs)} pairs")
    share = false / len(made.rows)
    yield Figure("copies of another event", share, 0.02, f"{false} of {len(made.copy_of)} copies", at_most=True)


def grouped(shared: Path, scorer: ModuleType, name: str, thresholds: Thresholds) -> Grouped:
    """Group a set and score it."""
    rows = _rows(shared, name)
    news = [News(row["title"], row["text"], row["source"], _date(row["date"])) for row in rows]
    stories, groupings = group(news, WINDOW, thresholds)
    ids = [row["id"] for row in rows]
    story_of = dict(zip(ids, stories, strict=True))
    copies = {
        its: ids[made.of_article_id]
        for its, made in zip(ids, groupings, strict=True)
        if made.kind is GroupingKind.COPY and made.of_article_id is not None
    }
    scores = scorer.bcubed({row["id"]: row["cluster"] for row in rows}, story_of)
    return Grouped(rows, story_of, copies, *scores)


def draw(shared: Path, docs: Path) -> None:
    """Draw precision against recall over the threshold of a report."""
    scorer, curves = load_scorer(shared, "score_stories"), []
    for name in SETS:
        points = []
        for report in REPORTS:
            made = grouped(shared, scorer, name, replace(THRESHOLDS, report=report))
            points.append(Point(made.recall, made.precision, f"{report:g}", report == THRESHOLDS.report))
        curves.append(Curve(name, tuple(points)))
    write(docs / "stories-quality.svg", "Stories: precision against recall by the threshold of a report", curves)


def _rows(shared: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(shared / "data" / "stories" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return sorted(rows, key=lambda row: _date(row["date"]))


def _date(said: str | int | None) -> datetime:
    if said is None:
        return UNDATED
    found = datetime.fromtimestamp(said, UTC) if isinstance(said, int) else datetime.fromisoformat(said)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
