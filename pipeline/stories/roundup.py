"""Tell an article that tells of many events: a round-up, a briefing, a live blog.

In: what an article speaks of and the stories it is near to. Out: those stories, or nothing. Pure. By what it covers and
not by its title, so in every language. Trap: two stories that turn out to be one look like two events; those are like
each other, and the parts of a round-up are not.
"""

from collections.abc import Sequence

from pipeline.model import Profile, StoryCandidate
from pipeline.stories.evidence import Near
from pipeline.stories.profile import likeness
from pipeline.stories.thresholds import Thresholds

_UNLIKE = 0.1  # likeness of two stories below which they tell of two events; half of what makes a report
_OWN_TERMS = 3  # that an article shares with one story and with no other
_EVEN = 0.5  # the last of them is at least so near as the first, or the article is about the first


def tells_of_many(profile: Profile, near: Sequence[Near], thresholds: Thresholds) -> list[StoryCandidate]:
    """Give the stories, unlike each other, that an article tells of about equally; none if they are too few."""
    least = thresholds.roundup_near * thresholds.report
    parts: list[StoryCandidate] = []
    for one in near:
        if one.score < max(least, _EVEN * near[0].score):
            break
        if all(likeness(one.story.profile, part.profile) < _UNLIKE for part in parts):
            parts.append(one.story)
    parts = parts[: 2 * thresholds.roundup_stories]
    own = [part for part in parts if _own_terms(profile, part, parts) >= _OWN_TERMS]
    return own if len(own) >= thresholds.roundup_stories else []


def _own_terms(profile: Profile, part: StoryCandidate, parts: Sequence[StoryCandidate]) -> int:
    shared = profile.weights.keys() & part.profile.weights.keys()
    for other in parts:
        if other is not part:
            shared -= other.profile.weights.keys()
    return len(shared)
