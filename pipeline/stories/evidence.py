"""What a decision was made from, kept with it in a few hundred bytes.

In: the candidates with what was found of each. Out: a mapping of plain values, stored with the grouping and shown by
`storywatch stories explain`. Pure. Trap: it is read years later, when stories have merged and thresholds have changed;
so it holds titles and thresholds, and no references that must still resolve.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model import Candidate, Profile, StoryCandidate
from pipeline.stories.profile import shared_keys
from pipeline.stories.thresholds import Thresholds

_MOST_KEPT = 5
_TERMS_KEPT = 6
_TITLE_CHARACTERS = 80
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Text:
    """An article and the share of text that it has in common with the new one."""

    article: Candidate
    share: float


@dataclass(frozen=True, slots=True)
class Near:
    """A story, how like it the article is, and that likeness as time and growth change it."""

    story: StoryCandidate
    likeness: float
    score: float


def evidence_of(
    profile: Profile, texts: Sequence[Text], near: Sequence[Near], thresholds: Thresholds
) -> dict[str, Any]:
    """Keep the best of what was compared; both sequences come best first."""
    return {
        "texts": [_text(each) for each in texts[:_MOST_KEPT]],
        "stories": [_story(profile, each) for each in near[:_MOST_KEPT] if each.score],
        "enough": {"copy": thresholds.copy_share, "report": thresholds.report, "merge": thresholds.merge},
    }


def _text(text: Text) -> dict[str, Any]:
    article = text.article
    return {
        "article": article.article_id,
        "story": article.story_id,
        "outlet": article.outlet,
        "title": article.title[:_TITLE_CHARACTERS],
        "share": round(text.share, _DIGITS),
    }


def _story(profile: Profile, near: Near) -> dict[str, Any]:
    return {
        "story": near.story.story_id,
        "title": near.story.title[:_TITLE_CHARACTERS],
        "articles": near.story.article_count,
        "likeness": round(near.likeness, _DIGITS),
        "score": round(near.score, _DIGITS),
        "terms": shared_keys(profile, near.story.profile, _TERMS_KEPT),
    }
