"""The database serves us under a role that may do nothing at the server (checklist S38)."""

from collections.abc import Iterator

import psycopg
import pytest

from pipeline.store import counts, subscriptions
from pipeline.store.database import Database
from tests.postgres import PostgresServer
from tests.store.making import NOW, entry, show

NAME = "plain"
# What the server's administrator may do, and a role that owns one database must not.
FORBIDDEN = (
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "CREATE ROLE another",
    "CREATE DATABASE another",
    "ALTER SYSTEM SET shared_buffers = '1GB'",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "SELECT rolpassword FROM pg_authid",
)


@pytest.fixture
def plain_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the URL of an empty database that a role without rights at the server owns."""
    postgres_server.execute(f"CREATE ROLE {NAME} LOGIN")
    postgres_server.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")
    yield postgres_server.url_of(NAME).replace("postgres@", f"{NAME}@")
    postgres_server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    postgres_server.execute(f"DROP ROLE {NAME}")


def test_a_role_that_owns_its_database_is_enough(plain_url: str) -> None:
    """S38: tables are made, feeds and subscriptions kept, without any right at the server."""
    database = Database.open(plain_url)
    try:
        database.migrate()
        with database.write() as tx:
            show(tx, entry(1), entry(2))
            subscriptions.add(tx, "dam", "dam", (), NOW)
            assert sum(counts.overview(tx, NOW).entries.values()) == 2
    finally:
        database.close()


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_whoever_has_that_role_has_nothing_of_the_server(plain_url: str, statement: str) -> None:
    """S38: from inside a job the server runs no program, opens no file and tells no password."""
    with psycopg.connect(plain_url, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode()).fetchall()
