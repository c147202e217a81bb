"""What grouping compares and decides.

Trap: these are small on purpose, since many are read in the transaction that places an article.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.model.words import GroupingKind


@dataclass(frozen=True, slots=True)
class Sketch:
    """What grouping needs to know of an article's text; small, and made outside any transaction."""

    text_hash: bytes  #: 16 bytes over the folded words; equal means the same text
    minhash: tuple[int, ...]  #: 32-bit values over word shingles; empty if the text is too short
    bands: tuple[int, ...]  #: signed 64-bit keys: one equal band makes two articles candidates
    terms: Mapping[str, int]  #: folded term -> occurrences, title counted in
    word_count: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored article that may share its text with the new one."""

    article_id: int
    story_id: int
    outlet: str
    title: str
    published_at: datetime
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class Profile:
    """What an article or a story speaks of; a story's is the sum of its articles', bounded."""

    weights: Mapping[str, float] = field(default_factory=dict)  #: folded term -> weight above 0


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """A living story that the new article might belong to."""

    story_id: int
    title: str
    article_count: int
    mean_at: datetime  #: the middle of its articles' dates
    profile: Profile


@dataclass(frozen=True, slots=True)
class Grouping:
    """The decision where an article belongs, with its reason in words."""

    kind: GroupingKind
    story_id: int | None  #: None begins a new story
    of_article_id: int | None  #: the article whose text it shares
    score: float  #: 0 to 1
    why: str
    profile: Profile = field(default_factory=Profile)  #: the story's, with this article
    keys: tuple[str, ...] = ()  #: terms by which later articles find it
    merge_with: int | None = None  #: the story that turns out to be the same as this one
    evidence: Mapping[str, Any] = field(default_factory=dict)  #: see pipeline.stories.evidence


@dataclass(frozen=True, slots=True)
class Story:
    """Everything we know to be about one event."""

    id: int
    title: str
    first_at: datetime
    last_at: datetime
    article_count: int
    text_count: int  #: distinct texts; copies do not count twice
    outlet_count: int


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How many stored articles hold each term; a term never seen is absent."""

    article_count: int
    by_term: Mapping[str, int]
