"""Subscriptions, what met them, and what is handed to a channel.

Trap: a `public_id` never changes, whatever is sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.rule import Rule, UpdateReason


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
    owner_id: int | None = None  #: the user who may change it; None is the whole newsroom's, for admins to change


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
    by_edit: bool = False  #: an edit of its article made the query met


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
