"""Decide which story an article belongs to: a copy of a text we have, a report of an event we know, or the first.

In: the article's sketch, the few stored articles it might belong with, how often its terms occur. Out: `Grouping`
with its reason in words. Pure. Trap: the decision is made once and by the candidates alone; what the store does
not put forward cannot be found.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from pipeline.model import Candidate, Grouping, GroupingKind, Sketch, TermCounts
from pipeline.stories.likeness import shared_terms, shared_text, shared_title
from pipeline.stories.weights import TermWeights, weigh
from pipeline.stories.words import fold, singular, split_words

_TERMS_NAMED = 5
_TITLE_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is enough; one set for every kind of text.

    Searched for on the four sets of articles that the corpus test measures, so its scores flatter them.
    """

    copy_share: float = 0.5  #: of the smaller text's shingles
    copy_words: int = 6  #: an equal text of fewer words is a phrase such as "Live updates"
    report: float = 0.19  #: likeness of the story
    nearest_part: float = 0.5  #: of a story's likeness is its nearest article's, the rest the mean of `mean_of`
    mean_of: int = 3
    title_bonus: float = 0.05  #: for the whole title shared
    same_outlet: float = 0.15  #: an outlet seldom reports one event twice; taken off the likeness
    fade: float = 0.2  #: taken off the likeness of an article `fade_after` or more away
    fade_after: timedelta = timedelta(hours=72)


THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class _Near:
    """A candidate and how like it the article is."""

    candidate: Candidate
    score: float


def decide(
    sketch: Sketch,
    title: str,
    outlet: str,
    published_at: datetime,
    candidates: Sequence[Candidate],
    counts: TermCounts,
    thresholds: Thresholds = THRESHOLDS,
) -> Grouping:
    """Decide where an article belongs; `counts` must cover the sketch's terms."""
    copied = _copied(sketch, candidates, thresholds)
    if copied is not None:
        return _copy(sketch, copied)
    weights = weigh(sketch, counts)
    title_terms = _title_terms(title, sketch)
    near = []
    for candidate in candidates:
        likeness = shared_terms(sketch, candidate.sketch, weights)
        if likeness >= thresholds.report / 2:  # a title alone makes no likeness
            others = _title_terms(candidate.title, candidate.sketch)
            likeness += thresholds.title_bonus * shared_title(title_terms, others, weights)
        near.append(_Near(candidate, likeness * _trust(outlet, published_at, candidate, thresholds)))
    return _report_or_first(sketch, near, weights, thresholds)


def _copied(sketch: Sketch, candidates: Sequence[Candidate], thresholds: Thresholds) -> _Near | None:
    """Find the article that shares most text, the earliest of equals; None if none shares enough."""
    shares = [_Near(candidate, _copy_share(sketch, candidate.sketch, thresholds)) for candidate in candidates]
    copies = [near for near in shares if near.score >= thresholds.copy_share]
    return min(copies, key=lambda n: (-n.score, n.candidate.published_at, n.candidate.article_id), default=None)


def _copy_share(one: Sketch, other: Sketch, thresholds: Thresholds) -> float:
    if one.text_hash == other.text_hash:
        return 1.0 if one.word_count >= thresholds.copy_words else 0.0
    return shared_text(one, other)


def _copy(sketch: Sketch, copied: _Near) -> Grouping:
    candidate = copied.candidate
    if sketch.text_hash == candidate.sketch.text_hash:
        why = f"the same text as {_named(candidate)}"
    else:
        why = f"{copied.score:.0%} of shingles shared with {_named(candidate)}".replace("%", " %")
    return Grouping(GroupingKind.COPY, candidate.story_id, candidate.article_id, copied.score, why)


def _title_terms(title: str, sketch: Sketch) -> frozenset[str]:
    """Give the terms of the sketch that stand in the title."""
    words = split_words(fold(title))
    return frozenset(term for word in words for term in (word, singular(word)) if term in sketch.terms)


def _trust(outlet: str, published_at: datetime, candidate: Candidate, thresholds: Thresholds) -> float:
    """Give the factor by which time and a common outlet lessen a likeness."""
    away = abs(published_at - candidate.published_at) / thresholds.fade_after
    fade = 1 - thresholds.fade * min(1.0, away)
    return fade * (1 - thresholds.same_outlet) if outlet and outlet == candidate.outlet else fade


def _report_or_first(sketch: Sketch, near: Sequence[_Near], weights: TermWeights, thresholds: Thresholds) -> Grouping:
    """Join the story that is nearest as a whole if it is near enough, else begin one."""
    by_story: defaultdict[int, list[_Near]] = defaultdict(list)
    for one in sorted(near, key=lambda one: (-one.score, one.candidate.article_id)):
        by_story[one.candidate.story_id].append(one)
    scores = {story: _story_score(members, thresholds) for story, members in by_story.items()}
    story_id = max(scores, key=lambda story: (scores[story], -story), default=None)
    if story_id is None:
        return Grouping(GroupingKind.FIRST, None, None, 0.0, "no article of these days shares its terms")
    score, nearest = min(1.0, scores[story_id]), by_story[story_id][0].candidate
    if scores[story_id] < thresholds.report:
        why = f"likeness {score:.2f} with the nearest, {_named(nearest)}; {thresholds.report:.2f} would be enough"
        return Grouping(GroupingKind.FIRST, None, nearest.article_id, score, why)
    why = f"likeness {score:.2f} with {_named(nearest)}: {', '.join(_telling(sketch, nearest.sketch, weights))}"
    return Grouping(GroupingKind.REPORT, story_id, nearest.article_id, score, why)


def _story_score(members: Sequence[_Near], thresholds: Thresholds) -> float:
    """Mix the nearest article's likeness with the mean of the nearest few; `members` come nearest first."""
    scores = [member.score for member in members[: thresholds.mean_of]]
    return thresholds.nearest_part * scores[0] + (1 - thresholds.nearest_part) * fmean(scores)


def _telling(one: Sketch, other: Sketch, weights: TermWeights) -> list[str]:
    """Name the shared terms that weigh most."""
    shared = one.terms.keys() & other.terms.keys()
    return sorted(shared, key=lambda term: (-weights.pull[term], term))[:_TERMS_NAMED]


def _named(candidate: Candidate) -> str:
    title = candidate.title
    short = title if len(title) <= _TITLE_CHARACTERS else f"{title[: _TITLE_CHARACTERS - 1]}…"
    return f"“{short}” ({candidate.outlet})" if short else f"an article of {candidate.outlet}"
