"""What the API sends and takes, as it stands in its description.

In: records of the store. Out: pydantic models. Hides pydantic. Trap: a feed's address may hold a key, so it is
shown as `shown_address` writes it (S21); who needs it whole uses `storywatch feeds export`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from dashboard.words import shown_address
from pipeline.masking import masked_text
from pipeline.model import (
    Alert,
    DeliveryState,
    EntryState,
    Feed,
    FeedState,
    Grouping,
    GroupingKind,
    Reason,
    Scope,
    TextSource,
)
from pipeline.store.articles import StoredArticle
from pipeline.store.samples import SampledStage
from pipeline.store.story_list import ListedStory
from pipeline.store.troubles import TroubledEntry

One = TypeVar("One")
#: Numbers of rows; beyond this, JSON as many programs read it is not exact (RFC 8259, 6).
Number = Annotated[int, Field(ge=1, le=2**53 - 1)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class Shape(BaseModel):
    """What all shapes share: read from records by their attributes, and nothing unknown taken."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class Fault(BaseModel):
    """Why a request was refused."""

    error: str
    detail: str
    position: int | None = None
    suggestion: str | None = None


class Page(Shape, Generic[One]):
    """A part of a list; `next` is the cursor of the part that follows, null at the end."""

    items: list[One]
    next: str | None = None


class StoryShape(Shape):
    """A story as a list shows it."""

    id: int
    title: str
    language: str
    first_at: datetime
    last_at: datetime
    article_count: int
    text_count: int
    outlet_count: int
    recent_count: int

    @classmethod
    def of(cls, one: ListedStory) -> "StoryShape":
        """Write a story."""
        story = one.story
        return cls(
            id=story.id,
            title=story.title,
            language=one.language,
            first_at=story.first_at,
            last_at=story.last_at,
            article_count=story.article_count,
            text_count=story.text_count,
            outlet_count=story.outlet_count,
            recent_count=one.recent_count,
        )


class ArticleShape(Shape):
    """An article; `text` is empty in lists."""

    id: int
    story_id: int | None
    url: str
    title: str
    outlet: str
    language: str
    byline: str
    site: str
    published_at: datetime
    first_seen_at: datetime
    text_source: TextSource
    note: Reason | None
    text: str = ""
    kind: GroupingKind | None = None
    why: str = ""
    revision_count: int = 0  #: texts it had before this one
    revised_at: datetime | None = None

    @classmethod
    def of(cls, stored: StoredArticle, grouping: Grouping | None, *, with_text: bool) -> "ArticleShape":
        """Write an article and why it is in its story."""
        article = stored.article
        return cls(
            id=stored.id,
            story_id=stored.story_id,
            url=article.url,
            title=article.title,
            outlet=article.outlet,
            language=article.language,
            byline=article.byline,
            site=article.site,
            published_at=article.published_at,
            first_seen_at=article.first_seen_at,
            text_source=article.text_source,
            note=article.note,
            text=article.text if with_text else "",
            kind=grouping.kind if grouping else None,
            why=grouping.why if grouping else "",
            revision_count=stored.revision_count,
            revised_at=stored.revised_at,
        )


class AlertShape(Shape):
    """An alert; `public_id` is what receivers know it by."""

    id: int
    public_id: str
    subscription_id: int
    subscription_name: str
    story_id: int
    article_id: int
    article_url: str
    article_title: str
    outlet: str
    published_at: datetime
    passage: str
    matched: list[str]
    outlet_count: int
    created_at: datetime

    @classmethod
    def of(cls, alert: Alert) -> "AlertShape":
        """Write an alert."""
        return cls.model_validate(alert)


class FeedShape(Shape):
    """A feed; its address without what may be a key."""

    id: int
    address: str
    host: str
    title: str
    folder: str
    state: FeedState
    interval_seconds: int | None
    next_poll_at: datetime | None
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    error_count: int
    last_reason: Reason | None
    last_error: str  #: what was said of the last failure, without keys
    gap_count: int  #: times that a document shared nothing with the one before
    added_at: datetime

    @classmethod
    def of(cls, feed: Feed) -> "FeedShape":
        """Write a feed."""
        return cls(
            id=feed.id,
            address=shown_address(feed.url),
            host=feed.host,
            title=feed.title,
            folder=feed.folder,
            state=feed.state,
            interval_seconds=feed.interval_seconds,
            next_poll_at=feed.next_poll_at,
            last_attempt_at=feed.last_attempt_at,
            last_success_at=feed.last_success_at,
            error_count=feed.error_count,
            last_reason=feed.last_reason,
            last_error=masked_text(feed.last_error),
            gap_count=feed.gap_count,
            added_at=feed.added_at,
        )


class NewFeed(Shape):
    """A feed to watch."""

    url: Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s/?#@]+[^\s]*$")]
    title: Line = ""
    folder: Line = ""
    interval_seconds: Annotated[int, Field(ge=60, le=31 * 86_400)] | None = None


class DeliveryShape(Shape):
    """A delivery of an alert, an update or a digest, and where it stands."""

    id: int
    public_id: str
    alert_id: int | None
    update_id: int | None
    digest_id: int | None
    channel: str
    state: DeliveryState
    reason: Reason | None
    error: str
    answer: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None


class HostPagesShape(Shape):
    """What the pages of a host were: `kinds` counts them by note, with `article` for those that were articles."""

    host: str
    page_count: int
    article_count: int
    kinds: dict[str, int]
    last_at: datetime


class HostShape(Shape):
    """What waits at one host."""

    host: str
    waiting_count: int
    in_flight_count: int
    oldest_at: datetime
    not_before_at: datetime | None


class WorkShape(Shape):
    """One row in a worker's hands."""

    stage: str
    row_id: int
    name: str
    place: str
    holder: str | None
    attempts: int
    queued_at: datetime | None
    lease_until: datetime | None


class ProcessShape(Shape):
    """A process by its last heartbeat."""

    name: str
    kind: str
    started_at: datetime
    beat_at: datetime
    detail: dict[str, JsonValue]


class TroubleShape(Shape):
    """Entries of one host that failed for one reason."""

    host: str
    reason: Reason
    state: EntryState
    count: int
    first_at: datetime
    last_at: datetime
    sample: str


class TroubledEntryShape(Shape):
    """One entry of a group of failures; its address and what was said of it leave without keys."""

    entry_id: int
    title: str
    address: str
    state: EntryState
    error: str
    attempts: int
    first_seen_at: datetime
    next_attempt_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, one: TroubledEntry) -> "TroubledEntryShape":
        """Write an entry."""
        told = {name: getattr(one, name) for name in cls.model_fields if name not in {"address", "error"}}
        return cls(address=shown_address(one.url), error=masked_text(one.error), **told)


class CrashShape(Shape):
    """The last exception nobody foresaw at a host or channel, with its traceback."""

    at: datetime
    attempts: int
    traceback: str


class FailuresShape(Shape):
    """The entries of one group of failures, and a sample of the crashes at its host, for admins."""

    items: list[TroubledEntryShape]
    next: str | None = None
    crash: CrashShape | None = None


class DeliveryDetail(Shape):
    """A delivery, and the last crash at its channel if that is what parked it, for admins."""

    delivery: DeliveryShape
    crash: CrashShape | None = None


class SampleShape(Shape):
    """How a stage stood at one minute."""

    at: datetime
    waiting_count: int
    queued_count: int
    held_count: int
    oldest_seconds: int


class HistoryShape(Shape):
    """How each stage stood over the last day, by the minute."""

    stages: dict[SampledStage, list[SampleShape]]


class QueueShape(Shape):
    """The whole queue at one instant."""

    at: datetime
    entries: dict[EntryState, int]
    deliveries: dict[DeliveryState, int]
    hosts: list[HostShape]
    work: list[WorkShape]
    troubles: list[TroubleShape]
    waiting_troubles: int  #: entries that wait after a failure, of all groups
    paused: dict[SampledStage, bool]
    processes: list[ProcessShape]


class Group(Shape):
    """Which failed entries to change: all of one host and cause that wait, or those named."""

    host: Annotated[str, Field(max_length=300)]
    reason: Reason
    entries: Annotated[list[Number], Field(max_length=1000)] | None = None


class Changed(Shape):
    """How many rows a request changed."""

    count: int


class Paused(Shape):
    """Whether releases of a stage are held back."""

    stage: SampledStage
    paused: bool


class TokenShape(Shape):
    """A token, without itself."""

    id: int
    name: str
    scope: Scope
    created_at: datetime
    last_used_at: datetime | None
    user_id: int | None  #: whose role bounds it; null for the operator's own


class NewToken(Shape):
    """A token to make."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    scope: Scope = Scope.READ


class MadeToken(TokenShape):
    """A fresh token; `token` is shown here and never again."""

    token: str


def page_of(found: Sequence[One], limit: int, cursor: Callable[[One], str]) -> Page[One]:
    """Cut what was read, one more than `limit`, to a page with the cursor of the next."""
    items = list(found[:limit])
    return Page(items=items, next=cursor(items[-1]) if len(found) > limit else None)
