"""Bringing a database's schema to this version.

In: a write transaction. Out: the same with every migration applied. Hides Alembic, whose scripts are found
beside this file. Trap: the caller's transaction is the lock that keeps two starting processes apart: SQLite's
BEGIN IMMEDIATE by itself, on PostgreSQL the advisory lock taken here.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

SCRIPTS = Path(__file__).parent / "migrations"
HEAD = ScriptDirectory(str(SCRIPTS)).get_current_head() or ""  #: the schema of this version
_LOCK_KEY = 0x53746F7279776174  # "Storywat"


def revisions() -> frozenset[str]:
    """Give every schema from which `upgrade` leads here."""
    return frozenset(script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions())


def upgrade(tx: Connection) -> None:
    """Apply what is missing; does nothing on a schema of this version.

    Nearly every start finds this version's schema, and Alembic would read all its scripts to see that: 8 MB a process.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    if MigrationContext.configure(tx).get_current_revision() == HEAD:
        return
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = tx
    command.upgrade(config, "head")
