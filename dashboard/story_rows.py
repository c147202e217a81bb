"""A story as its page tells it: reports with their copies, why each is there, and what it may be the same as.

In: a story's articles, groupings and evidence. Out: rows for the template. Hides nothing; all pure. Trap: evidence
names stories as they were when it was written; those that were merged since lead to the living one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard.rows import KIND_TONES, Mark
from pipeline.model import Grouping, GroupingKind
from pipeline.store.articles import StoredArticle

BARS = 24  #: of the timeline


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One article of a story, and the copies of its text."""

    stored: StoredArticle
    kind: Mark
    why: str
    compared: tuple[str, ...]
    beside_id: int | None  #: the article whose text it shares
    copies: "list[ArticleRow]" = field(default_factory=list)


def article_rows(
    found: Sequence[StoredArticle], groupings: Mapping[int, Grouping], evidence: Mapping[int, Mapping[str, Any]]
) -> list[ArticleRow]:
    """Put each copy below the text it repeats; both in the order of their dates."""
    rows = {one.id: _row(one, groupings.get(one.id), evidence.get(one.id, {})) for one in found}
    tops: list[ArticleRow] = []
    for row in rows.values():
        original = _original(row, rows)
        (tops if original is None else original.copies).append(row)
    return tops


def _row(stored: StoredArticle, grouping: Grouping | None, evidence: Mapping[str, Any]) -> ArticleRow:
    if grouping is None:
        return ArticleRow(stored, Mark("ungrouped", ""), "", (), None)
    mark = Mark(grouping.kind.value, KIND_TONES[grouping.kind])
    beside = grouping.of_article_id if grouping.kind is GroupingKind.COPY else None
    return ArticleRow(stored, mark, grouping.why, tuple(compared(evidence)), beside)


def _original(row: ArticleRow, rows: Mapping[int, ArticleRow]) -> ArticleRow | None:
    """Follow a copy to what it repeats, through copies of copies; None if that is not of this story."""
    seen, found = {row.stored.id}, None
    while row.beside_id is not None and row.beside_id in rows and row.beside_id not in seen:
        seen.add(row.beside_id)
        found = row = rows[row.beside_id]
    return found


def compared(evidence: Mapping[str, Any]) -> Iterable[str]:
    """Say in words what the decision was made from."""
    enough = evidence.get("enough", {})
    for text in evidence.get("texts", ()):
        needed = f"; {enough['copy']:.0%} makes a copy" if "copy" in enough else ""
        yield f"{text['share']:.0%} of the text of “{text['title']}” ({text['outlet']}){needed}"
    for story in evidence.get("stories", ()):
        needed = f", {enough['report']:.2f} joins" if "report" in enough else ""
        terms = f": {', '.join(story['terms'])}" if story.get("terms") else ""
        yield f"likeness {story['score']:.2f} with “{story['title']}”{needed}{terms}"


def near_stories(
    evidence: Mapping[int, Mapping[str, Any]], own_id: int, titles: Mapping[int, str]
) -> list[tuple[int, str]]:
    """Name other living stories that its articles were compared with, the likeliest first."""
    best: dict[int, float] = {}
    for one in evidence.values():
        for story in one.get("stories", ()):
            best[story["story"]] = max(best.get(story["story"], 0.0), story["score"])
    ordered = sorted(best, key=lambda story_id: (-best[story_id], story_id))
    return [(story_id, titles[story_id]) for story_id in ordered if story_id in titles and story_id != own_id]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the timeline."""

    count: int
    own_count: int  #: of those, with a text of their own
    share: float  #: of the highest bar
    own_share: float
    since: datetime


def timeline(found: Sequence[StoredArticle], groupings: Mapping[int, Grouping]) -> list[Bar]:
    """Count articles over a story's life, in equal stretches; none if all came at once."""
    dates = [one.article.published_at for one in found]
    if len(dates) < 2 or (length := max(dates) - min(dates)).total_seconds() < 60:
        return []
    first, step = min(dates), length / BARS
    counts, own = [0] * BARS, [0] * BARS
    for one in found:
        place = min(int((one.article.published_at - first) / step), BARS - 1)
        counts[place] += 1
        grouping = groupings.get(one.id)
        own[place] += grouping is None or grouping.kind is not GroupingKind.COPY
    highest = max(counts)
    return [
        Bar(count, mine, count / highest, mine / highest, first + step * place)
        for place, (count, mine) in enumerate(zip(counts, own, strict=True))
    ]
