"""The invariants: what must hold after any fault, read when nothing is left to do.

In: the newsroom's record, the store, the queue. Out: `Account`, with everything that broke a promise in words. Hides
SQL. Trap: nothing of the product decides here what is due; the referee looks for words in the stored texts itself.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select, text

from benchmarks.faults.newsroom import Heard, Newsroom
from benchmarks.faults.words import ASKED
from benchmarks.replay.questions import words_of
from benchmarks.replay.stored import ENDED
from pipeline.model import DeliveryState, EntryState
from pipeline.store.database import Database
from pipeline.store.tables import alerts, articles, deliveries, entries

WITH_ARTICLE = frozenset({EntryState.DONE, EntryState.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Account:
    """What one run came to."""

    entries: int  #: shown by the origin
    alerts: int
    quarantined: int
    lost: int  #: entries without an end, alerts not raised, deliveries not heard or not marked
    repeated: int  #: messages to which the receiver had said yes before
    broken: tuple[str, ...] = field(default=())  #: promises that did not hold


@dataclass(frozen=True, slots=True)
class _Rows:
    entries: list[Row[Any]]
    articles: list[Row[Any]]
    alerts: list[Row[Any]]
    deliveries: list[Row[Any]]


def account(newsroom: Newsroom, database: Database, *, may_change: bool = False) -> Account:
    """Compare everything the origin showed with everything stored and heard; `may_change`: repeats may read anew."""
    with database.read() as tx:
        rows, damage = _read(tx), _damage(tx)
    lost = [*_lost_entries(newsroom, rows), *_lost_alerts(rows), *_lost_deliveries(newsroom, rows)]
    changed = [] if may_change else _changed(newsroom.heard)
    other = [*damage, *_made_up(newsroom, rows), *_two_states(rows), *_doubled(rows), *changed]
    yes = Counter(one.id for one in newsroom.heard if one.accepted)
    return Account(
        entries=len(newsroom.shown),
        alerts=len(rows.alerts),
        quarantined=sum(row.state is EntryState.QUARANTINED for row in rows.entries),
        lost=len(lost),
        repeated=sum(yes.values()) - len(yes),
        broken=(*lost, *other),
    )


def _read(tx: Connection) -> _Rows:
    e, a, d = entries.c, articles.c, deliveries.c
    shown = select(e.id, e.guid, e.state, e.holder, e.lease_until, e.error)
    stored = select(a.id, a.entry_id, a.story_id, a.title, a.text)
    raised = select(alerts.c.id, alerts.c.story_id, alerts.c.subscription_name)
    sent = select(d.id, d.alert_id, d.channel, d.public_id, d.state, d.holder, d.lease_until)
    return _Rows(*(list(tx.execute(found)) for found in (shown, stored, raised, sent)))


def _damage(tx: Connection) -> list[str]:
    """Ask SQLite whether its file is whole; PostgreSQL sums up its own pages."""
    if tx.dialect.name != "sqlite":
        return []
    said = [str(line) for line in tx.execute(text("PRAGMA integrity_check")).scalars()]
    return [] if said == ["ok"] else [f"the database is damaged: {line}" for line in said]


def _lost_entries(newsroom: Newsroom, rows: _Rows) -> Iterator[str]:
    """Every entry the origin showed is one row, in an end, with the article that its end promises."""
    found = {row.guid: row for row in rows.entries}
    holding = {row.entry_id for row in rows.articles}
    for number in sorted(newsroom.shown):
        row = found.get(str(number))
        if row is None:
            yield f"entry {number} was shown and is not stored"
        elif row.state not in ENDED:
            yield f"entry {number} is still {row.state} ({row.error})"
        elif row.state in WITH_ARTICLE and row.id not in holding:
            yield f"entry {number} is {row.state} and has no article"


def _lost_alerts(rows: _Rows) -> Iterator[str]:
    raised = {(row.subscription_name, row.story_id) for row in rows.alerts}
    for subscription, story in sorted(_due(rows.articles) - raised):
        yield f"no alert of {subscription} for story {story}"


def _due(stored: Iterable[Row[Any]]) -> set[tuple[str, int]]:
    return {(word, row.story_id) for row in stored for word in set(words_of(f"{row.title}\n{row.text}")) & ASKED.keys()}


def _lost_deliveries(newsroom: Newsroom, rows: _Rows) -> Iterator[str]:
    heard = {one.id for one in newsroom.heard}
    made = {row.alert_id for row in rows.deliveries}
    for alert in rows.alerts:
        if alert.id not in made:
            yield f"alert {alert.id} has no delivery"
    for row in rows.deliveries:
        if row.state is not DeliveryState.SENT:
            yield f"delivery {row.id} is {row.state}"
        elif row.channel == "receiver" and row.public_id not in heard:
            yield f"delivery {row.id} is marked as sent and was not heard"


def _made_up(newsroom: Newsroom, rows: _Rows) -> Iterator[str]:
    numbers = {str(one.number) for one in newsroom.published}
    for row in rows.entries:
        if row.guid not in numbers:
            yield f"entry {row.id} was never shown"
    sent = {row.public_id for row in rows.deliveries}
    for unknown in {one.id for one in newsroom.heard} - sent:
        yield f"the receiver heard {unknown}, which nobody made"
    due = _due(rows.articles)
    for row in rows.alerts:
        if (row.subscription_name, row.story_id) not in due:
            yield f"alert {row.id} is not due"


def _two_states(rows: _Rows) -> Iterator[str]:
    """Whatever has ended is held by nobody."""
    for row in rows.entries:
        if row.state in ENDED and (row.holder or row.lease_until):
            yield f"entry {row.id} is {row.state} and held by {row.holder}"
    for row in rows.deliveries:
        if row.state is DeliveryState.SENT and (row.holder or row.lease_until):
            yield f"delivery {row.id} is sent and held by {row.holder}"


def _doubled(rows: _Rows) -> Iterator[str]:
    columns = {
        "entry": [row.guid for row in rows.entries],
        "article of entry": [row.entry_id for row in rows.articles],
        "alert": [(row.subscription_name, row.story_id) for row in rows.alerts],
        "delivery": [(row.alert_id, row.channel) for row in rows.deliveries],
    }
    for what, keys in columns.items():
        for key, count in Counter(keys).items():
            if count > 1:
                yield f"{what} {key} stands there {count} times"


def _changed(heard: Iterable[Heard]) -> Iterator[str]:
    """Find repeats with another body than the first: a receiver could not tell what they are."""
    bodies: dict[str, set[str]] = {}
    for one in heard:
        bodies.setdefault(one.id, set()).add(one.digest)
    for message_id, digests in bodies.items():
        if len(digests) > 1:
            yield f"message {message_id} came with {len(digests)} different bodies"
