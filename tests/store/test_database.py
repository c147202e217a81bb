"""Opening, transactions, retries and threads."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from pipeline.errors import NotFound, StoreUnavailable, Unavailable, Unusable
from pipeline.store import engines, feeds, meta, processes
from pipeline.store.database import Database
from pipeline.store.engines import check_sqlite_version
from pipeline.store.tables import feeds as feed_rows
from tests.postgres import PostgresServer
from tests.store.making import LEASE, NO_PACE, NOW


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2)])
def test_an_old_sqlite_is_refused(version: tuple[int, int, int]) -> None:
    """R19: a library that can corrupt a shared file is refused with its version and the one needed."""
    with pytest.raises(Unusable, match=r"SQLite 3\.\d+\.\d+ can corrupt.*3\.51\.3"):
        check_sqlite_version(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 4), (4, 0, 0)])
def test_a_mended_sqlite_is_taken(version: tuple[int, int, int]) -> None:
    """R19: the first mended version and all later ones."""
    check_sqlite_version(version)


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=ro", "::"])
def test_a_url_that_names_no_shared_database_is_refused(url: str) -> None:
    """The message says what to write instead."""
    with pytest.raises(Unusable, match="sqlite:///path"):
        Database.open(url)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """A file that cannot be made is a mistake of the user's, told with its path."""
    with pytest.raises(Unusable, match=r"no/such/x\.db"):
        Database.open(f"sqlite:///{tmp_path}/no/such/x.db")


def test_a_fresh_file_is_its_owners_alone(tmp_path: Path) -> None:
    """The database and its side files can be read by nobody else."""
    database = Database.open(f"sqlite:///{tmp_path / 'x.db'}")
    database.migrate()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    assert modes == {"x.db": 0o600, "x.db-wal": 0o600, "x.db-shm": 0o600, "x.db-turn": 0o600}


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("mmap_size", 0)],
)
def test_every_sqlite_connection_has_its_settings(sqlite_database: Database, pragma: str, value: object) -> None:
    """R20, R21: WAL, synchronous=FULL, foreign keys and no mmap, for writing and for reading."""
    for begin in (sqlite_database.write, sqlite_database.read):
        with begin() as tx:
            found = tx.execute(text(f"PRAGMA {pragma}")).scalar()
            assert (found or 0) == value


def test_a_sqlite_write_takes_the_lock_at_its_beginning(
    sqlite_database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R20: a second writer is turned away before it has done anything, once its patience is over; readers go on."""
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)
    other = Database.open(sqlite_url)
    with sqlite_database.write(), other.read() as reading:
        assert feeds.list_all(reading) == []
        with pytest.raises(StoreUnavailable, match="locked"), other.write():
            pytest.fail("two writers at once")
    other.close()


async def test_a_writer_waits_for_another_process(sqlite_database: Database, sqlite_url: str) -> None:
    """R20: the second writer goes on when the first has ended, and patience is at least five seconds."""
    assert engines.BUSY_SECONDS >= 5
    other = Database.open(sqlite_url)
    with sqlite_database.write() as tx:
        waiting = asyncio.ensure_future(other.run(feeds.list_all))
        feed = feeds.add(tx, "https://feeds.example/", now=NOW)
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
    assert await waiting == [feed]
    other.close()


def test_a_read_transaction_cannot_write(database: Database) -> None:
    """Neither database lets a reader change anything."""
    with pytest.raises((DBAPIError, StoreUnavailable)), database.read() as tx:
        feeds.add(tx, "https://feeds.example/", now=NOW)
    with database.read() as tx:
        assert feeds.list_all(tx) == []


def test_a_reader_sees_one_state(database: Database) -> None:
    """What another commits meanwhile is not seen before the next transaction."""
    with database.read() as reading:
        assert feeds.list_all(reading) == []
        with database.write() as writing:
            feeds.add(writing, "https://feeds.example/", now=NOW)
        assert feeds.list_all(reading) == []
    with database.read() as reading:
        assert len(feeds.list_all(reading)) == 1


async def test_run_commits_and_look_sees_it(database: Database) -> None:
    """Functions, arguments and results go through; errors come back as they were."""
    feed = await database.run(feeds.add, "https://feeds.example/", now=NOW, title="T")
    assert await database.look(feeds.get, feed.id) == feed
    with pytest.raises(NotFound):
        await database.look(feeds.get, 99)
    with pytest.raises(NotFound):
        await database.run(feeds.remove, 99)


async def test_one_callers_mistake_is_not_the_others(database: Database) -> None:
    """Of forty calls made together those that raise leave nothing, and the others are all stored."""

    def add(tx: Connection, number: int) -> None:
        feeds.add(tx, f"https://feeds{number}.example/", now=NOW)
        if number % 4 == 0:
            raise ZeroDivisionError(number)
        if number % 4 == 1:
            tx.execute(feed_rows.insert().values(url="x"))

    calls = [database.run(add, number) for number in range(40)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [ZeroDivisionError, IntegrityError, type(None), type(None)] * 10
    stored = {feed.url for feed in await database.look(feeds.list_all)}
    assert stored == {f"https://feeds{n}.example/" for n in range(40) if n % 4 > 1}


async def test_a_cancelled_call_that_has_not_begun_writes_nothing(sqlite_database: Database) -> None:
    """Cancelling a waiting call takes it out; the calls before and behind it are stored."""
    began, go_on = Event(), Event()

    def hold(tx: Connection) -> None:
        meta.raise_number(tx, "first")
        began.set()
        go_on.wait(20)

    first = asyncio.ensure_future(sqlite_database.run(hold))
    await asyncio.to_thread(began.wait, 20)
    late = asyncio.ensure_future(sqlite_database.run(meta.raise_number, "late"))
    last = asyncio.ensure_future(sqlite_database.run(meta.raise_number, "last"))
    await asyncio.sleep(0)
    late.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(first, last)
    assert late.cancelled()
    numbers = [await sqlite_database.look(meta.number, name) for name in ("first", "late", "last")]
    assert numbers == [1, 0, 1]


async def test_a_deadlock_is_tried_again(postgres_url: str) -> None:
    """R38: two transactions that lock two rows crosswise both succeed, one of them at its second try."""
    database = Database.open(postgres_url)
    ids = [(await database.run(feeds.add, f"https://f{n}.example/", now=NOW)).id for n in range(2)]
    both_hold_one, tries = Barrier(2, timeout=90), []

    def cross(tx: Connection, mine: int, other: int) -> None:
        tries.append(mine)
        for place, feed_id in enumerate((mine, other)):
            tx.execute(
                update(feed_rows).where(feed_rows.c.id == feed_id).values(error_count=feed_rows.c.error_count + 1)
            )
            if place == 0 and len(tries) <= 2:
                both_hold_one.wait()

    await asyncio.gather(database.run(cross, *ids), database.run(cross, *reversed(ids)))
    assert len(tries) == 3
    assert [(await database.look(feeds.get, i)).error_count for i in ids] == [2, 2]
    database.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """Run a server that a test may stop."""
    server = PostgresServer()
    server.start()
    yield server
    server.remove()


async def test_claims_go_on_across_a_restart_of_the_server(own_server: PostgresServer) -> None:
    """R38: while claimers work, PostgreSQL restarts; no claim raises and no feed is leased twice within its lease."""
    database = Database.open(own_server.url_of("postgres"))
    await asyncio.to_thread(database.migrate)

    def add_all(tx: Connection) -> None:
        for number in range(300):
            feeds.add(tx, f"https://f{number}.example/", now=NOW)

    def tokens(tx: Connection) -> dict[int, int]:
        return dict(tx.execute(select(feed_rows.c.id, feed_rows.c.token)).all())

    await database.run(add_all)
    before = await database.look(tokens)
    claimed: list[int] = []
    under_way = asyncio.Event()

    async def claim() -> None:
        while found := await database.run(feeds.claim_due, NOW, 2, LEASE, NO_PACE):
            claimed.extend(lease.feed.id for lease in found)
            if len(claimed) > 60:
                under_way.set()

    claimers = [asyncio.ensure_future(claim()) for _ in range(4)]
    await under_way.wait()
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)
    await asyncio.gather(*claimers)
    # A commit whose answer the restart swallowed leaves leases that nobody knows of: they run out by themselves.
    assert 300 - 4 * 2 <= len(claimed) == len(set(claimed))
    assert await database.look(tokens) == {feed_id: token + 1 for feed_id, token in before.items()}
    database.close()


async def test_a_database_that_is_away_is_told_so(own_server: PostgresServer) -> None:
    """An unreachable server is `StoreUnavailable`, after the waits are used up, and passes when it is back."""
    database = Database.open(own_server.url_of("postgres"))
    await asyncio.to_thread(own_server.stop)
    with pytest.raises(StoreUnavailable) as caught:
        await database.look(feeds.list_all)
    assert isinstance(caught.value, Unavailable)
    with pytest.raises(StoreUnavailable), database.write():
        pass
    await asyncio.to_thread(own_server.start)
    await asyncio.to_thread(database.migrate)
    assert await database.look(feeds.list_all) == []
    database.close()


def test_a_connection_does_not_cross_a_fork(sqlite_database: Database) -> None:
    """R22: a child that inherits an open store is stopped before it touches a connection."""
    child = os.fork()
    if child == 0:
        try:
            with sqlite_database.read():
                os._exit(0)
        except RuntimeError:
            os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_beats_are_kept_by_name(database: Database) -> None:
    """R15: a beat keeps the start of its process; silence makes it stale; leaving forgets it."""
    with database.write() as tx:
        processes.beat(tx, "w1", "worker", 10, NOW, {"jobs": 1})
        processes.beat(tx, "p1", "poller", 11, NOW.replace(hour=13), {})
        processes.beat(tx, "w1", "worker", 10, NOW.replace(hour=14), {"jobs": 2})
        poller, worker = processes.list_all(tx)
        assert (worker.started_at, worker.beat_at, worker.detail) == (NOW, NOW.replace(hour=14), {"jobs": 2})
        assert processes.stale(tx, NOW.replace(hour=14)) == ["p1"]
        processes.leave(tx, poller.name)
        assert processes.list_all(tx) == [worker]
