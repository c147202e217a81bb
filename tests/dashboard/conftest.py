"""A dashboard over a small newsroom, with and without a password."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from config.settings import WebSettings
from dashboard.app import create_app
from pipeline.store.database import Database
from tests.dashboard.newsroom import Newsroom
from tests.dashboard.serving import Site, serving

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@dataclass
class Clock:
    """A clock that stands until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class FixedQueue:
    """A queue of known depths."""

    depths: dict[str, int | None] = field(default_factory=lambda: {"pages": 3, "deliveries": 0})

    def depth(self, name: str) -> int | None:
        return self.depths[name]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with the least argon2 takes: what a hash costs is none of these tests' matter."""
    monkeypatch.setattr("pipeline.passwords._HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue() -> FixedQueue:
    return FixedQueue()


@pytest.fixture
def newsroom(sqlite_database: Database) -> Newsroom:
    return Newsroom(sqlite_database, NOW)


@pytest.fixture
def make_app(sqlite_database: Database, queue: FixedQueue, clock: Clock) -> Callable[..., FastAPI]:
    """Give a maker of applications; keywords are settings, `queue_url` mounts the queue pages."""

    def make(queue_url: str = "", **settings: Any) -> FastAPI:
        return create_app(sqlite_database, WebSettings(**settings), queue, queue_url=queue_url, clock=clock)

    return make


@pytest.fixture
def start(make_app: Callable[..., FastAPI]) -> Iterator[Callable[..., Site]]:
    """Give a starter of dashboards on real sockets."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(make_app(**settings)))


@pytest.fixture
def site(start: Callable[..., Site]) -> Site:
    """Give a dashboard without a password."""
    return start()


@pytest.fixture
def guarded(start: Callable[..., Site]) -> Site:
    """Give a dashboard with a password."""
    return start(password=PASSWORD)
