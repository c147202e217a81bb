"""What is enough for a copy, a report, a merge: one set of numbers for every kind of text.

In: nothing. Out: `THRESHOLDS`. Trap: they were chosen on the sets that the corpus test measures, each set's best held
back in turn (docs/decisions, "Stories have a profile"); change one only with that table made again.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers by which grouping decides."""

    copy_share: float = 0.5  #: of the smaller text's shingles
    copy_words: int = 6  #: an equal text of fewer words is a phrase such as "Live updates"
    copy_covered: float = 0.3  #: of what the article speaks of must stand in the other; less is shared boilerplate
    report: float = 0.185  #: likeness of the story
    growth: float = 0.1  #: a story draws more with each e-fold of its articles
    most_growth: float = 5.0  #: e-folds; about 150 articles
    half_after: timedelta = timedelta(hours=72)  #: from a story's middle; a topic of weeks is many stories
    merge: float = 0.32  #: likeness of two stories that an article is near to both of
    merge_most: int = 50  #: articles of the smaller one, which bounds the cost
    roundup_stories: int = 3  #: an article near to so many, each unlike the others, tells of no single one
    roundup_near: float = 0.6  #: of `report` is near, for a round-up


THRESHOLDS = Thresholds()
