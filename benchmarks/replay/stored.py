"""Read what the store holds after a run.

In: the database. Out: `Stored`, everything the referee and the report need. Hides SQL. Trap: read it when the
processes have ended, or it is a moment in between.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.model import DeliveryState, EntryState, TextSource
from pipeline.store import counts
from pipeline.store.database import Database
from pipeline.store.tables import alerts, articles, deliveries, entries, feeds, groupings
from pipeline.urls import canonical
from workers.clock import utc_now

ENDED = frozenset({EntryState.DONE, EntryState.MERGED, EntryState.DROPPED, EntryState.QUARANTINED})
ENDED_DELIVERIES = frozenset({DeliveryState.SENT, DeliveryState.PARKED})


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry and the article it came to."""

    url: str  #: in its one spelling
    state: EntryState
    first_seen_at: datetime
    finished_at: datetime | None
    story_id: int | None = None  #: None without an article
    title: str = ""
    text: str = field(default="", repr=False)
    text_source: TextSource | None = None
    why: str = ""  #: of its story


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert."""

    public_id: str
    subscription: str
    story_id: int
    created_at: datetime
    first_seen_at: datetime  #: of the entry whose article raised it


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery."""

    public_id: str
    channel: str
    state: DeliveryState
    alert: StoredAlert
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of a run."""

    entries: tuple[StoredEntry, ...]
    alerts: tuple[StoredAlert, ...]
    deliveries: tuple[StoredDelivery, ...]
    polled: tuple[tuple[datetime, datetime], ...]  #: for each feed, when it was asked and when that was stored

    def find_article(self, url: str) -> StoredEntry | None:
        """Find the entry that brought the article of an address."""
        wanted = canonical(url)
        return next((one for one in self.entries if one.url == wanted and one.story_id is not None), None)

    def count(self, *states: EntryState) -> int:
        """Count entries in these states."""
        return sum(entry.state in states for entry in self.entries)


def is_settled(database: Database, entry_count: int) -> bool:
    """Tell whether so many entries have come, all have ended, and every alert is with its channels."""
    with database.read() as tx:
        seen = counts.overview(tx, utc_now())
    open_entries = sum(count for state, count in seen.entries.items() if state not in ENDED)
    open_deliveries = sum(count for state, count in seen.deliveries.items() if state not in ENDED_DELIVERIES)
    return sum(seen.entries.values()) >= entry_count and not open_entries and not open_deliveries


def read_stored(database: Database) -> Stored:
    """Read all of it."""
    with database.read() as tx:
        raised = _alerts(tx)
        asked = tx.execute(select(feeds.c.last_attempt_at, feeds.c.last_success_at)).all()
        return Stored(
            entries=tuple(_entries(tx)),
            alerts=tuple(raised.values()),
            deliveries=tuple(_deliveries(tx, raised)),
            polled=tuple((row[0], row[1]) for row in asked if row[0] and row[1]),
        )


def _entries(tx: Connection) -> list[StoredEntry]:
    own = (entries.c.url, entries.c.state, entries.c.first_seen_at, entries.c.finished_at)
    its = (articles.c.story_id, articles.c.title, articles.c.text, articles.c.text_source, groupings.c.why)
    way = entries.outerjoin(articles, articles.c.entry_id == entries.c.id)
    way = way.outerjoin(groupings, groupings.c.article_id == articles.c.id)
    found = tx.execute(select(*own, *its).select_from(way).order_by(entries.c.id))
    return [
        StoredEntry(canonical(url), state, seen_at, ended_at, story, title or "", text or "", source, why or "")
        for url, state, seen_at, ended_at, story, title, text, source, why in found
    ]


def _alerts(tx: Connection) -> dict[int, StoredAlert]:
    columns = (alerts.c.public_id, alerts.c.subscription_name, alerts.c.story_id, alerts.c.created_at)
    way = alerts.join(articles, articles.c.id == alerts.c.article_id)
    found = select(alerts.c.id, *columns, articles.c.first_seen_at).select_from(way).order_by(alerts.c.id)
    return {row[0]: StoredAlert(*row[1:]) for row in tx.execute(found)}


def _deliveries(tx: Connection, raised: dict[int, StoredAlert]) -> list[StoredDelivery]:
    c = deliveries.c
    found = tx.execute(select(c.public_id, c.channel, c.state, c.alert_id, c.finished_at).order_by(c.id))
    return [StoredDelivery(row[0], row[1], row[2], raised[row[3]], row[4]) for row in found]
