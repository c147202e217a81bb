"""The records that travel from one stage to the next; frozen, and every instant is aware and in UTC.

Only ids cross the queue; these records live inside one process. Order below is the order of the way:
feed, entry, page, article, story, match, alert, delivery. Trap: `Entry` is what a feed said and may lie
(dates, links); what we decided about it is in the record that carries it (`FetchTask`, `Article`).
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.rule import Rule, UpdateReason


class FeedState(StrEnum):
    """Where a feed stands; docs/states.md says who moves it."""

    ACTIVE = "active"
    PAUSED = "paused"
    GONE = "gone"


class FeedEventKind(StrEnum):
    """What happened to a feed that its owner should know of, once each."""

    MOVED = "moved"
    JOINED = "joined"
    MOVED_BACK = "moved_back"
    GONE = "gone"
    UNDEAD = "undead"
    REVIVED = "revived"
    REST_CAPPED = "rest_capped"
    ASKED_IN_FULL = "asked_in_full"


class Bound(StrEnum):
    """What decides when a feed is asked again, the mildest first; docs/etiquette.md explains each."""

    INTERVAL = "interval"
    FLOOR = "floor"
    DECLARED = "declared"
    FRESHNESS = "freshness"
    UNCONDITIONAL = "unconditional"
    BACK_OFF = "back_off"
    UNDEAD = "undead"
    GONE = "gone"
    HOST = "host"
    SKIPPED = "skipped"
    ASKED = "asked"
    SPREAD = "spread"


class PushState(StrEnum):
    """Where a subscription at a hub stands (WebSub); docs/states.md says who moves it."""

    OFFERED = "offered"
    ACTIVE = "active"
    DENIED = "denied"


class CoverageKind(StrEnum):
    """What can be wrong with what comes in; docs/coverage.md explains each."""

    FEED_QUIET = "feed_quiet"
    FEED_DEAD = "feed_dead"
    FEED_GAPS = "feed_gaps"
    HOST_YIELD = "host_yield"
    FOLDER_SHARE = "folder_share"
    LANGUAGE_SHARE = "language_share"


class EntryState(StrEnum):
    """Where an entry stands; each entry ends in `done`, `merged`, `dropped` or `quarantined`."""

    WAITING = "waiting"
    QUEUED = "queued"
    FETCHING = "fetching"
    DONE = "done"
    MERGED = "merged"
    DROPPED = "dropped"
    QUARANTINED = "quarantined"


class DeliveryState(StrEnum):
    """Where a delivery stands; it ends in `sent` or, until somebody replays it, in `parked`."""

    WAITING = "waiting"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PARKED = "parked"


class Reason(StrEnum):
    """Why something did not go the plain way: one closed list for logs, metrics and the dashboard."""

    OLD_AT_IMPORT = "old_at_import"
    SAME_PAGE = "same_page"
    FEED_REMOVED = "feed_removed"
    DROPPED_BY_HAND = "dropped_by_hand"
    NO_TEXT = "no_text"
    OTHER_PAGE = "other_page"
    CONSENT_WALL = "consent_wall"
    BOT_CHECK = "bot_check"
    LOGIN_WALL = "login_wall"
    PAYWALL = "paywall"
    SOFT_404 = "soft_404"
    INDEX_PAGE = "index_page"
    VIDEO_STUB = "video_stub"
    ADDRESS_DENIED = "address_denied"
    URL_REFUSED = "url_refused"
    NAME_UNKNOWN = "name_unknown"
    NAME_TEMPORARY = "name_temporary"
    CONNECTION_FAILED = "connection_failed"
    TLS_FAILED = "tls_failed"
    TIMED_OUT = "timed_out"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_ENCODING = "bad_encoding"
    HTTP_TEMPORARY = "http_temporary"
    HTTP_REFUSED = "http_refused"
    HTTP_NOT_FOUND = "http_not_found"
    HTTP_GONE = "http_gone"
    HTTP_THROTTLED = "http_throttled"
    NOT_A_FEED = "not_a_feed"
    NOT_HTML = "not_html"
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNKNOWN = "robots_unknown"
    EXTRACTION_TIMED_OUT = "extraction_timed_out"
    EXTRACTION_CRASHED = "extraction_crashed"
    WORKER_LOST = "worker_lost"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    RECEIVER_REFUSED = "receiver_refused"
    RECEIVER_UNAVAILABLE = "receiver_unavailable"
    RECEIVER_GONE = "receiver_gone"
    CHANNEL_UNKNOWN = "channel_unknown"
    JOB_FORBIDDEN = "job_forbidden"


class Scope(StrEnum):
    """What an API token may do; each contains the one before."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def covers(self, needed: "Scope") -> bool:
        """Tell whether this scope allows what needs `needed`."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


class TextSource(StrEnum):
    """Where an article's text came from: its page, or only what the feed itself carried."""

    PAGE = "page"
    FEED = "feed"


class GroupingKind(StrEnum):
    """How an article came to its story: it began it, repeats a text, tells the event in other words, or tells of many.

    A round-up (a live blog, a briefing) has a story of its own that nothing but its copies joins.
    """

    FIRST = "first"
    COPY = "copy"
    REPORT = "report"
    ROUNDUP = "roundup"


class ActKind(StrEnum):
    """What was done to stories after their articles had been placed."""

    MERGE = "merge"
    SPLIT = "split"
    APART = "apart"


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


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an answer cost, and what it says of its server's validators."""

    byte_count: int  #: of the body, decompressed
    body_key: bytes = b""  #: equal for equal bodies; empty for a 304
    conditional: bool = False  #: we sent validators


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What of a document the store found to be new."""

    published: tuple[datetime | None, ...]  #: as the feed dates each
    lost: bool = False  #: nothing of it was known, although the feed had shown entries: some may be missed


@dataclass(frozen=True, slots=True)
class Replanned:
    """When to ask again after all, and what was learned of the feed's rhythm."""

    next_poll: NextPoll
    rhythm: str | None


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll of a feed came to; stored in one transaction with what it brought.

    `parsed` is None for an unchanged (304) or failed poll; `reason` is None unless it failed.
    """

    attempted_at: datetime
    next_poll_at: datetime
    validators: Validators
    status: int | None = None
    parsed: ParsedFeed | None = None
    reason: Reason | None = None
    error: str = ""
    host_not_before: datetime | None = None  #: Retry-After: nothing of this host may start earlier
    gone: bool = False  #: answered 410 often and long enough to stop
    #: Asked by the store, once it knows what is new, in place of `next_poll_at`; pure, it may be asked again.
    replan: Callable[[Arrivals], Replanned] | None = field(default=None, compare=False)
    offer: PushOffer | None = None
    traffic: Traffic | None = None  #: None if no answer came
    archived: tuple[Entry, ...] = ()  #: entries of older pages of the feed, new ones only (RFC 5005)
    undead: bool = False  #: has failed long enough to be looked after only now and then
    bound: Bound = Bound.INTERVAL  #: what decided `next_poll_at`
    bounds: Mapping[Bound, float] = field(default_factory=dict)
    fresh_seconds: int = 0
    quiet_count: int = 0
    shown_key: bytes | None = None
    error_score: float = 0.0
    moved_url: str | None = None  #: where permanent redirects lead, and since when, see `Feed`
    moved_since_at: datetime | None = None
    moved_count: int = 0
    is_moved: bool = False  #: the move is believed: the feed is to take that address
    rest_asked_seconds: float | None = None  #: what Retry-After asked for, before its cap


@dataclass(frozen=True, slots=True)
class PollCounts:
    """What storing one poll did, by entry."""

    new_count: int = 0
    known_count: int = 0
    merged_count: int = 0  #: new here, but its page is already another entry's
    dropped_count: int = 0  #: too old at the first import
    updated_count: int = 0  #: known, but with another title or text
    renamed_count: int = 0  #: known under another guid; no news
    events: tuple[FeedEventKind, ...] = ()  #: what the owner should know of
    arrived: tuple[datetime | None, ...] = ()  #: the dates of the new entries, inside the store only

    def __add__(self, other: "PollCounts") -> "PollCounts":
        return PollCounts(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class FeedFigures:
    """What a feed cost and brought since it was first counted; the last document for what its entries lack."""

    feed_id: int
    title: str
    url: str
    request_count: int
    byte_count: int  #: of decompressed bodies
    answer_count: int
    unchanged_count: int  #: answered 304
    repeated_count: int  #: the same body although we asked for it only if it changed
    stale_count: int  #: another body under unchanged validators
    entry_count: int
    undated_count: int
    unnamed_count: int  #: without a guid
    new_entry_count: int
    new_story_count: int  #: stories that began with an entry of this feed


@dataclass(frozen=True, slots=True)
class FeedOverlap:
    """How many pages of late two feeds have both shown, and each of them in all."""

    feed_id: int
    other_id: int
    shared_count: int
    page_count: int
    other_page_count: int


@dataclass(frozen=True, slots=True)
class FetchTask:
    """One entry whose page is to be fetched now by whoever holds `token`."""

    entry_id: int
    token: int
    feed_id: int
    feed_title: str
    folder: str
    entry: Entry
    host: str  #: registrable domain of the page
    first_seen_at: datetime
    attempts: int  #: this one included
    start_at: datetime  #: the host's slot; do not start earlier
    last_reason: Reason | None = None  #: why the try before this one failed


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer, body decompressed and within its cap."""

    url: str  #: final, after redirects
    status: int
    headers: Mapping[str, str]  #: case-insensitive; repeated fields joined by ", "
    body: bytes
    elapsed_seconds: float
    redirects: tuple[tuple[int, str], ...] = ()  #: (status, target) of each hop, in order


@dataclass(frozen=True, slots=True)
class RobotsCopy:
    """What we hold of an origin's robots.txt."""

    origin: str  #: scheme, host and port
    rules: str  #: empty allows everything
    checked_at: datetime  #: the last try to renew it
    good_at: datetime | None = None  #: when the rules came; None if they never did
    failing_since_at: datetime | None = None  #: first of the tries in a row that failed


@dataclass(frozen=True, slots=True)
class Extract:
    """What the extractor found on a page; empty strings where it found nothing."""

    text: str
    title: str = ""
    byline: str = ""
    site: str = ""
    language: str = ""
    canonical_url: str = ""
    published_at: datetime | None = None
    kind: Reason | None = None  #: what the page is, if it is no article


@dataclass(frozen=True, slots=True)
class Article:
    """The text of one entry, from its page or else from the feed."""

    url: str  #: canonical
    title: str
    text: str
    outlet: str  #: the publisher's registrable domain
    language: str  #: ISO 639-1, empty if unknown
    published_at: datetime  #: effective: min(what the feed said, first seen), or first seen
    first_seen_at: datetime
    text_source: TextSource
    byline: str = ""
    site: str = ""
    note: Reason | None = None  #: why the text is only the feed's
    fetched_at: datetime | None = None  #: when its page had come; None for the feed's text


@dataclass(frozen=True, slots=True)
class Matchable:
    """All that a query may ask of an article; relative dates in a query count from `seen_at`."""

    title: str
    text: str
    site: str = ""  #: the outlet's name for itself
    outlet: str = ""
    feed: str = ""  #: the title of the feed that brought it
    folder: str = ""
    language: str = ""
    author: str = ""
    url: str = ""
    published_at: datetime | None = None
    seen_at: datetime | None = None


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
class Subscription:
    """A standing question: query, and the names of the channels that hear of a match."""

    id: int
    name: str
    query: str
    channels: tuple[str, ...]
    enabled: bool = True
    rule: Rule = field(default_factory=Rule)
    problem: str = ""  #: why it was switched off by itself


@dataclass(frozen=True, slots=True)
class Span:
    """Where a matched word stands: character offsets into the named field."""

    field: str  #: "title" or "text"
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """One subscription met by one article; at least one span unless only negations matched."""

    subscription_id: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """The one notice of one story to one subscription; `public_id` never changes, whatever is resent."""

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
    passage: str  #: the text around the first matched word
    matched: tuple[str, ...]  #: the words as they stand in the text, in order, each once
    outlet_count: int  #: outlets in the story when it was raised
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Update:
    """A story that had its alert, told of once more because the subscription's rule asks for it."""

    id: int
    public_id: str
    alert: Alert  #: the one it follows
    number: int  #: 1 is the first after the alert
    reason: UpdateReason
    article_id: int  #: whose joining gave cause
    article_url: str
    article_title: str
    outlet: str
    published_at: datetime
    outlet_count: int  #: outlets in the story when it was made
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """Alerts and updates of one subscription, kept for one message; fixed once it is closed."""

    id: int
    public_id: str
    subscription_id: int
    subscription_name: str
    due_at: datetime
    closed_at: datetime
    members: tuple[Alert | Update, ...]  #: as they were made
    outlet_counts: Mapping[int, int]  #: by story id, when it was closed


Notice = Alert | Update | Digest  #: what a delivery hands over


@dataclass(frozen=True, slots=True)
class DeliveryTask:
    """One notice to hand to one channel now by whoever holds `token`; `public_id` is the receiver's dedupe key."""

    delivery_id: int
    public_id: str
    token: int
    channel: str
    attempts: int  #: this one included
    notice: Notice
    made_at: datetime
    feed_key: str = ""  #: the secret in the address of the subscription's feed
    leave_key: str = ""  #: the secret behind its addresses of unsubscription; whoever reads the feed does not know it
    site_url: str = ""  #: where the dashboard is reached, without a slash at the end; empty if nobody knows


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with what comes in, and how that is known."""

    kind: CoverageKind
    subject: str  #: a feed's address, a host, a folder, a language
    evidence: str  #: in words
    feed_id: int | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A finding from when it was first made until it is over."""

    id: int
    public_id: str
    kind: CoverageKind
    subject: str
    evidence: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OperatorNotice:
    """An incident to tell to one channel of the operator."""

    id: int
    channel: str
    attempts: int  #: this one included
    incident: Incident


@dataclass(frozen=True, slots=True)
class Pace:
    """The politeness kept at one host, by feeds and pages together."""

    gap_seconds: float  #: least time between two starts
    concurrency: int  #: most requests at once


@dataclass(frozen=True, slots=True)
class Released:
    """A row handed to the queue: an entry or a delivery, its fencing token and its job's random id."""

    id: int
    token: int
    job_id: str


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found held by nobody any more."""

    returned_count: int
    quarantine: tuple[tuple[int, int], ...]  #: (entry id, fresh token) of those that crashed too often


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How many stored articles hold each term; a term never seen is absent."""

    article_count: int
    by_term: Mapping[str, int]
