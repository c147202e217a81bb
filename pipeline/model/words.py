"""The closed lists of words: states, reasons and kinds, one spelling for store, log, metric and page.

In: nothing. Out: enums whose values are what is stored. Trap: a value that was ever stored must stay readable.
"""

from enum import StrEnum


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
    OUTAGE = "outage"


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
    FEED_MOVED = "feed_moved"
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


class AlarmKind(StrEnum):
    """What is wrong with the service itself (R35)."""

    QUEUE_STUCK = "queue_stuck"
    POLLS_STOPPED = "polls_stopped"
    WORK_LATE = "work_late"
    FEEDS_LATE = "feeds_late"
    NOTHING_NEW = "nothing_new"
    DEAD_LETTERS = "dead_letters"
    FEEDS_FAILING = "feeds_failing"
    HOSTS_FAILING = "hosts_failing"
    DISK_FULL = "disk_full"
    CHANNEL_RESTS = "channel_rests"
    PROCESS_MISSING = "process_missing"
    CLOCK_OFF = "clock_off"


class Scope(StrEnum):
    """What an API token may do; each contains the one before."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def covers(self, needed: "Scope") -> bool:
        """Tell whether this scope allows what needs `needed`."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


class Role(StrEnum):
    """Who a user is to the newsroom; each may do what the one before may."""

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Tell whether this role allows what needs `needed`."""
        order = list(Role)
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


class EditCause(StrEnum):
    """Why we looked at an article again and found that it reads otherwise."""

    FEED_CHANGED = "feed_changed"
    CHECKED = "checked"
    PAGE_CAME = "page_came"  #: until then the feed's text stood in


class ActKind(StrEnum):
    """What was done to stories after their articles had been placed."""

    MERGE = "merge"
    SPLIT = "split"
    APART = "apart"
