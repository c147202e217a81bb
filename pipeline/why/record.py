"""The answer as plain records.

In: nothing. Out: `Why` and its parts. Trap: a step that was never reached is not in the list; the first that did
not pass is the reason, and `verdict` says it in words.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.alerts.query.explain import Clause


class Stage(StrEnum):
    """The stations of the way, in order."""

    SEEN = "seen"
    RELEASED = "released"
    FETCHED = "fetched"
    GATED = "gated"
    EXTRACTED = "extracted"
    GROUPED = "grouped"
    EDITED = "edited"
    ASKED = "asked"
    MATCHED = "matched"
    CONDITIONS = "conditions"
    RAISED = "raised"
    HELD = "held"
    SENT = "sent"


class Passed(StrEnum):
    """Whether a station was passed."""

    YES = "yes"
    NO = "no"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Step:
    """One station: passed or not, when, and what is known, in words."""

    stage: Stage
    passed: Passed
    at: datetime | None
    says: str


@dataclass(frozen=True, slots=True)
class Sight:
    """One feed that showed the address."""

    entry_id: int
    feed_id: int
    feed_url: str
    feed_title: str
    seen_at: datetime
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """The whole answer."""

    asked: str
    subscription_id: int
    subscription_name: str
    got_it: bool  #: at least one channel was handed the story's alert
    verdict: str
    steps: tuple[Step, ...]
    sights: tuple[Sight, ...]
    clauses: Clause | None  #: None if there is no article, or the query cannot be read
    article_id: int | None
    story_id: int | None
    alert_id: str | None
