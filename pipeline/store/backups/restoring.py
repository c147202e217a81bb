"""Fill a store from a backup, of this version or an older one, of either database.

In: a backup's file and the URL of a store at rest. Out: `Restored`. Trap: nothing of the old store is touched before
the backup has been unpacked, checked, brought to this version and settled; then SQLite's file is exchanged in one
step, and PostgreSQL's rows in one transaction.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.engine import make_url

from pipeline.errors import Unusable
from pipeline.store import deliveries, entries, migrating, processes
from pipeline.store.backups import files, packing
from pipeline.store.backups.copying import copy_rows, empty
from pipeline.store.backups.manifest import Manifest
from pipeline.store.database import Database
from pipeline.store.leases import let_all_wait
from pipeline.store.tables import articles, feeds, pushes

ALIVE = timedelta(seconds=30)  #: a process whose last beat is younger may still write
BATCH = 500

#: Indexes the words of an article: number, title, text.
IndexWords = Callable[[Connection, int, str, str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the store that stood there before is kept, if there was one and it is a file."""

    manifest: Manifest
    kept: Path | None = None


def restore(file: Path, url: str, index_words: IndexWords, *, force: bool, now: datetime) -> Restored:
    """Put a backup in the place of a store.

    Raises Unusable for a file that is no sound backup, a backup of a newer schema, a store with rows in it unless
    `force`, and one whose processes still run.
    """
    manifest = packing.read_manifest(file)
    check_revision(manifest)
    is_filled = _check_at_rest(url, now, force=force)
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    beside = Path(parsed.database or "").absolute().parent if is_sqlite else file.absolute().parent
    with _scratch(beside) as folder:
        fresh = folder / packing.STORE
        packing.unpack(file, fresh)
        files.check(fresh)
        _bring_up_to_date(fresh, now, index_words if is_sqlite and not manifest.has_words else None)
        if is_sqlite:
            return Restored(manifest, _exchange(fresh, Path(parsed.database or ""), now, keep=is_filled))
        _load(fresh, url, index_words)
        return Restored(manifest)


#: What a person has put into a store or would miss.
COUNTED = ("feeds", "subscriptions", "entries", "users")


def check_revision(manifest: Manifest) -> None:
    """Raise Unusable for a backup of a schema that this version does not know."""
    if manifest.revision not in migrating.revisions():
        raise Unusable(
            f"the backup was made by Storywatch {manifest.version} with schema {manifest.revision}, and this version "
            f"knows schemas up to {migrating.HEAD}: install version {manifest.version} or a newer one"
        )


def _check_at_rest(url: str, now: datetime, *, force: bool) -> bool:
    """Tell whether a store holds anything; raises Unusable if it does and must not be replaced."""
    database = Database.open(url)
    try:
        with database.read() as tx:
            inspector = inspect(tx)
            if not inspector.has_table(feeds.name):
                return False
            running = [one.name for one in processes.list_all(tx) if one.beat_at > now - ALIVE]
            filled = [name for name in COUNTED if inspector.has_table(name) and _has_rows(tx, name)]
    finally:
        database.close()
    if running:
        raise Unusable(
            f"Storywatch still runs on this store ({', '.join(running)}): stop it first. "
            f"After a kill, wait {ALIVE.seconds} seconds"
        )
    if filled and not force:
        raise Unusable(
            f"there are {' and '.join(filled)} in this store: take a backup of it, then say --force to replace it"
        )
    return bool(filled)


def _has_rows(tx: Connection, name: str) -> bool:
    return tx.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() is not None  # noqa: S608 - our own names


@contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(dir=beside, prefix=".storywatch-restore-")
    except OSError as error:
        raise Unusable(f"nothing can be written to {beside}: {error.strerror}") from error
    with folder as name:
        yield Path(name)


def _bring_up_to_date(fresh: Path, now: datetime, index_words: IndexWords | None) -> None:
    database = Database.open(f"sqlite:///{fresh}")
    try:
        database.migrate()
        with database.write() as tx:
            settle(tx, now)
            if index_words:
                _index_all(tx, index_words)
    finally:
        database.close()
    files.to_one_file(fresh)


def settle(tx: Connection, now: datetime) -> None:
    """Let everything wait that was under way when the backup was taken: whoever held it is gone."""
    for stage in (entries.STAGE, deliveries.STAGE):
        let_all_wait(tx, stage, now)
    tx.execute(update(feeds).where(feeds.c.lease_until.is_not(None)).values(lease_until=None, token=feeds.c.token + 1))
    tx.execute(update(pushes).values(lease_until=None))
    for one in processes.list_all(tx):
        processes.leave(tx, one.name)


def _index_all(tx: Connection, index_words: IndexWords) -> None:
    """Index the words of all articles, which takes about a millisecond for each."""
    last = 0
    wanted = select(articles.c.id, articles.c.title, articles.c.text).order_by(articles.c.id).limit(BATCH)
    while rows := tx.execute(wanted.where(articles.c.id > last)).all():
        for row in rows:
            index_words(tx, row.id, row.title, row.text)
        last = rows[-1].id


def _exchange(fresh: Path, place: Path, now: datetime, *, keep: bool) -> Path | None:
    """Put the fresh file in the place of the old one, which is kept beside it if there was anything in it."""
    kept = place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%S}") if keep else None
    files.to_one_file(place)
    try:
        if kept:
            os.link(place, kept)
        fresh.replace(place)
        for suffix in ("-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise Unusable(f"the backup cannot be put in the place of {place}: {error.strerror}") from error
    return kept


def _load(fresh: Path, url: str, index_words: IndexWords) -> None:
    source, target = Database.open(f"sqlite:///{fresh}"), Database.open(url)
    try:
        target.migrate()
        with source.read() as old, target.write() as tx:
            empty(tx)
            copy_rows(old, tx)
            _index_all(tx, index_words)
    finally:
        source.close()
        target.close()
