"""What one poll of a feed came to, and what storing it did.

Trap: a `PollResult` is stored whole or not at all, so validators never run ahead of the entries they stand for.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime

from pipeline.model.feeds import Entry, NextPoll, ParsedFeed, PushOffer, Validators
from pipeline.model.words import Bound, FeedEventKind, Reason


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
