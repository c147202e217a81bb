"""How SQLite goes about the statements that run all the time, with no statistics to guide it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from pipeline.model import EntryState, Reason
from pipeline.store import (
    alerts,
    articles,
    counts,
    crashes,
    deliveries,
    digests,
    entries,
    feeds,
    page_checks,
    signs,
    stories,
    troubles,
    watches,
)
from pipeline.store.database import Database
from pipeline.store.page_checks import Planned
from tests.store.making import LEASE, NOW, PACE, after, article, document, entry, first, lease_of, polled, show, sketch
from tests.store.making import started as entry_started

MADE = sketch(terms={"dam": 2, "velin": 1}, bands=[1, 2])


def _claim(tx: Connection) -> None:
    feeds.add(tx, "https://new.example/", now=NOW)
    assert feeds.claim_due(tx, NOW, 9, LEASE, PACE, floor_seconds=60)


def _record(tx: Connection) -> None:
    lease = lease_of(tx, "https://new.example/")
    assert feeds.record_poll(tx, lease, polled(document(entry(1), entry(77))), 24, NOW)


def _release_and_start(tx: Connection) -> None:
    released = entries.release(tx, NOW, 9, LEASE, PACE)
    assert entries.start(tx, released[0].id, released[0].token, "w", NOW, LEASE, PACE)


def _put_back(tx: Connection) -> None:
    task = entry_started(tx, 50, host="fifty.example")
    assert entries.put_back(tx, task.entry_id, task.token, NOW, NOW, Reason.TIMED_OUT, "")


def _sweep(tx: Connection) -> None:
    entries.release(tx, NOW, 9, LEASE, PACE)
    found = entries.queued_jobs(tx, after(1), 9)
    entries.give_back(tx, [(i, token) for i, token, _ in found], NOW)
    entries.sweep(tx, NOW, ["w"], 2)
    deliveries.sweep(tx, NOW, ["w"], 2)


def _accept(tx: Connection) -> None:
    task = entry_started(tx, 51, host="fifty.example")
    stories.find_texts(tx, MADE, "en", NOW, NOW)
    stories.find_stories(tx, {"dam": 0.9, "velin": 0.4}, "en", NOW, NOW)
    first(tx, articles.insert(tx, task.entry_id, article(51), MADE, NOW))
    assert entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, NOW)


def _deliver(tx: Connection) -> None:
    deliveries.release(tx, NOW, 9, LEASE)
    deliveries.queued_jobs(tx, NOW, 9)


def _raise(tx: Connection) -> None:
    assert watches.open_in(tx, 1) == []
    assert alerts.single_at(tx, 1, NOW, 9) == []
    assert not digests.has_due(tx, NOW)
    assert digests.close_due(tx, NOW) == 0


def _look_again(tx: Connection) -> None:
    task = entry_started(tx, 52, host="fifty.example")
    first(tx, articles.insert(tx, task.entry_id, article(52), MADE, NOW))
    page_checks.plan(tx, task.entry_id, Planned(task.validators, NOW))
    assert entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, NOW)
    assert page_checks.has_due(tx, NOW)
    assert page_checks.begin_due(tx, NOW) == 1


def _look(tx: Connection) -> None:
    counts.overview(tx, NOW)
    entries.waiting_by_host(tx, 9)
    stories.recent(tx, 9)


def _troubles(tx: Connection) -> None:
    troubles.grouped(tx, 9)
    troubles.count_waiting(tx)
    crashes.find(tx, "h1.example")
    troubles.members(tx, "h1.example", Reason.TIMED_OUT, EntryState.WAITING, None, 9)


def _signs(tx: Connection) -> None:
    signs.read(tx, NOW)


HOT = [_claim, _record, _release_and_start, _put_back, _sweep, _accept, _deliver, _raise, _look_again]


@contextmanager
def _plans(database: Database) -> Iterator[list[str]]:
    """Collect the steps by which SQLite goes about each statement."""
    steps: list[str] = []

    def explain(tx: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not many and re.match(r"\s*(SELECT|UPDATE|WITH|DELETE)", statement):
            rows = tx.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps.extend(f"{row[3]}   <- {statement}" for row in rows)

    engine = database._engines.writing
    event.listen(engine, "before_cursor_execute", explain)
    yield steps
    event.remove(engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("verb", [*HOT, _look, _troubles, _signs])
def test_no_table_that_grows_is_read_from_end_to_end(
    sqlite_database: Database, verb: Callable[[Connection], None]
) -> None:
    """Entries, articles and deliveries are reached by an index, also in a young database that was never analysed."""
    with sqlite_database.write() as tx:
        show(tx, *(entry(n, host=f"h{n % 3}.example") for n in range(9)))
        with _plans(sqlite_database) as steps:
            verb(tx)
    assert steps
    whole = r"SCAN (entries|articles|deliveries|alerts|updates|digests|watches|article_\w+|term_counts)\b(?! USING)"
    assert [step for step in steps if re.match(whole, step)] == []


@pytest.mark.parametrize("verb", HOT)
def test_what_waits_or_has_ended_is_never_read_as_a_whole(
    sqlite_database: Database, verb: Callable[[Connection], None]
) -> None:
    """R18: with a million entries waiting at a blocked host, and ten million done, the verbs touch only a few."""
    with sqlite_database.write() as tx:
        show(tx, *(entry(n, host=f"h{n % 3}.example") for n in range(9)))
        with _plans(sqlite_database) as steps:
            verb(tx)
    whole = r"SCAN entries USING.* ix_entries_(waiting|ended)|SEARCH entries USING.* ix_entries_ended"
    assert [step for step in steps if re.match(whole, step)] == []


def test_failures_are_counted_from_an_index_alone(sqlite_database: Database) -> None:
    """With 200,000 failures the queue's page must not read their rows; benchmarks/queue_page has the figures."""
    with sqlite_database.write() as tx, _plans(sqlite_database) as steps:
        troubles.grouped(tx, 9)
        troubles.count_waiting(tx)
    assert sum(step.startswith("SCAN entries USING COVERING INDEX ix_entries_trouble") for step in steps) == 2
