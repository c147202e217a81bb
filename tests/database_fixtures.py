"""Fixtures that give a migrated, empty store: on SQLite, on PostgreSQL, or the test once on each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.database import Database
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one server for the session, with a migrated database that each test finds empty."""
    server = PostgresServer()
    try:
        server.start()
        server.execute("CREATE DATABASE migrated")
        _migrate(server.url_of("migrated"))
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """Give the URL of a migrated, empty SQLite file of this test's own."""
    path = shutil.copy(migrated_file, tmp_path / "storywatch.db")
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the URL of a migrated, empty PostgreSQL database that no other test uses meanwhile."""
    yield postgres_server.url_of("migrated")
    postgres_server.empty("migrated")


@pytest.fixture(scope="session")
def postgres_store(postgres_server: PostgresServer) -> Iterator[Database]:
    """Open one store on PostgreSQL for all tests: each opening compiles every statement anew."""
    opened = Database.open(postgres_server.url_of("migrated"))
    yield opened
    opened.close()


@pytest.fixture
def postgres_database(postgres_store: Database, postgres_url: str) -> Database:
    """Give a migrated, empty store on PostgreSQL; do not close it."""
    assert postgres_store.url == postgres_url
    return postgres_store


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """Give a migrated, empty store, once of each kind; do not close it."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """Open a migrated, empty store on SQLite."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


def _migrate(url: str) -> None:
    opened = Database.open(url)
    opened.migrate()
    opened.close()
