"""What failed, grouped by host and cause, and what a person may do about it; on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from pipeline.model import EntryState, Reason
from pipeline.store import crashes, entries, troubles
from pipeline.store.database import Database
from tests.store.making import LEASE, NO_PACE, NOW, after, entry, show

SLOW, BROKEN = "slow.example", "broken.example"


def fail(tx: Connection, reason: Reason, *, end: EntryState | None = None, error: str = "") -> None:
    """Take everything that waits in hand, and let it fail."""
    for one in entries.release(tx, NOW, 1000, LEASE, NO_PACE):
        task = entries.start(tx, one.id, one.token, "w", NOW, LEASE, NO_PACE)
        assert task is not None
        if end is None:
            assert entries.put_back(tx, one.id, task.token, NOW, after(600), reason, error)
        else:
            assert entries.finish(tx, one.id, task.token, end, reason, NOW)


@pytest.fixture
def failed(database: Database) -> Database:
    """Give a store with three entries that wait after a failure, two that were quarantined, one that is well."""
    with database.write() as tx:
        show(tx, *(entry(n, host=SLOW) for n in range(3)))
        fail(tx, Reason.TIMED_OUT, error="no answer in 30 s")
        show(tx, *(entry(n, host=BROKEN) for n in (10, 11)), url="https://two.example/rss")
        fail(tx, Reason.EXTRACTION_CRASHED, end=EntryState.QUARANTINED)
        show(tx, entry(20, host="well.example"), url="https://three.example/rss")
    return database


def test_failures_are_grouped_by_host_and_cause(failed: Database) -> None:
    """The largest group first, with its ends and what was said of its last entry; what is well is in none."""
    with failed.read() as tx:
        waiting, poisoned = troubles.grouped(tx, 10)
    assert (waiting.host, waiting.reason, waiting.state, waiting.count) == (
        SLOW,
        Reason.TIMED_OUT,
        EntryState.WAITING,
        3,
    )
    assert waiting.sample == "no answer in 30 s"
    assert (poisoned.host, poisoned.state, poisoned.count) == (BROKEN, EntryState.QUARANTINED, 2)


def test_what_waits_after_a_failure_is_counted(failed: Database) -> None:
    """Of all groups, what waits; neither what ended nor what is well."""
    with failed.read() as tx:
        assert troubles.count_waiting(tx) == 3


def test_the_last_crash_of_a_host_is_kept(failed: Database) -> None:
    """One a host, the newest; text that no column holds is cleaned."""
    one = crashes.Crash(SLOW, NOW, "https://slow.example/1", 1, "first\x00")
    with failed.write() as tx:
        crashes.keep(tx, one)
        crashes.keep(tx, replace(one, at=after(5), attempts=2))
    with failed.read() as tx:
        assert crashes.find(tx, SLOW) == replace(one, at=after(5), attempts=2, traceback="first")
        assert crashes.find(tx, BROKEN) is None


def test_a_group_is_read_page_by_page(failed: Database) -> None:
    """The newest first, and from one page's last entry on the next page goes on."""
    with failed.read() as tx:
        first = troubles.members(tx, SLOW, Reason.TIMED_OUT, EntryState.WAITING, None, 2)
        rest = troubles.members(tx, SLOW, Reason.TIMED_OUT, EntryState.WAITING, first[-1].entry_id, 2)
    ids = [one.entry_id for one in (*first, *rest)]
    assert ids == sorted(ids, reverse=True)
    assert {one.title for one in (*first, *rest)} == {"Title 0", "Title 1", "Title 2"}


def test_a_group_is_tried_at_once(failed: Database) -> None:
    """Retry lets a whole group be released now, and no other."""
    with failed.write() as tx:
        assert len(entries.release(tx, after(1), 1000, LEASE, NO_PACE)) == 1  # the well one
        assert troubles.retry_now(tx, None, SLOW, Reason.TIMED_OUT, after(2)) == 3
        assert len(entries.release(tx, after(2), 1000, LEASE, NO_PACE)) == 3


def test_one_entry_is_given_up(failed: Database) -> None:
    """Drop ends the named entry in its own word, the others go on waiting, and it is no trouble any more."""
    with failed.write() as tx:
        [chosen, *_] = troubles.members(tx, SLOW, Reason.TIMED_OUT, EntryState.WAITING, None, 1)
        assert troubles.drop(tx, [chosen.entry_id], SLOW, Reason.TIMED_OUT, NOW) == 1
        assert entries.count_by_state(tx)[EntryState.DROPPED] == 1
        assert next(one for one in troubles.grouped(tx, 10) if one.host == SLOW).count == 2


def test_a_host_that_no_text_column_holds_has_nothing(failed: Database) -> None:
    """What a program sends as a host may hold any sign; it changes nothing, and the database takes the question."""
    with failed.write() as tx:
        assert troubles.retry_now(tx, None, "a\x00b", Reason.TIMED_OUT, NOW) == 0
        assert troubles.members(tx, "\ud800", Reason.TIMED_OUT, EntryState.WAITING, None, 9) == []


def test_what_is_done_cannot_be_dropped(failed: Database) -> None:
    """Retry and drop reach only what waits: a quarantined entry keeps its state."""
    with failed.write() as tx:
        assert troubles.drop(tx, None, BROKEN, Reason.EXTRACTION_CRASHED, NOW) == 0
        assert entries.count_by_state(tx)[EntryState.QUARANTINED] == 2


def test_what_workers_hold_is_shown(database: Database) -> None:
    """A page in a worker's hands is listed with its host and holder."""
    with database.write() as tx:
        show(tx, entry(1, host=SLOW))
        [released] = entries.release(tx, NOW, 10, LEASE, NO_PACE)
        entries.start(tx, released.id, released.token, "worker-7", NOW, LEASE, NO_PACE)
        [held] = troubles.in_work(tx, 10)
    assert (held.stage, held.name, held.place, held.holder) == ("page", "Title 1", SLOW, "worker-7")


def test_counting_failures_reads_one_index(sqlite_database: Database) -> None:
    """With 200,000 failed entries the queue's page must stay quick: the groups come from the index alone."""
    with sqlite_database.read() as tx:
        steps = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {_grouping_sql(tx)}").all()
    assert any("COVERING INDEX ix_entries_trouble" in str(step) for step in steps)


def _grouping_sql(tx: Connection) -> str:
    c = troubles.entries.c
    counted = troubles.select(c.host, c.reason, c.state, troubles.func.count(), troubles.func.max(c.id))
    grouping = counted.where(troubles._troubled()).group_by(c.host, c.reason, c.state)
    return str(grouping.compile(tx, compile_kwargs={"literal_binds": True}))
