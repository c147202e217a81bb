"""Entries on their way: released fairly, held by one, and never lost."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from pipeline.errors import NotFound
from pipeline.model import EntryState, FetchTask, Pace, Reason
from pipeline.store import entries, feeds, seen
from pipeline.store.database import Database
from tests.store.making import LEASE, NO_PACE, NOW, PACE, after, document, entry, lease_of, polled, show, started


def test_the_oldest_waits_least_and_hosts_take_turns(database: Database) -> None:
    """R18: of hosts with many entries each gives its oldest in turn, and no more than its concurrency."""
    with database.write() as tx:
        crowd = [entry(n, host="crowded.example") for n in range(50)]
        few = [entry(100 + n, host=f"small{n}.example") for n in range(3)]
        show(tx, *crowd, *few)
        released = entries.release(tx, NOW, 100, LEASE, PACE)
        hosts = Counter(seen.get(tx, r.id).host for r in released)
        assert hosts == {"crowded.example": 2, "small0.example": 1, "small1.example": 1, "small2.example": 1}
        assert entries.release(tx, NOW, 100, LEASE, PACE) == []


def test_a_small_release_takes_each_host_once_before_any_twice(database: Database) -> None:
    """A limit smaller than what is free is shared between hosts."""
    with database.write() as tx:
        show(tx, *(entry(10 * h + n, host=f"h{h}.example") for h in range(3) for n in range(5)))
        released = entries.release(tx, NOW, 4, LEASE, Pace(0, 5))
        hosts = Counter(seen.get(tx, r.id).host for r in released)
        assert sorted(hosts.values()) == [1, 1, 2]


def test_what_was_put_off_longest_ago_comes_first(database: Database) -> None:
    """Within a host, entries come in the order in which they may be tried."""
    with database.write() as tx:
        for number, seconds in enumerate((3, 1, 2)):
            lease = lease_of(tx, f"https://feeds.example/{number}", after(seconds))
            feeds.record_poll(tx, lease, polled(document(entry(number))), 24, after(seconds))
        one_by_one = [entries.release(tx, after(60), 1, LEASE, NO_PACE)[0].id for _ in range(3)]
        assert [seen.get(tx, i).entry.identity for i in one_by_one] == ["id-1", "id-2", "id-0"]


def test_the_high_water_mark_is_kept(database: Database) -> None:
    """R18: a release gives no more than asked, however much is free."""
    with database.write() as tx:
        show(tx, *(entry(n, host=f"h{n}.example") for n in range(30)), *(entry(100 + n, url="") for n in range(30)))
        assert len(entries.release(tx, NOW, 7, LEASE, NO_PACE)) == 7


def test_entries_without_a_page_need_no_host(database: Database) -> None:
    """They are released however many there are, and start at once."""
    with database.write() as tx:
        show(tx, *(entry(n, url="") for n in range(9)))
        released = entries.release(tx, NOW, 100, LEASE, PACE)
        tasks = [entries.start(tx, r.id, r.token, "w", NOW, LEASE, PACE) for r in released]
        assert [task.start_at for task in tasks if task] == [NOW] * 9


def test_starts_at_a_host_keep_the_gap_and_the_lease_runs_from_the_slot(database: Database) -> None:
    """F17: two workers that start together are given slots a gap apart; sweeping does not cut off the second."""
    with database.write() as tx:
        show(tx, entry(1), entry(2), entry(3, host="other.example"))
        released = entries.release(tx, NOW, 9, 1.0, PACE)
        tasks = [entries.start(tx, r.id, r.token, "w", NOW, 10.0, Pace(5.0, 2)) for r in released]
        starts = sorted((task.host, task.start_at) for task in tasks if task)
        assert starts == [("other.example", NOW), ("outlet.example", NOW), ("outlet.example", after(5))]
        assert entries.sweep(tx, after(14), [], 3).returned_count == 2
        assert entries.sweep(tx, after(15), [], 3).returned_count == 1


def test_no_release_before_the_hosts_next_slot(database: Database) -> None:
    """A host whose slot is taken is passed over, so that no worker sits and waits for it."""
    with database.write() as tx:
        show(tx, entry(1), entry(2))
        (one,) = entries.release(tx, NOW, 1, LEASE, PACE)
        entries.start(tx, one.id, one.token, "w", NOW, LEASE, Pace(30.0, 2))
        assert entries.release(tx, after(29), 9, LEASE, PACE) == []
        assert len(entries.release(tx, after(30), 9, LEASE, PACE)) == 1


def test_a_host_that_asked_for_rest_after_the_release_still_gets_it(database: Database) -> None:
    """Retry-After between release and start sends the entry back to wait, its attempt not counted."""
    with database.write() as tx:
        show(tx, entry(1))
        (released,) = entries.release(tx, NOW, 1, LEASE, PACE)
        entries.extend_host(tx, "outlet.example", after(600))
        assert entries.start(tx, released.id, released.token, "w", after(1), LEASE, PACE) is None
        stored = seen.get(tx, released.id)
        assert (stored.state, stored.attempts, stored.next_attempt_at) == (EntryState.WAITING, 0, after(600))
        assert entries.release(tx, after(599), 1, LEASE, PACE) == []
        assert len(entries.release(tx, after(600), 1, LEASE, PACE)) == 1


def test_job_ids_are_never_used_twice(database: Database) -> None:
    """R24: an entry released again has another job id and another token."""
    with database.write() as tx:
        show(tx, entry(1))
        ids = set()
        for _ in range(5):
            (released,) = entries.release(tx, NOW, 1, LEASE, NO_PACE)
            ids.add((released.token, released.job_id))
            entries.give_back(tx, [(released.id, released.token)], NOW)
    assert len({token for token, _ in ids}) == len({job for _, job in ids}) == 5


Verb = Callable[[Connection, int, int], object]


def _start(tx: Connection, entry_id: int, token: int) -> object:
    return entries.start(tx, entry_id, token, "other", NOW, LEASE, NO_PACE)


def _put_back(tx: Connection, entry_id: int, token: int) -> object:
    return entries.put_back(tx, entry_id, token, NOW, after(60), Reason.TIMED_OUT, "")


def _finish(tx: Connection, entry_id: int, token: int) -> object:
    return entries.finish(tx, entry_id, token, EntryState.DONE, None, NOW)


def _give_back(tx: Connection, entry_id: int, token: int) -> object:
    return entries.give_back(tx, [(entry_id, token)], NOW)


def _task_of(tx: Connection, entry_id: int, token: int) -> object:
    return entries.task_of(tx, entry_id, token)


VERBS = [
    pytest.param(_start, id="start"),
    pytest.param(_put_back, id="put_back"),
    pytest.param(_finish, id="finish"),
    pytest.param(_give_back, id="give_back"),
    pytest.param(_task_of, id="task_of"),
]


def _swept(tx: Connection, _task: FetchTask) -> None:
    entries.sweep(tx, NOW, ["worker-1"], 9)


def _taken_by_another(tx: Connection, task: FetchTask) -> None:
    _swept(tx, task)
    (released,) = entries.release(tx, NOW, 1, LEASE, NO_PACE)
    assert entries.start(tx, released.id, released.token, "worker-2", NOW, LEASE, NO_PACE)


def _queued_again(tx: Connection, task: FetchTask) -> None:
    _swept(tx, task)
    entries.release(tx, NOW, 1, LEASE, NO_PACE)


def _ended(tx: Connection, task: FetchTask) -> None:
    assert entries.finish(tx, task.entry_id, task.token, EntryState.DROPPED, Reason.HTTP_GONE, NOW)


def _quarantined(tx: Connection, _task: FetchTask) -> None:
    assert entries.sweep(tx, NOW, ["worker-1"], 1).quarantine


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("meanwhile", [_swept, _queued_again, _taken_by_another, _ended, _quarantined])
def test_a_stale_token_changes_no_row(
    database: Database, verb: Verb, meanwhile: Callable[[Connection, FetchTask], None]
) -> None:
    """R6: whatever became of the entry meanwhile, a verb with the old token says no and writes nothing."""
    with database.write() as tx:
        task = started(tx)
        meanwhile(tx, task)
        before = seen.get(tx, task.entry_id)
        assert not verb(tx, task.entry_id, task.token)
        assert seen.get(tx, task.entry_id) == before


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_entry_is_nobodys(sqlite_database: Database, verb: Verb) -> None:
    """A job whose entry does not exist, such as one of another installation's queue, does nothing."""
    with sqlite_database.write() as tx:
        assert not verb(tx, 12345, 1)


def test_a_failure_waits_and_keeps_its_reason(database: Database) -> None:
    """A put-back entry is released again from its instant on, with attempts counted and the last error kept."""
    with database.write() as tx:
        task = started(tx)
        assert entries.put_back(tx, task.entry_id, task.token, NOW, after(60), Reason.TIMED_OUT, "no answer")
        stored = seen.get(tx, task.entry_id)
        assert (stored.state, stored.reason, stored.error, stored.attempts) == (
            EntryState.WAITING, Reason.TIMED_OUT, "no answer", 1,
        )  # fmt: skip
        assert entries.release(tx, after(59), 9, LEASE, NO_PACE) == []
        (released,) = entries.release(tx, after(60), 9, LEASE, NO_PACE)
        again = entries.start(tx, released.id, released.token, "w", after(60), LEASE, NO_PACE)
        assert again is not None
        assert again.attempts == 2
        assert again.token > task.token


@pytest.mark.parametrize("state", [EntryState.WAITING, EntryState.QUEUED, EntryState.FETCHING, EntryState.MERGED])
def test_only_an_end_ends_an_entry(sqlite_database: Database, state: EntryState) -> None:
    """`finish` refuses states that are no end of a fetched entry."""
    with sqlite_database.write() as tx:
        task = started(tx)
        with pytest.raises(ValueError, match="no end"):
            entries.finish(tx, task.entry_id, task.token, state, None, NOW)


def test_a_flushed_queue_loses_nothing(database: Database) -> None:
    """R1: entries whose jobs are gone are found by age, given back and released again; the lost jobs are stale."""
    with database.write() as tx:
        show(tx, *(entry(n, host=f"h{n}.example") for n in range(500)))
        released = entries.release(tx, NOW, 500, LEASE, NO_PACE)
        assert entries.queued_jobs(tx, NOW, 1000) == []
        lost = entries.queued_jobs(tx, after(1), 1000)
        assert sorted(lost) == sorted((r.id, r.token, r.job_id) for r in released)
        assert len(entries.queued_jobs(tx, after(1), 3)) == 3
        assert entries.give_back(tx, [(i, token) for i, token, _ in lost], after(1)) == 500
        assert entries.give_back(tx, [(i, token) for i, token, _ in lost], after(1)) == 0
        assert len(entries.release(tx, after(1), 1000, LEASE, NO_PACE)) == 500
        assert not any(entries.start(tx, i, token, "w", after(1), LEASE, NO_PACE) for i, token, _ in lost)


def test_what_a_dead_worker_held_is_tried_again_and_then_quarantined(database: Database) -> None:
    """R11: each crash is counted; at the limit the sweeper holds the entry under a fresh token and ends it."""
    with database.write() as tx:
        started(tx)
        swept = entries.sweep(tx, NOW, ["worker-1"], 2)
        assert (swept.returned_count, swept.quarantine) == (1, ())
        (released,) = entries.release(tx, NOW, 9, LEASE, NO_PACE)
        entries.start(tx, released.id, released.token, "worker-2", NOW, LEASE, NO_PACE)
        assert entries.sweep(tx, after(LEASE - 1), ["worker-1"], 2).returned_count == 0
        swept = entries.sweep(tx, after(LEASE), [], 2)
        ((entry_id, token),) = swept.quarantine
        task = entries.task_of(tx, entry_id, token)
        assert task is not None
        assert (task.entry.identity, task.attempts) == ("id-1", 2)
        assert entries.finish(tx, entry_id, token, EntryState.QUARANTINED, Reason.WORKER_LOST, after(LEASE))
        stored = seen.get(tx, entry_id)
        assert (stored.state, stored.reason, stored.crashes) == (EntryState.QUARANTINED, Reason.WORKER_LOST, 2)


def test_a_sweeper_that_dies_before_the_quarantine_leaves_it_to_the_next(database: Database) -> None:
    """An entry handed over for quarantine has a lease of its own and is found again after it."""
    with database.write() as tx:
        started(tx)
        assert len(entries.sweep(tx, NOW, ["worker-1"], 1).quarantine) == 1
        assert entries.sweep(tx, after(entries.QUARANTINE_SECONDS - 1), ["worker-1"], 1).quarantine == ()
        assert len(entries.sweep(tx, after(entries.QUARANTINE_SECONDS), [], 1).quarantine) == 1


def test_every_entry_is_in_one_state_and_counted(database: Database) -> None:
    """The counts by state add up to the entries, and name every state."""
    with database.write() as tx:
        show(tx, *(entry(n) for n in range(5)), entry(9, published_at=NOW - timedelta(days=9)))
        entries.release(tx, NOW, 2, LEASE, NO_PACE)
        counts = entries.count_by_state(tx)
    assert set(counts) == set(EntryState)
    assert {state: n for state, n in counts.items() if n} == {
        EntryState.WAITING: 3, EntryState.QUEUED: 2, EntryState.DROPPED: 1,
    }  # fmt: skip


def test_what_waits_is_told_by_host_with_its_cause(database: Database) -> None:
    """R18: the queue by host says how much waits, since when, how much is in flight and until when it rests."""
    with database.write() as tx:
        show(tx, *(entry(n, host="big.example") for n in range(4)), entry(9, url=""))
        entries.release(tx, NOW, 2, LEASE, Pace(0, 1))
        entries.extend_host(tx, "big.example", after(60))
        show(tx, entry(10, url=""), url="https://feeds.example/2")
        big, nowhere = entries.waiting_by_host(tx, 9)
    assert (big.host, big.waiting_count, big.in_flight_count, big.oldest_at) == ("big.example", 3, 1, NOW)
    assert big.not_before_at == after(60)
    assert (nowhere.host, nowhere.waiting_count, nowhere.not_before_at) == ("", 1, None)


def test_an_unknown_entry_is_not_found(database: Database) -> None:
    """`seen.get` raises, `seen.by_url` gives nothing."""
    with database.read() as tx:
        assert seen.by_url(tx, "https://nowhere.example/") == []
        with pytest.raises(NotFound):
            seen.get(tx, 1)


def test_pages_that_nobody_takes_hold_no_feed_back(database: Database) -> None:
    """R18: while no worker runs the feeds of a host are asked; its pages, begun later, find the host full and wait."""
    with database.write() as tx:
        show(tx, *(entry(number) for number in range(1, 4)), url="https://outlet.example/rss")
        released = entries.release(tx, NOW, 10, LEASE, PACE)
        assert len(released) == PACE.concurrency
        for number in range(PACE.concurrency):
            feeds.add(tx, f"https://outlet.example/more{number}", now=NOW)
        assert feeds.claim_due(tx, after(1), 10, LEASE, PACE) == []
        assert len(feeds.claim_due(tx, after(31), 10, LEASE, PACE)) == PACE.concurrency
        first, second = released
        assert entries.start(tx, first.id, first.token, "worker", after(32), LEASE, PACE) is None
        assert entries.count_by_state(tx)[EntryState.WAITING] == 2
        later = after(31 + LEASE + 5)  # the leases of those feeds are over
        assert entries.start(tx, second.id, second.token, "worker", later, LEASE, PACE)
