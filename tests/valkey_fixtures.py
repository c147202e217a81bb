"""A real Valkey for tests: one for the session, emptied before each test, and others to be stopped and killed."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis

from workers.embedded import EmbeddedValkey, prepare
from workers.server import connect, wait_until_ready
from workers.tether import tethered


class RunningValkey:
    """A server of our own kind, tied to the test process."""

    def __init__(self, data_dir: Path) -> None:
        self.plan: EmbeddedValkey = prepare(data_dir)
        self.url = self.plan.url
        self.client = connect(self.url)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(tethered(self.plan.command, os.getpid()))  # noqa: S603 - our own command
        wait_until_ready(self.url, seconds=90)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.client.close()
        with suppress(ProcessLookupError):
            self.resume()
        self.kill()


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningValkey]:
    """Give the server of this session; use `valkey_url`, which empties it."""
    server = RunningValkey(tmp_path_factory.mktemp("valkey"))
    yield server
    server.close()


@pytest.fixture
def valkey_url(valkey_server: RunningValkey) -> str:
    """Give the address of an empty server."""
    connection = connect(valkey_server.url)
    connection.flushall()
    connection.close()
    return valkey_server.url


@pytest.fixture
def valkey(valkey_url: str) -> Iterator["Redis"]:
    """Give a client of an empty server."""
    connection = connect(valkey_url)
    yield connection
    connection.close()


@pytest.fixture
def new_valkey(tmp_path: Path) -> Iterator[Callable[[], RunningValkey]]:
    """Give a maker of servers that a test may pause and kill."""
    made: list[RunningValkey] = []

    def make() -> RunningValkey:
        made.append(RunningValkey(tmp_path / f"valkey-{len(made)}"))
        return made[-1]

    yield make
    for server in made:
        server.close()
