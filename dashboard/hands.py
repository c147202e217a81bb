"""What needs a hand, first: incidents that are open, and work that only a person can move.

In: open incidents, counts. Out: `Hand`s in the order of urgency. All pure. Trap: an alarm of a kind that is new must
still be shown, so whatever has no link of its own leads to the queue's page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.words import capitalized, span, spoken
from pipeline.masking import masked_text
from pipeline.model import AlarmKind, CoverageKind, Incident, IncidentKind

SHOWN = 6
#: The service itself first, then who is not told, then what does not come in.
URGENCY: tuple[IncidentKind, ...] = (
    AlarmKind.DISK_FULL,
    AlarmKind.PROCESS_MISSING,
    AlarmKind.QUEUE_STUCK,
    AlarmKind.POLLS_STOPPED,
    AlarmKind.DEAD_LETTERS,
    AlarmKind.CHANNEL_RESTS,
    AlarmKind.NOTHING_NEW,
    *(kind for kind in AlarmKind),
    *(kind for kind in CoverageKind),
)
GRAVE = frozenset({AlarmKind.DISK_FULL, AlarmKind.PROCESS_MISSING, AlarmKind.QUEUE_STUCK, AlarmKind.POLLS_STOPPED})
FEED_KINDS = frozenset(
    {CoverageKind.FEED_QUIET, CoverageKind.FEED_DEAD, CoverageKind.FEED_GAPS, AlarmKind.FEEDS_FAILING}
    | {AlarmKind.HOSTS_FAILING, AlarmKind.FEEDS_LATE, AlarmKind.POLLS_STOPPED, AlarmKind.NOTHING_NEW}
)


@dataclass(frozen=True, slots=True)
class Hand:
    """One thing to look at."""

    key: str
    title: str
    evidence: str
    since: str
    tone: str
    link: str


@dataclass(frozen=True, slots=True)
class Hands:
    """What is shown, and how much more there is."""

    shown: tuple[Hand, ...]
    hidden_count: int


def by_urgency(incidents: Sequence[Incident]) -> list[Incident]:
    """Order incidents: the most urgent first, and among equals the longest open."""
    return sorted(incidents, key=lambda one: (URGENCY.index(one.kind), one.opened_at))


def hands(incidents: Sequence[Incident], now: datetime) -> Hands:
    """Give what needs a hand, the most urgent first and among equals the longest open."""
    ordered = by_urgency(incidents)
    return Hands(tuple(_hand(one, now) for one in ordered[:SHOWN]), max(0, len(ordered) - SHOWN))


def _hand(incident: Incident, now: datetime) -> Hand:
    return Hand(
        key=f"incident-{incident.id}",
        title=f"{capitalized(spoken(incident.kind.value))}: {masked_text(incident.subject)}",
        evidence=masked_text(incident.evidence),
        since=span((now - incident.opened_at).total_seconds()),
        tone="bad" if incident.kind in GRAVE else "warn",
        link="/feeds" if incident.kind in FEED_KINDS or isinstance(incident.kind, CoverageKind) else "/queue",
    )
