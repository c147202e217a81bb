"""What the operator is told of: an incident with its evidence, once.

Trap: an incident that goes on is the same row, or it would be told every minute.
"""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.words import AlarmKind, CoverageKind

IncidentKind = CoverageKind | AlarmKind


@dataclass(frozen=True, slots=True)
class MovedFeed:
    """A feed that took another address a little while ago, by itself."""

    feed_id: int
    title: str
    old_url: str
    new_url: str
    joined_feed_id: int | None  #: the feed of the list that had the address already


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with what comes in or with the service itself, and how that is known."""

    kind: IncidentKind
    subject: str  #: a feed's address, a host, a folder, a language; a stage, a channel, a kind of process
    evidence: str  #: in words
    feed_id: int | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A finding from when it was first made until it is over."""

    id: int
    public_id: str
    kind: IncidentKind
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
    over: bool = False  #: it tells of the incident's end
