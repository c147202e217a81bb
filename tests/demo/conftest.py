"""A newsroom of a fixed hour and an origin that serves it on a real socket."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from demo.model import Outlet
from demo.newsroom import Newsroom
from demo.origin import port_of, serve

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WRITTEN = START + timedelta(seconds=200)  #: by now every written piece is out


@dataclass
class Clock:
    """An instant that a test may move."""

    now: datetime = WRITTEN

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Asked:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """Asks the origin by host name without a resolver and without following redirects."""

    session: aiohttp.ClientSession
    port: int

    async def get(self, outlet: Outlet | None, path: str, **headers: str) -> Asked:
        host = f"{outlet.name}.localhost" if outlet else "localhost"
        named = {"Host": f"{host}:{self.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.get(url, headers=named, allow_redirects=False) as response:
            return Asked(response.status, dict(response.headers), await response.read())


@pytest.fixture(scope="session")
def newsroom() -> Newsroom:
    return Newsroom(START)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def visitor(newsroom: Newsroom, clock: Clock) -> AsyncIterator[Visitor]:
    runner = await serve(newsroom, "127.0.0.1", 0, clock)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Visitor(session, port_of(runner))
    await runner.cleanup()


def shingles(text: str) -> set[tuple[str, ...]]:
    """Give the runs of three words in a text."""
    words = text.lower().split()
    return set(zip(words, words[1:], words[2:], strict=False))


def shared_share(one: str, other: str) -> float:
    """Give the share of three-word runs that two texts have in common (Jaccard)."""
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)
