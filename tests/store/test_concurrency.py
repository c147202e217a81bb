"""Many at once, in threads and in processes: each row has one owner, each host its pace, no writer is turned away."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from multiprocessing import get_context
from multiprocessing.queues import Queue as ProcessQueue
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from pipeline.model import EntryState, FeedLease, Released
from pipeline.store import entries, feeds, hosts, meta, processes
from pipeline.store.database import Database
from pipeline.store.tables import feeds as feed_rows
from tests.store.making import LEASE, NO_PACE, NOW, PACE, after, entry, polled, show

CLAIMERS = 6


def _in_threads(work: Callable[[int], Sequence[Any]]) -> list[Any]:
    with ThreadPoolExecutor(CLAIMERS) as threads:
        return [found for part in threads.map(work, range(CLAIMERS)) for found in part]


def test_two_claimers_never_get_the_same_feed(database: Database) -> None:
    """R28, R38: six claimers take three hundred feeds of sixty hosts; each is leased exactly once."""
    with database.write() as tx:
        for number in range(300):
            feeds.add(tx, f"https://h{number % 60}.example/{number}", now=NOW)

    leases: list[FeedLease] = []

    def claim(_: int) -> list[FeedLease]:
        rounds = 0
        while len(leases) < 300 and (rounds := rounds + 1) < 300:
            with database.write() as tx:
                leases.extend(feeds.claim_due(tx, NOW, 10, LEASE, NO_PACE))
        return []

    _in_threads(claim)
    assert sorted(lease.feed.id for lease in leases) == list(range(1, 301))
    with database.read() as tx:
        kept = {row.id: row.token for row in tx.execute(select(feed_rows.c.id, feed_rows.c.token))}
    assert {lease.feed.id: lease.token for lease in leases} == kept


def test_two_releases_never_get_the_same_entry(database: Database) -> None:
    """R6, R38: six dispatchers release three hundred entries; each is queued once, under one token and job id."""
    with database.write() as tx:
        show(tx, *(entry(n, host=f"h{n % 60}.example") for n in range(300)))

    released: list[Released] = []

    def release(_: int) -> list[Released]:
        rounds = 0
        while len(released) < 300 and (rounds := rounds + 1) < 300:
            with database.write() as tx:
                released.extend(entries.release(tx, NOW, 10, LEASE, NO_PACE))
        return []

    _in_threads(release)
    assert len(released) == len({r.id for r in released}) == len({r.job_id for r in released}) == 300


def test_a_job_that_runs_twice_starts_once(database: Database) -> None:
    """R6: of six workers that were given the same job at once, one gets the task."""
    with database.write() as tx:
        show(tx, entry(1))
        (released,) = entries.release(tx, NOW, 1, LEASE, NO_PACE)

    def start(number: int) -> list[Any]:
        with database.write() as tx:
            task = entries.start(tx, released.id, released.token, f"w{number}", NOW, LEASE, NO_PACE)
        return [task] if task else []

    assert len(_in_threads(start)) == 1


def test_a_hosts_limits_hold_between_pollers_and_workers(database: Database) -> None:
    """F17: feeds and pages of one host, taken by six at once, stay at two in flight, a gap apart, and do not stall."""
    with database.write() as tx:
        for number in range(20):
            feeds.add(tx, f"https://one.example/feed{number}", now=NOW)
        show(tx, *(entry(n, host="one.example") for n in range(100)), url="https://two.example/")
    half_seconds = count(200)

    def work(number: int) -> list[datetime]:
        starts: list[datetime] = []
        for _ in range(25):
            now = after(next(half_seconds) / 2)
            with database.write() as tx:
                leases = feeds.claim_due(tx, now, 5, 3600, PACE)
                released = entries.release(tx, now, 5, 3600, PACE)
            with database.write() as tx:
                tasks = [entries.start(tx, r.id, r.token, f"w{number}", now, 3600, PACE) for r in released]
            with database.read() as tx:
                assert all(row["count"] <= 2 for row in tx.execute(hosts.in_flight(hosts.NOW), {"now": now}).mappings())
            starts += [lease.start_at for lease in leases] + [task.start_at for task in tasks if task]
            with database.write() as tx:
                for lease in leases:
                    feeds.record_poll(tx, lease, polled(next_poll_at=now), 24, now)
                for task in tasks:
                    assert task
                    entries.finish(tx, task.entry_id, task.token, EntryState.DONE, None, now)
        return starts

    starts = sorted(_in_threads(work))
    assert min(later - earlier for earlier, later in pairwise(starts)) >= timedelta(seconds=1)
    assert len(starts) > 20


def test_eight_writers_are_never_turned_away(sqlite_url: str) -> None:
    """R20: eight processes write one file for three seconds beside a long reader; none is told that it is locked.

    What they wrote is all there, the write-ahead log stays small and the file is whole (R19).
    """
    context = get_context("fork")
    results: ProcessQueue[int] = context.Queue()
    writers = [context.Process(target=_write_on, args=(sqlite_url, f"w{n}", 3.0, results)) for n in range(8)]
    reader = context.Process(target=_read_on, args=(sqlite_url, 2.0))
    for process in (reader, *writers):
        process.start()
    written = [results.get(timeout=200) for _ in writers]
    for process in (reader, *writers):
        process.join(90)
        assert process.exitcode == 0
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    assert not path.with_name(path.name + "-wal").exists() or path.with_name(path.name + "-wal").stat().st_size < 64e6
    database = Database.open(sqlite_url)
    with database.read() as tx:
        assert sum(meta.number(tx, f"w{n}") for n in range(8)) == sum(written)
        assert tx.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    database.close()
    assert min(written) > 1


def test_one_who_writes_much_does_not_keep_out_one_who_writes_little(sqlite_url: str) -> None:
    """An alert's delivery is noted beside a page worker that writes without a pause: they take turns."""
    context = get_context("fork")
    counts: ProcessQueue[tuple[str, int]] = context.Queue()
    heavy = context.Process(target=_write_in_turn, args=(sqlite_url, "heavy", 0.03, counts))
    light = context.Process(target=_write_in_turn, args=(sqlite_url, "light", 0.0, counts))
    for process in (heavy, light):
        process.start()
    written = dict(counts.get(timeout=200) for _ in range(2))
    for process in (heavy, light):
        process.join(90)
    assert written["light"] > 0.4 * written["heavy"] > 0


def _write_in_turn(url: str, name: str, hold_seconds: float, counts: "ProcessQueue[tuple[str, int]]") -> None:
    """Write for two seconds without a pause, each time holding the lock for a while; report how often."""
    database = Database.open(url)
    end, count = time.monotonic() + 2, 0
    while time.monotonic() < end:
        with database.write() as tx:
            meta.raise_number(tx, name)
            time.sleep(hold_seconds)
        count += 1
    database.close()
    counts.put((name, count))


def _write_on(url: str, name: str, seconds: float, results: "ProcessQueue[int]") -> None:
    """Write for some seconds and at least twice, without a retry; report how often."""
    database = Database.open(url)
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end or count < 2:
        with database.write() as tx:
            processes.beat(tx, name, "writer", 1, datetime.now(UTC), {"text": "x" * 2000})
            meta.raise_number(tx, name)
        count += 1
    database.close()
    results.put(count)


def _read_on(url: str, seconds: float) -> None:
    """Keep one read transaction open, which keeps the log from being taken over."""
    database = Database.open(url)
    with database.read() as tx:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            tx.execute(text("SELECT count(*) FROM processes")).scalar_one()
            time.sleep(0.05)
    database.close()
