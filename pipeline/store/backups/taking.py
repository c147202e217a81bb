"""Take a backup while everything runs.

In: an open store with its schema up to date. Out: the file, read back and checked, and its manifest. Trap: on
PostgreSQL all rows are read in one transaction, so that they agree with each other; a long one holds back the clearing
away of dead rows, not the work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import make_url

from pipeline.errors import Unusable
from pipeline.store import migrating
from pipeline.store.backups import files, packing
from pipeline.store.backups.copying import copy_rows, count_rows, empty
from pipeline.store.backups.manifest import FORMAT, Manifest
from pipeline.store.database import Database

#: What a restored installation must not take over: heartbeats.
LEFT_OUT = ("processes",)


def take(database: Database, target: Path, *, version: str, now: datetime) -> Manifest:
    """Write a backup to `target`; raises Unusable if its name is taken, its place cannot be written, rows are unsound.

    Beside the target there must be room for the database as it is, until the backup is made.
    """
    if target.exists():
        raise Unusable(f"{target} is there already; name another file")
    with _scratch(target.parent) as folder:
        copy = folder / packing.STORE
        counts = _copy_sqlite(database, copy) if database.is_sqlite else _copy_rows(database, copy)
        files.check(copy)
        manifest = Manifest(
            format=FORMAT,
            version=version,
            revision=migrating.HEAD,
            database="sqlite" if database.is_sqlite else "postgresql",
            taken_at=now,
            counts=counts,
            has_words=database.is_sqlite,
            sha256=packing.digest_of(copy),
            byte_count=copy.stat().st_size,
        )
        packing.pack(copy, manifest, target)
    return packing.verify(target)


@contextmanager
def _scratch(beside: Path) -> Iterator[Path]:
    try:
        folder = TemporaryDirectory(dir=beside, prefix=".storywatch-backup-")
    except OSError as error:
        raise Unusable(f"nothing can be written to {beside}: {error.strerror}") from error
    with folder as name:
        yield Path(name)


def _copy_sqlite(database: Database, copy: Path) -> dict[str, int]:
    files.copy_live(Path(make_url(database.url).database or ""), copy)
    files.forget(copy, LEFT_OUT)
    opened = Database.open(f"sqlite:///{copy}")
    try:
        with opened.read() as tx:
            counts = count_rows(tx)
    finally:
        opened.close()
    files.to_one_file(copy)
    return counts


def _copy_rows(database: Database, copy: Path) -> dict[str, int]:
    opened = Database.open(f"sqlite:///{copy}")
    try:
        opened.migrate()
        with database.read() as source, opened.write() as target:
            empty(target)
            counts = copy_rows(source, target)
    finally:
        opened.close()
    files.forget(copy, LEFT_OUT)
    files.to_one_file(copy)
    return counts | dict.fromkeys(LEFT_OUT, 0)
