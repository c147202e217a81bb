"""What one page needs, read in one transaction, so that its numbers agree with each other.

In: a read transaction and an instant. Out: the facts of a page. Hides which store functions give them.
Trap: these run in the store's thread and may run twice (`Database.look`), so they only read.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pipeline.model import AlarmKind, Alert, CoverageKind, Feed, Grouping, Incident, Story
from pipeline.rule import HoldReason
from pipeline.store import (
    alerts,
    articles,
    counts,
    coverage,
    delays,
    deliveries,
    durations,
    entries,
    feeds,
    processes,
    stories,
)
from pipeline.store.articles import StoredArticle
from pipeline.store.counts import Overview
from pipeline.store.delays import Delay
from pipeline.store.deliveries import StoredDelivery
from pipeline.store.durations import Tally, Timed
from pipeline.store.processes import Process
from pipeline.store.waiting import HostQueue

STORY_LIMIT = 10
ALERT_LIMIT = 6
HOST_LIMIT = 6
DELAYS_OF = 1_000  #: the last alerts, of which delays are told


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """An alert and where it was sent."""

    alert: Alert
    deliveries: list[StoredDelivery]


@dataclass(frozen=True, slots=True)
class OverviewFacts:
    """What the first page shows."""

    at: datetime
    overview: Overview
    stories: list[Story]
    alerts: list[AlertFacts]
    feeds: list[Feed]
    processes: list[Process]
    hosts: list[HostQueue]
    incidents: list[Incident]


@dataclass(frozen=True, slots=True)
class StoryFacts:
    """A story, its articles and why each is in it."""

    story: Story
    articles: list[StoredArticle]
    groupings: Mapping[int, Grouping]
    alerts: list[AlertFacts]


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """An article and why it is in its story."""

    stored: StoredArticle
    grouping: Grouping | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured: counts and heartbeats."""

    overview: Overview
    processes: list[Process]
    held_counts: Mapping[HoldReason, int]
    delays: list[Delay]  #: of the last alerts sent, by stage
    durations: Mapping[tuple[Timed, int], Tally]
    open_alarms: Mapping[str, int]  #: by kind


def look_at_overview(tx: Connection, now: datetime) -> OverviewFacts:
    """Read the first page's facts as of `now`."""
    return OverviewFacts(
        at=now,
        overview=counts.overview(tx, now),
        stories=stories.recent(tx, STORY_LIMIT),
        alerts=[_with_deliveries(tx, alert) for alert in alerts.recent(tx, ALERT_LIMIT)],
        feeds=feeds.list_all(tx),
        processes=processes.list_all(tx),
        hosts=entries.waiting_by_host(tx, HOST_LIMIT),
        incidents=coverage.open_incidents(tx, (*AlarmKind, *CoverageKind)),
    )


def look_at_story(tx: Connection, story_id: int) -> StoryFacts:
    """Read a story; raises NotFound."""
    return StoryFacts(
        story=stories.get(tx, story_id),
        articles=stories.articles_of(tx, story_id),
        groupings=stories.groupings_of(tx, story_id),
        alerts=[_with_deliveries(tx, alert) for alert in alerts.of_story(tx, story_id)],
    )


def look_at_article(tx: Connection, article_id: int) -> ArticleFacts:
    """Read an article; raises NotFound."""
    stored = articles.get(tx, article_id)
    reasons = stories.groupings_of(tx, stored.story_id) if stored.story_id else {}
    return ArticleFacts(stored, reasons.get(article_id))


def look_at_figures(tx: Connection, now: datetime) -> Figures:
    """Read what is measured."""
    return Figures(
        counts.overview(tx, now),
        processes.list_all(tx),
        alerts.held_counts(tx),
        delays.by_stage(delays.ways(tx, DELAYS_OF)),
        durations.read(tx),
        Counter(one.kind.value for one in coverage.open_incidents(tx, (*AlarmKind, *CoverageKind))),
    )


def _with_deliveries(tx: Connection, alert: Alert) -> AlertFacts:
    return AlertFacts(alert, deliveries.of_alert(tx, alert.id))
