"""Decide which story an article belongs to: a copy of a text we have, a report of an event we know, or the first.

In: the article's sketch and profile, the few articles that may share its text, the few stories it may belong to. Out:
`Grouping` with its reason in words and what was compared. Pure. Trap: the decision is made by the candidates alone;
what the store does not put forward cannot be found.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from math import log

from pipeline.model import Candidate, Grouping, GroupingKind, Profile, Sketch, StoryCandidate
from pipeline.stories.evidence import Near, Text, evidence_of
from pipeline.stories.likeness import shared_text
from pipeline.stories.profile import covered, joined, keys_of, likeness, likenesses, shared_keys
from pipeline.stories.roundup import tells_of_many
from pipeline.stories.thresholds import THRESHOLDS, Thresholds

_TERMS_NAMED = 5
_TITLE_CHARACTERS = 80
_MOST_PARTS = 2  # times as long as another and more: that is a part of it


def decide(
    sketch: Sketch,
    profile: Profile,
    published_at: datetime,
    texts: Sequence[Candidate],
    stories: Sequence[StoryCandidate],
    thresholds: Thresholds = THRESHOLDS,
) -> Grouping:
    """Decide where an article belongs; `stories` must hold the stories of `texts`."""
    shares = _shares(sketch, texts, thresholds)
    near = _near(profile, published_at, stories, thresholds)
    many = tells_of_many(profile, near, thresholds)
    copied = _copy(sketch, profile, _wholes(sketch, shares) if many else shares, thresholds)
    grouping = copied or _report_or_first(profile, near, many, thresholds)
    own = next((one.story for one in near if one.story.story_id == grouping.story_id), None)
    # A round-up's story speaks of nothing, so that no report finds it, nor by way of its copies.
    is_open = bool(own.profile.weights) if own else grouping.kind is not GroupingKind.ROUNDUP
    speaks_of = profile if is_open else Profile()
    return replace(
        grouping,
        profile=joined(own.profile, speaks_of) if own else speaks_of,
        keys=keys_of(speaks_of),
        merge_with=_late_merge(own, near, thresholds) if own else None,
        evidence=evidence_of(profile, shares, near, thresholds),
    )


# Copies


def _shares(sketch: Sketch, texts: Sequence[Candidate], thresholds: Thresholds) -> list[Text]:
    """Say how much text each candidate shares, most first, the earliest of equals."""
    shares = [Text(each, _share(sketch, each.sketch, thresholds)) for each in texts]
    return sorted(shares, key=lambda t: (-t.share, t.article.published_at, t.article.article_id))


def _share(one: Sketch, other: Sketch, thresholds: Thresholds) -> float:
    if one.text_hash == other.text_hash:
        return 1.0 if one.word_count >= thresholds.copy_words else 0.0
    return shared_text(one, other)


def _copy(sketch: Sketch, profile: Profile, shares: Sequence[Text], thresholds: Thresholds) -> Grouping | None:
    """Join the article that shares most text, if it is enough and more than what every page of an outlet says."""
    for text in shares:
        if text.share < thresholds.copy_share:
            return None
        same = sketch.text_hash == text.article.sketch.text_hash
        if same or covered(profile, text.article.sketch.terms) >= thresholds.copy_covered:
            why = f"the same text as {_named(text.article)}" if same else _partly(text)
            return Grouping(GroupingKind.COPY, text.article.story_id, text.article.article_id, text.share, why)
    return None


def _wholes(sketch: Sketch, shares: Sequence[Text]) -> list[Text]:
    """Leave out what is a part of the article only: a round-up that holds a whole report is no copy of it."""
    return [text for text in shares if _MOST_PARTS * text.article.sketch.word_count > sketch.word_count]


def _partly(text: Text) -> str:
    return f"{text.share:.0%} of the text shared with {_named(text.article)}".replace("%", " %")


# Reports


def _near(
    profile: Profile, published_at: datetime, stories: Sequence[StoryCandidate], thresholds: Thresholds
) -> list[Near]:
    """Say how near each story is, the nearest first."""
    likes = likenesses(profile, [story.profile for story in stories])
    near = [
        Near(story, like, like * _draw(story, published_at, thresholds))
        for story, like in zip(stories, likes, strict=True)
    ]
    return sorted(near, key=lambda one: (-one.score, one.story.story_id))


def _draw(story: StoryCandidate, published_at: datetime, thresholds: Thresholds) -> float:
    """Give the factor by which time lessens a likeness and the number of articles raises it."""
    away = abs(published_at - story.mean_at) / thresholds.half_after
    grown: float = min(thresholds.most_growth, log(max(1, story.article_count)))
    fade: float = 2.0**-away
    return fade * (1 + thresholds.growth * grown)


def _report_or_first(
    profile: Profile, near: Sequence[Near], many: Sequence[StoryCandidate], thresholds: Thresholds
) -> Grouping:
    """Join the nearest story if it is near enough, else begin one; so does what tells of many."""
    if not near or not near[0].score:
        return Grouping(GroupingKind.FIRST, None, None, 0.0, "no story of these days shares its terms")
    nearest, score = near[0].story, min(1.0, near[0].score)
    if many:
        why = f"tells of several stories: {', '.join(_titled(story) for story in many)}"
        return Grouping(GroupingKind.ROUNDUP, None, None, score, why)
    if near[0].score < thresholds.report:
        why = f"likeness {score:.2f} with the nearest, {_titled(nearest)}; {thresholds.report:.2f} would be enough"
        return Grouping(GroupingKind.FIRST, None, None, score, why)
    telling = ", ".join(shared_keys(profile, nearest.profile, _TERMS_NAMED))
    why = f"likeness {score:.2f} with {_titled(nearest)}: {telling}"
    return Grouping(GroupingKind.REPORT, nearest.story_id, None, score, why)


def _late_merge(own: StoryCandidate, near: Sequence[Near], thresholds: Thresholds) -> int | None:
    """Name the story that turns out to be the same: the article is near to it as well, and it is like its own."""
    other = next((one for one in near if one.story.story_id != own.story_id), None)
    if other is None or other.score < thresholds.report:
        return None
    if min(own.article_count, other.story.article_count) > thresholds.merge_most:
        return None
    return other.story.story_id if likeness(own.profile, other.story.profile) >= thresholds.merge else None


def _titled(story: StoryCandidate) -> str:
    return f"“{_short(story.title)}”" if story.title else f"story {story.story_id}"


def _named(article: Candidate) -> str:
    return f"“{_short(article.title)}” ({article.outlet})" if article.title else f"an article of {article.outlet}"


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_CHARACTERS else f"{title[: _TITLE_CHARACTERS - 1]}…"
