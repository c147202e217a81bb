"""A feed as stored, the right to poll it, and what one of its documents says.

Trap: `Entry` is what a feed said and may lie (dates, links); what we decided is in the record that carries it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.words import Bound, FeedState, PushState, Reason


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server said identifies the version we hold; sent back byte for byte (RFC 9110, 8.8 and 13.1)."""

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = None  #: the final URL that sent them; they are worth nothing at another


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as stored."""

    id: int
    url: str
    host: str  #: registrable domain, the unit of politeness
    title: str
    folder: str
    state: FeedState
    added_at: datetime
    validators: Validators = field(default_factory=Validators)
    interval_seconds: int | None = None  #: set by the owner; None follows the settings
    next_poll_at: datetime | None = None
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    imported_at: datetime | None = None  #: when the first successful poll was stored; None before it
    error_count: int = 0  #: failures in a row
    last_reason: Reason | None = None
    last_error: str = ""
    gone_seen_at: datetime | None = None  #: first 410 in a row
    minimum_interval_seconds: int = 0  #: as the last document parsed asked, see `ParsedFeed`
    skip_hours: tuple[int, ...] = ()  #: likewise
    skip_days: tuple[int, ...] = ()  #: likewise
    fresh_seconds: int = 0  #: what the last answer that spoke of it said; a 304 without a word keeps it
    quiet_count: int = 0  #: answers in a row that showed nothing new
    shown_key: bytes | None = None  #: of the entries that the last document showed
    error_score: float = 0.0  #: failures in a row, each by its weight
    undead_at: datetime | None = None  #: since when it is only looked after now and then
    bound: Bound | None = None  #: what decided `next_poll_at`
    bounds: Mapping[str, float] = field(default_factory=dict)  #: all that bore on it, seconds from the attempt
    moved_url: str | None = None  #: where permanent redirects have led lately, without a break
    moved_since_at: datetime | None = None
    moved_count: int = 0  #: good answers from there
    stays: bool = False  #: the owner wants this address kept, wherever it leads
    rhythm: str | None = None  #: when it publishes, as `pipeline.feeds.rhythm` writes it
    gap_at: datetime | None = None  #: last poll that shared no entry with the one before: some may be missed
    gap_count: int = 0
    push_until: datetime | None = None  #: a hub that is trusted pushes until then, so polls only look after it


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When a feed is asked again, and why: every bound in seconds from the attempt, the deciding one by name."""

    at: datetime
    decided_by: Bound
    bounds: Mapping[Bound, float]
    jitter_seconds: float  #: how much of the wait is chance


@dataclass(frozen=True, slots=True)
class FeedLease:
    """The right to poll one feed until `until`; `token` fences off whoever held it before."""

    feed: Feed
    token: int
    start_at: datetime  #: the host's next free slot; the request must not start earlier
    until: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the feed showed it, cleaned of control characters, links made absolute."""

    identity: str  #: unique inside the feed, see pipeline.feeds.identity
    url: str  #: empty if the feed names no usable http(s) link
    title: str = ""
    summary: str = ""  #: plain text
    content: str = ""  #: plain text of the full content, if the feed carries one
    author: str = ""
    language: str = ""
    guid: str = ""
    published_raw: str = ""
    published_at: datetime | None = None  #: parsed and sane, else None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What one feed document says."""

    title: str
    site_url: str
    language: str
    entries: tuple[Entry, ...]  #: document order, at most the cap
    format: str  #: feedparser's word, e.g. "rss20", "atom10", "json11"
    skipped_count: int = 0  #: entries beyond the cap or repeated in the document
    repeated_count: int = 0  #: those of them that repeat the identity of another
    minimum_interval_seconds: int = 0  #: from ttl, sy:updatePeriod; lengthens only
    skip_hours: tuple[int, ...] = ()  #: hours of the UTC day in which nobody should ask
    skip_days: tuple[int, ...] = ()  #: days of the week, Monday 0, in which nobody should ask
    complete: bool = True  #: False if the document ends before its root closes: ask for it again in full
    older_url: str = ""  #: of the page before this one: RFC 5005, JSON Feed's next_url
    parts: tuple[str, ...] = ()  #: documents that hold the entries instead: the news sitemaps of an index
    hubs: tuple[str, ...] = ()  #: WebSub hubs the document names
    self_url: str = ""  #: its own address in its own words
    expired: bool = False  #: it says that nothing will come any more


@dataclass(frozen=True, slots=True)
class PushOffer:
    """A hub that an answer names, and the name of the feed there."""

    hub_url: str
    topic_url: str


@dataclass(frozen=True, slots=True)
class Push:
    """A subscription at a hub."""

    feed_id: int
    hub_url: str
    topic_url: str
    token: str = field(repr=False)  #: the last part of our callback's address, known to the hub alone
    secret: str = field(repr=False)  #: signs what the hub sends
    state: PushState
    pending: bool  #: we asked, and the hub has not asked back yet
    next_try_at: datetime  #: when to ask the hub (again)
    lease_until: datetime | None
    pushed_at: datetime | None
    good_count: int  #: documents that were signed well
    bad_count: int  #: and badly
    missed_count: int  #: polls that found what had not been pushed
    good_in_row: int  #: pushes with something new since the last miss
    failure_count: int  #: requests to the hub that failed, in a row
    error: str
