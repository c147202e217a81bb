"""What the API sends and takes of feeds beyond their list: searches, checks, reports, lists.

In: records of the store and of the feeds' room. Out: pydantic models. Hides pydantic. Trap: addresses, evidence and
errors may hold keys, so all leave masked (S21); what a search found is given whole, as it must be sent back to add it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import JsonValue, StrictBool, StringConstraints

from dashboard.api.shapes import Shape
from dashboard.feed_opml import ImportReport
from dashboard.feed_report_rows import IncidentRow, NamedCost, NamedFinding
from dashboard.previews import newest_first
from dashboard.words import shown_address
from pipeline.feeds.check import Step
from pipeline.feeds.discover import FoundFeed
from pipeline.feeds.explain import Explanation
from pipeline.feeds.hygiene import FindingKind
from pipeline.feeds.rhythm import Rhythm, shaped_rates
from pipeline.masking import masked_text
from pipeline.model import Bound, CoverageKind, FeedEventKind
from pipeline.store.feed_events import FeedEvent

SAMPLE_COUNT = 5


class Address(Shape):
    """An address to look at."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class SampleShape(Shape):
    """An entry of a feed that was found."""

    title: str
    url: str
    published_at: datetime | None


class FoundShape(Shape):
    """A feed of a site; send `url` to `POST /feeds` to watch it."""

    url: str
    title: str
    format: str
    entry_count: int | None  #: null if it was named, and not asked
    is_comments: bool
    newest: list[SampleShape]

    @classmethod
    def of(cls, found: FoundFeed) -> "FoundShape":
        """Write a feed that was found."""
        entries = newest_first(found.parsed)[:SAMPLE_COUNT] if found.parsed else []
        return cls(
            url=found.url,
            title=found.title,
            format=found.parsed.format if found.parsed else "",
            entry_count=len(found.parsed.entries) if found.parsed else None,
            is_comments=found.is_comments,
            newest=[SampleShape.model_validate(entry) for entry in entries],
        )


class SearchShape(Shape):
    """What a search found, the likeliest first, and what was asked."""

    found: list[FoundShape]
    asked: list[str]


class StepShape(Shape):
    """One step of a poll: a sentence for people, and the same for programs."""

    step: str
    says: str
    data: dict[str, JsonValue]

    @classmethod
    def of(cls, step: Step) -> "StepShape":
        """Write a step."""
        return cls(step=step.step, says=step.says, data={name: _plain(value) for name, value in step.data.items()})


def _plain(value: object) -> JsonValue:
    """Give a value as JSON has it; instants as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else str(value)


class BoundShape(Shape):
    """One bound on a feed's next poll."""

    bound: Bound
    at: datetime


class RhythmShape(Shape):
    """When a feed publishes: entries an hour, usually, by hour of the UTC day and by day of the week, Monday first."""

    usual: float
    by_hour: list[float]
    by_day: list[float]
    window: int

    @classmethod
    def of(cls, rhythm: Rhythm) -> "RhythmShape":
        """Write a rhythm."""
        hours, days = ([round(rate, 4) for rate in rates] for rates in shaped_rates(rhythm))
        return cls(usual=round(rhythm.usual_rate, 4), by_hour=hours, by_day=days, window=rhythm.window)


class PlanShape(Shape):
    """When a feed is asked next and why; all bounds, the latest first."""

    at: datetime | None  #: null if it is not polled
    because: Bound | None
    sentence: str
    bounds: list[BoundShape]
    rhythm: RhythmShape | None

    @classmethod
    def of(cls, why: Explanation, rhythm: Rhythm | None) -> "PlanShape":
        """Write a plan."""
        return cls(
            at=why.at if why.decided_by else None,
            because=why.decided_by,
            sentence=why.sentence,
            bounds=[BoundShape(bound=bound, at=at) for bound, at in why.bounds],
            rhythm=RhythmShape.of(rhythm) if rhythm else None,
        )


class Refresh(Shape):
    """How to ask a feed out of its turn."""

    ignore_cache: StrictBool = False  #: without validators, once; it is noted among the feed's events


class FeedEventShape(Shape):
    """Something that happened to a feed; its addresses without what may be a key."""

    id: int
    feed_id: int
    feed_title: str
    at: datetime
    kind: FeedEventKind
    detail: str
    old_address: str | None
    new_address: str | None
    other_feed_id: int | None
    undone_at: datetime | None

    @classmethod
    def of(cls, event: FeedEvent) -> "FeedEventShape":
        """Write an event."""
        return cls(
            id=event.id,
            feed_id=event.feed_id,
            feed_title=event.feed_title,
            at=event.at,
            kind=event.kind,
            detail=masked_text(event.detail),
            old_address=shown_address(event.old_url) if event.old_url else None,
            new_address=shown_address(event.new_url) if event.new_url else None,
            other_feed_id=event.other_feed_id,
            undone_at=event.undone_at,
        )


class FindingShape(Shape):
    """Something about a feed that works and is worth a look."""

    kind: FindingKind
    feed_id: int
    feed: str
    other_feed_id: int | None
    other_feed: str
    evidence: str

    @classmethod
    def of(cls, one: NamedFinding) -> "FindingShape":
        """Write a finding."""
        told = one.finding
        return cls(
            kind=told.kind,
            feed_id=told.feed_id,
            feed=one.name,
            other_feed_id=told.other_feed_id,
            other_feed=one.other_name,
            evidence=told.evidence,
        )


class CostShape(Shape):
    """What a feed's news cost."""

    feed_id: int
    feed: str
    request_count: int
    unchanged_count: int
    byte_count: int
    new_entry_count: int
    new_story_count: int
    bytes_per_story: float

    @classmethod
    def of(cls, one: NamedCost) -> "CostShape":
        """Write a cost."""
        cost = one.cost
        return cls(
            feed_id=cost.feed_id,
            feed=one.name,
            request_count=cost.request_count,
            unchanged_count=one.unchanged_count,
            byte_count=cost.byte_count,
            new_entry_count=cost.new_entry_count,
            new_story_count=cost.new_story_count,
            bytes_per_story=round(cost.bytes_per_story, 1),
        )


class HygieneShape(Shape):
    """The hygiene report."""

    findings: list[FindingShape]
    costs: list[CostShape]


class IncidentShape(Shape):
    """An incident of coverage with its evidence."""

    id: int
    public_id: str
    kind: CoverageKind
    subject: str
    feed_id: int | None
    evidence: str
    opened_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row: IncidentRow) -> "IncidentShape":
        """Write an incident."""
        told = row.incident
        return cls(
            id=told.id,
            public_id=told.public_id,
            kind=told.kind,
            subject=row.subject,
            feed_id=row.feed_id,
            evidence=row.evidence,
            opened_at=told.opened_at,
            closed_at=told.closed_at,
        )


class EtiquetteShape(Shape):
    """How the feeds were asked so far, and what decides when they are asked next."""

    feed_count: int
    request_count: int
    failed_count: int
    answer_count: int
    unchanged_count: int
    repeated_count: int
    byte_count: int
    validator_count: int
    resting_host_count: int
    slowed_host_count: int
    bounds: dict[Bound, int]


class SkippedShape(Shape):
    """A line of a list that was not taken over, and why."""

    what: str
    why: str


class ImportShape(Shape):
    """What became of a list of feeds."""

    added_count: int
    known_count: int
    skipped: list[SkippedShape]

    @classmethod
    def of(cls, report: ImportReport) -> "ImportShape":
        """Write a report."""
        skipped = [SkippedShape(what=what, why=why) for what, why in report.skipped]
        return cls(added_count=report.added_count, known_count=report.known_count, skipped=skipped)
