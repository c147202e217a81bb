"""What a subscription asks beyond its query: conditions on the story, updates, and when to hear of it.

In: nothing. Out: `Rule` and its parts, `Hold`, `StoryState`. `rule_text` reads and writes them as people do, and
`alerts.policy` decides by them. Trap: an outlet is independent if it has a text of its own in the story; one that
only repeats another's counts as reach (`outlet_count`) but corroborates nothing.
"""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

UPDATES_MOST = 3  #: updates of one story unless the rule says otherwise
UPDATES_LIMIT = 20  #: and the most it may say


class Every(StrEnum):
    """How often a digest comes."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


class HoldReason(StrEnum):
    """Why an alert is not handed over at once but with a digest; counted under this word."""

    DIGEST = "digest"
    QUIET = "quiet"
    LIMIT = "limit"


class UpdateReason(StrEnum):
    """Why a story that had its alert is told of once more."""

    OUTLETS = "outlets"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Growth:
    """At least so many articles whose dates lie in the last hours of the story."""

    article_count: int
    hours: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """When digests are sent: at a local time; `at.minute` alone counts for an hourly one."""

    every: Every
    at: time
    weekday: int = 0  #: 0 is Monday


@dataclass(frozen=True, slots=True)
class Quiet:
    """Local hours without messages; may run over midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Rule:
    """All of it; the plain `Rule()` asks nothing and lets every alert go at once."""

    outlets: int = 0  #: least independent outlets
    texts: int = 0  #: least distinct texts
    first_in_language: bool = False  #: only stories begun by the first article of its language to be met
    growth: Growth | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    update_outlets: tuple[int, ...] = ()  #: outlets at which a story is told of once more, rising
    update_changed: bool = False  #: likewise when a report brings much that is new
    update_most: int = UPDATES_MOST
    quiet: Quiet | None = None
    most_per_hour: int = 0  #: alerts handed over singly; 0 is without limit
    digest: Schedule | None = None
    timezone: str = "UTC"

    @property
    def is_conditional(self) -> bool:
        """Tell whether a match alone does not raise the alert."""
        wanted = (self.outlets > 1, self.texts > 1, self.first_in_language, self.growth, self.not_before)
        return any(wanted) or self.not_after is not None

    @property
    def has_updates(self) -> bool:
        """Tell whether a story may be told of more than once."""
        return bool(self.update_outlets) or self.update_changed

    @property
    def is_watching(self) -> bool:
        """Tell whether a story that was met must be looked at again when it grows."""
        return self.is_conditional or self.has_updates


@dataclass(frozen=True, slots=True)
class StoryState:
    """What conditions are asked of: a story with the article that just joined it."""

    article_count: int
    text_count: int
    outlet_count: int
    independent_outlet_count: int
    grown_count: int  #: articles in the rule's `growth.hours` before the story's last one; 0 without such a rule
    first_in_language: bool  #: whether the article that met the query was the first of its language to do so


@dataclass(frozen=True, slots=True)
class Hold:
    """An alert is kept for the digest due at `until`."""

    until: datetime
    why: HoldReason
