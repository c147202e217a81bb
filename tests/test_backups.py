"""Backup and restore: from either database into either, and on with the work afterwards."""

import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from pipeline.errors import Unusable
from pipeline.indexing import index_words
from pipeline.model import Alert, DeliveryState, EntryState, Role
from pipeline.store import alerts, deliveries, entries, feeds, processes, search, subscriptions, users
from pipeline.store.backups import manifest as manifests
from pipeline.store.backups import packing, restoring, taking
from pipeline.store.backups.copying import copied_tables, count_rows
from pipeline.store.backups.manifest import Manifest
from pipeline.store.database import Database
from pipeline.store.migrating import SCRIPTS
from pipeline.store.search import Wanted
from tests.postgres import PostgresServer
from tests.store.making import LEASE, NO_PACE, NOW, after, entry, polled, show, started
from tests.store.making import document as shown_document
from tests.stories.making import AGENCY
from tests.test_accept import accepted_as, news, taken

SECOND = AGENCY + " The council meets again on Friday."


@pytest.fixture(params=["sqlite", "postgres"])
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a store that was never used, once of each kind."""
    if request.param == "sqlite":
        (tmp_path / "restored").mkdir()
        yield f"sqlite:///{tmp_path / 'restored' / 'storywatch.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.execute("CREATE DATABASE restored")
    yield server.url_of("restored")
    server.execute("DROP DATABASE restored WITH (FORCE)")


def fill(tx: Connection) -> Alert:
    """Leave an alert with one delivery sent and one in a sender's hands, a held entry, and a merged one."""
    subscriptions.add(tx, "Locks", "lock", ("mail", "hook"), NOW)
    (alert,) = taken(tx, 1, news(1, AGENCY, title="Lock closes")).alerts
    for released in deliveries.release(tx, NOW, 10, LEASE):
        task = deliveries.start(tx, released.id, released.token, "sender-1", NOW, LEASE)
        assert task is not None
        if task.channel == "mail":
            deliveries.sent(tx, task.delivery_id, task.token, NOW, "250 OK")
    show(tx, entry(1, identity="again"), url="https://feeds.example/other")
    started(tx, 2)
    processes.beat(tx, "worker-1", "worker", 1, after(-60), {})
    # A merged entry may name a later one, after which rows cannot be inserted in the order of their numbers.
    first_id, last_id = tx.execute(text("SELECT min(id), max(id) FROM entries")).one()
    merged = "UPDATE entries SET same_as_entry_id = :last WHERE id = :first"
    tx.execute(text(merged), {"last": last_id, "first": first_id})
    return alert


def opened(url: str) -> Database:
    database = Database.open(url)
    database.migrate()
    return database


def backed_up(database: Database, folder: Path) -> Path:
    file = folder / "made.backup"
    taking.take(database, file, version="1.2.3", now=NOW)
    return file


def restored(file: Path, url: str, *, force: bool = False) -> restoring.Restored:
    return restoring.restore(file, url, index_words, force=force, now=after(600))


def test_a_restored_store_holds_every_row_and_goes_on(database: Database, target_url: str, tmp_path: Path) -> None:
    """All rows come back, numbers go on, words are found; what was under way waits; nobody is told twice."""
    with database.write() as tx:
        alert = fill(tx)
    with database.read() as tx:
        before = count_rows(tx)
    found = restored(backed_up(database, tmp_path), target_url)
    assert (found.manifest.counts | {"processes": 1}, found.manifest.version) == (before, "1.2.3")
    target = opened(target_url)
    with target.read() as tx:
        assert count_rows(tx) == before | {"processes": 0}
        assert alerts.get(tx, alert.id) == alert
        assert search.search(tx, Wanted((("harbour",), ("council",)))) == {alert.article_id}
        states = {row.channel: row.state for row in deliveries.of_alert(tx, alert.id)}
        assert states == {"mail": DeliveryState.SENT, "hook": DeliveryState.WAITING}
        counts = {state: count for state, count in entries.count_by_state(tx).items() if count}
        assert counts == {EntryState.DONE: 1, EntryState.MERGED: 1, EntryState.WAITING: 1}
    with target.write() as tx:
        (again,) = deliveries.release(tx, after(600), 10, LEASE)
        task = deliveries.start(tx, again.id, again.token, "sender-2", after(600), LEASE)
        assert task is not None
        assert task.notice == alert
        (held,) = entries.release(tx, after(600), 10, LEASE, NO_PACE)
        fetch = entries.start(tx, held.id, held.token, "worker-2", after(600), LEASE, NO_PACE)
        assert fetch is not None
        accepted = accepted_as(tx, fetch, news(2, SECOND, title="Lock closed"))
        assert accepted is not None
        assert (accepted.story_id, accepted.alerts) == (alert.story_id, ())
    target.close()


def test_old_entries_do_not_come_back_as_new(database: Database, target_url: str, tmp_path: Path) -> None:
    """A feed polled after the restore shows what was known before: nothing is new."""
    with database.write() as tx:
        show(tx, entry(1), entry(2))
    restored(backed_up(database, tmp_path), target_url)
    target = opened(target_url)
    with target.write() as tx:
        feeds.make_due(tx, 1, after(600))
        (lease,) = feeds.claim_due(tx, after(600), 10, LEASE, NO_PACE)
        counts = feeds.record_poll(tx, lease, polled(shown_document(entry(1), entry(2), entry(3))), 24, after(600))
        assert counts is not None
        assert (counts.new_count, counts.known_count) == (1, 2)
        assert tx.execute(text("SELECT max(id) FROM entries")).scalar_one() == 3
    target.close()


def test_a_store_with_a_user_is_filled(target_url: str, sqlite_database: Database, tmp_path: Path) -> None:
    """An admin that somebody made is not lost by restoring."""
    file = backed_up(sqlite_database, tmp_path)
    target = opened(target_url)
    with target.write() as tx:
        users.add(tx, "ada", Role.ADMIN, None, NOW)
    target.close()
    with pytest.raises(Unusable, match="there are users in this store"):
        restored(file, target_url)


def test_a_filled_store_is_replaced_only_by_force(target_url: str, sqlite_database: Database, tmp_path: Path) -> None:
    """Without --force nothing is touched; with it the old rows are gone, and SQLite's old file is kept."""
    with sqlite_database.write() as tx:
        show(tx, entry(1))
    file = backed_up(sqlite_database, tmp_path)
    target = opened(target_url)
    with target.write() as tx:
        feeds.add(tx, "https://mine.example/rss", now=NOW)
    target.close()
    with pytest.raises(Unusable, match="--force"):
        restored(file, target_url)
    kept = restored(file, target_url, force=True).kept
    after_it = opened(target_url)
    with after_it.read() as tx:
        assert [feed.url for feed in feeds.list_all(tx)] == ["https://feeds.example/rss"]
    after_it.close()
    assert (kept is not None) == target_url.startswith("sqlite")
    if kept:
        old = opened(f"sqlite:///{kept}")
        with old.read() as tx:
            assert [feed.url for feed in feeds.list_all(tx)] == ["https://mine.example/rss"]
        old.close()


def test_a_store_in_use_is_not_replaced(target_url: str, sqlite_database: Database, tmp_path: Path) -> None:
    """A process that beats keeps the store from being replaced, by force too."""
    file = backed_up(sqlite_database, tmp_path)
    target = opened(target_url)
    with target.write() as tx:
        processes.beat(tx, "poller-1", "poller", 1, after(590), {})
    target.close()
    with pytest.raises(Unusable, match="poller-1"):
        restored(file, target_url, force=True)


def test_a_damaged_backup_is_refused_and_nothing_touched(sqlite_database: Database, tmp_path: Path) -> None:
    """Flipped bytes, a cut end, a foreign file, a forged size: a clear word, and the store is as it was."""
    good = backed_up(sqlite_database, tmp_path).read_bytes()
    url = f"sqlite:///{tmp_path / 'new.db'}"
    begin = good.index(packing.STORE.encode())
    flipped = [good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :] for at in range(begin, len(good) // 2, 999)]
    encrypted = bytearray(good)
    for at in (good.rindex(b"PK\x01\x02") + 8, good.rindex(b"PK\x03\x04") + 6):
        encrypted[at] |= 1
    for number, bad in enumerate((*flipped, bytes(encrypted), good[:-200], b"not a zip", b"")):
        file = tmp_path / f"bad{number}"
        file.write_bytes(bad)
        for refused in (lambda file=file: restored(file, url), lambda file=file: packing.verify(file)):
            with pytest.raises(Unusable, match=r"damaged|no backup"):
                refused()
    with pytest.raises(Unusable, match="no such file"):
        restored(tmp_path / "missing", url)
    assert not opened_is_filled(url)


def opened_is_filled(url: str) -> bool:
    database = opened(url)
    with database.read() as tx:
        counts = count_rows(tx)
    database.close()
    return any(counts.values())


def repacked(file: Path, target: Path, **changes: object) -> Path:
    """Write a backup again with another manifest."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        values = {name: getattr(manifests.read(old.read(packing.MANIFEST)), name) for name in Manifest.__slots__}
        new.writestr(packing.MANIFEST, manifests.written(Manifest(**(values | changes))))
        new.writestr(packing.STORE, old.read(packing.STORE))
    return target


def test_a_forged_backup_writes_nowhere_else(sqlite_database: Database, tmp_path: Path) -> None:
    """S31: members whose names lead out of the folder, and a link, are left in the zip; only our own two are read."""
    file = backed_up(sqlite_database, tmp_path)
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr("../evil", "out")
        packed.writestr(str(tmp_path / "evil"), "out")
        packed.writestr(link, "/etc/passwd")
    folder = tmp_path / "below"
    folder.mkdir()
    restored(file, f"sqlite:///{folder / 'new.db'}")
    assert [path.name for path in tmp_path.rglob("*") if path.name in {"evil", "link"}] == []
    assert {path.name for path in folder.iterdir() if not path.name.startswith("new.db")} == set()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"revision": "9999"}, "newer"),
        ({"format": manifests.FORMAT + 1}, "newer version"),
        ({"byte_count": 1}, "another size"),
        ({"sha256": "0" * 64}, "checksum"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    changes: dict[str, object], says: str, sqlite_database: Database, tmp_path: Path
) -> None:
    """A newer schema, a newer kind of file, and a database that is not the one the manifest speaks of."""
    file = repacked(backed_up(sqlite_database, tmp_path), tmp_path / "other", **changes)
    with pytest.raises(Unusable, match=says):
        restored(file, f"sqlite:///{tmp_path / 'new.db'}")


def test_an_older_backup_is_brought_to_this_version(tmp_path: Path) -> None:
    """A backup of schema 0009 is migrated as it is restored; its rows are there."""
    old = Database.open(f"sqlite:///{tmp_path / 'old.db'}")
    migrate_to(old, "0009")
    with old.write() as tx:
        tx.execute(text("INSERT INTO meta (name, value) VALUES ('kept', 7)"))
    old.close()
    manifest = Manifest(1, "0.1", "0009", "sqlite", NOW, {}, True, packing.digest_of(tmp_path / "old.db"), 0)
    sized = {"byte_count": (tmp_path / "old.db").stat().st_size}
    packing.pack(tmp_path / "old.db", manifest, tmp_path / "old.zip")
    url = f"sqlite:///{tmp_path / 'new.db'}"
    restored(repacked(tmp_path / "old.zip", tmp_path / "old.backup", **sized), url)
    database = opened(url)
    with database.read() as tx:
        assert tx.execute(text("SELECT value FROM meta WHERE name = 'kept'")).scalar_one() == 7
        assert subscriptions.list_all(tx) == []
    database.close()


def migrate_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with database.write() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, revision)


def test_a_backup_is_made_for_its_owner_and_takes_nobodys_name(sqlite_database: Database, tmp_path: Path) -> None:
    """S31, S21: its mode is 0600, an existing file stays as it is, and nothing else is left in the folder."""
    folder = tmp_path / "backups"
    folder.mkdir()
    file = backed_up(sqlite_database, folder)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(Unusable, match="name another"):
        taking.take(sqlite_database, file, version="1", now=NOW)
    with pytest.raises(Unusable, match="written"):
        taking.take(sqlite_database, tmp_path / "missing" / "b", version="1", now=NOW)
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_what_was_deleted_is_not_in_a_backup(sqlite_database: Database, tmp_path: Path) -> None:
    """S21: the secret of a row that is gone, and heartbeats, are nowhere in the file."""
    with sqlite_database.write() as tx:
        tx.execute(text("INSERT INTO hosts (host, next_start_at, not_before_at) VALUES ('canary-7f3a', 0, 0)"))
        processes.beat(tx, "beat-canary-91", "worker", 1, NOW, {})
    with sqlite_database.write() as tx:
        tx.execute(text("DELETE FROM hosts"))
    file = backed_up(sqlite_database, tmp_path)
    packing.unpack(file, tmp_path / "plain.db")
    held = (tmp_path / "plain.db").read_bytes()
    assert b"canary" not in held


def test_every_table_is_copied(postgres_database: Database) -> None:
    """A table that nobody told the backup of would be lost on PostgreSQL."""
    with postgres_database.read() as tx:
        found = tx.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        assert set(found) == {*copied_tables(), "article_words", "alembic_version"}


def test_a_backup_beside_a_writer_is_one_state(sqlite_database: Database, tmp_path: Path) -> None:
    """A transaction that is open while the backup is made is in it wholly or not at all, and does not stop it."""
    with sqlite_database.write() as tx:
        show(tx, entry(1))
        file = backed_up(sqlite_database, tmp_path)
    assert packing.verify(file).counts["entries"] == 0
    late = tmp_path / "late"
    late.mkdir()
    assert packing.verify(backed_up(sqlite_database, late)).counts["entries"] == 1


def test_an_unsound_store_gives_no_backup(sqlite_database: Database, tmp_path: Path) -> None:
    """A row that names a missing one is told of, instead of being found at the restore."""
    with sqlite_database.write() as tx:
        show(tx, entry(1))
    with closing(sqlite.connect(sqlite_database.url.removeprefix("sqlite:///"))) as raw:
        raw.execute("UPDATE entries SET feed_id = 99")  # references are not looked at on a plain connection
        raw.commit()
    with pytest.raises(Unusable, match="names a missing row of feeds"):
        backed_up(sqlite_database, tmp_path)
