"""What the reports on feeds show: findings of hygiene, costs, incidents of coverage, events.

In: facts of the store. Out: rows for templates and API. Hides which store functions give them. Trap: a feed's address
may hold a key, so evidence and subjects leave masked (checklist S21).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pipeline.feeds.hygiene import Cost, Finding, FindingKind, costs, findings
from pipeline.masking import masked_text, masked_url
from pipeline.model import CoverageKind, FeedFigures, Incident
from pipeline.store import coverage, feeds, hygiene

HYGIENE_DAYS = 30
INCIDENT_LIMIT = 100
FEED_KINDS = frozenset(
    {CoverageKind.FEED_QUIET, CoverageKind.FEED_DEAD, CoverageKind.FEED_GAPS, CoverageKind.FEED_MOVED}
)

#: What each kind of finding means, and what to do about it.
ADVICE: Mapping[FindingKind, tuple[str, str]] = {
    FindingKind.DUPLICATE: ("The same feed twice", "Remove the first: it tells less, or came later."),
    FindingKind.SUBSET: ("Inside another feed", "Remove the first, unless it is faster."),
    FindingKind.VALIDATORS_STALE: (
        "Wrong validators",
        "Its server says that nothing changed although something did; entries may come late. Tell its owner.",
    ),
    FindingKind.VALIDATORS_IGNORED: (
        "Validators ignored",
        "Every poll brings the whole document. A longer interval of its own saves most of it.",
    ),
    FindingKind.NO_DATES: ("No dates", "The time of the first sight stands in for them."),
    FindingKind.NO_IDS: ("No ids", "Entries are told apart by their links."),
    FindingKind.COSTLY: ("Dear news", "A longer interval, or one of its sections instead."),
}


@dataclass(frozen=True, slots=True)
class NamedFinding:
    """A finding with the names of the feeds it is about."""

    finding: Finding
    name: str
    other_name: str


@dataclass(frozen=True, slots=True)
class NamedCost:
    """What one feed's news cost, with its name."""

    cost: Cost
    name: str
    unchanged_count: int


@dataclass(frozen=True, slots=True)
class HygieneFacts:
    """What the hygiene report shows."""

    findings: tuple[NamedFinding, ...]
    costs: tuple[NamedCost, ...]  #: the dearest story first


def look_at_hygiene(tx: Connection, now: datetime) -> HygieneFacts:
    """Read what is wrong with feeds that work, and what their news cost."""
    figures = hygiene.figures(tx)
    by_id = {one.feed_id: one for one in figures}
    overlaps = hygiene.overlaps(tx, now - timedelta(days=HYGIENE_DAYS))
    return HygieneFacts(
        tuple(_named(one, by_id) for one in findings(figures, overlaps)),
        tuple(NamedCost(one, _name(by_id[one.feed_id]), by_id[one.feed_id].unchanged_count) for one in costs(figures)),
    )


def _named(finding: Finding, by_id: Mapping[int, FeedFigures]) -> NamedFinding:
    other = by_id[finding.other_feed_id] if finding.other_feed_id is not None else None
    return NamedFinding(finding, _name(by_id[finding.feed_id]), _name(other) if other else "")


def _name(feed: FeedFigures) -> str:
    return feed.title or masked_url(feed.url)


def finding_groups(found: Iterable[NamedFinding]) -> dict[FindingKind, list[NamedFinding]]:
    """Sort findings by kind, in the order in which they came."""
    groups: dict[FindingKind, list[NamedFinding]] = {}
    for one in found:
        groups.setdefault(one.finding.kind, []).append(one)
    return groups


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident of coverage for reading."""

    incident: Incident
    subject: str
    evidence: str
    feed_id: int | None  #: of the feed it is about, if that is still on the list


def look_at_coverage(tx: Connection, limit: int = INCIDENT_LIMIT) -> list[IncidentRow]:
    """Read the incidents, open ones first, then the newest."""
    return [_incident(one, _feed_id(tx, one)) for one in coverage.recent(tx, limit)]


def _feed_id(tx: Connection, incident: Incident) -> int | None:
    if incident.kind not in FEED_KINDS:
        return None
    feed = feeds.find_by_url(tx, incident.subject)
    return feed.id if feed else None


def _incident(incident: Incident, feed_id: int | None) -> IncidentRow:
    return IncidentRow(incident, masked_text(incident.subject), masked_text(incident.evidence), feed_id)


def open_count(rows: Sequence[IncidentRow]) -> int:
    """Count what is not over."""
    return sum(row.incident.closed_at is None for row in rows)
