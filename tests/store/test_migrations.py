"""The schema: made by migrations, the same as `tables` says, by whoever comes first."""

import re
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Connection, create_engine, text

from pipeline.store.database import Database
from pipeline.store.migrating import SCRIPTS
from pipeline.store.tables import metadata
from tests.postgres import PostgresServer

HEAD = ScriptDirectory(str(SCRIPTS)).get_current_head()

_SQLITE = """
    SELECT type, name, sql FROM sqlite_master
    WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'alembic_version' ORDER BY type, name
"""
_POSTGRES = (
    """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY table_name, column_name
    """,
    """
    SELECT tablename, indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY indexname
    """,
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version' ORDER BY 1, 2
    """,
)


def test_sqlite_schema_is_the_metadata(sqlite_database: Database) -> None:
    """A migrated SQLite file has the tables, columns, rules and indexes of `metadata`."""
    with sqlite_database.read() as tx:
        migrated = _sqlite_schema(tx)
    with create_engine("sqlite://", module=sqlite).begin() as plain:
        metadata.create_all(plain)
        assert migrated == _sqlite_schema(plain)


def test_postgres_schema_is_the_metadata(postgres_url: str, postgres_server: PostgresServer) -> None:
    """A migrated PostgreSQL database has the tables, columns, rules and indexes of `metadata`."""
    migrated = _postgres_schema(postgres_url)
    postgres_server.execute("CREATE DATABASE plain")
    database = Database.open(postgres_server.url_of("plain"))
    with database.write() as tx:
        metadata.create_all(tx)
    database.close()
    assert migrated == _postgres_schema(postgres_server.url_of("plain"))
    postgres_server.execute("DROP DATABASE plain WITH (FORCE)")


def test_processes_that_start_together_migrate_once_on_sqlite(tmp_path: Path) -> None:
    """Five processes that open a fresh file and migrate at once all succeed, and the version is stored once."""
    _migrate_together(f"sqlite:///{tmp_path / 'fresh.db'}")


def test_processes_that_start_together_migrate_once_on_postgres(postgres_server: PostgresServer) -> None:
    """Five processes that migrate an empty database at once all succeed, and the version is stored once."""
    postgres_server.execute("CREATE DATABASE fresh")
    _migrate_together(postgres_server.url_of("fresh"))
    postgres_server.execute("DROP DATABASE fresh WITH (FORCE)")


def _migrate_together(url: str) -> None:
    starting = get_context("fork").Barrier(5)
    processes = [get_context("fork").Process(target=_migrate, args=(url, starting)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 5
    database = Database.open(url)
    with database.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]
        assert tx.execute(text("SELECT count(*) FROM feeds")).scalar_one() == 0
    database.close()


def _migrate(url: str, starting: Barrier) -> None:
    starting.wait(60)
    database = Database.open(url)
    database.migrate()
    database.close()


def _sqlite_schema(tx: Connection) -> list[tuple[str, str, list[str]]]:
    rows = tx.execute(text(_SQLITE))
    return [(kind, name, _clauses(sql or "")) for kind, name, sql in rows]


def _clauses(statement: str) -> list[str]:
    """Give a statement's clauses sorted: Alembic writes the rules of a table in another order.

    A column that was added later stands behind them, within the last parenthesis, and a renamed table in quotes.
    """
    plain = re.sub(r"\)$", "\n)", statement.replace('"', ""))
    return sorted(part.strip() for part in re.split(r",\s|\n\)|\(\n", plain) if part.strip())


def _postgres_schema(url: str) -> list[list[tuple[object, ...]]]:
    database = Database.open(url)
    with database.read() as tx:
        found = [[tuple(row) for row in tx.execute(text(statement))] for statement in _POSTGRES]
    database.close()
    return found
