"""The Valkey that comes with us: its life, its files, its privacy."""

import asyncio
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from pipeline.errors import QueueUnavailable, Unusable
from tests.valkey_fixtures import RunningValkey
from tests.workers.support import alive, eventually
from workers.embedded import REFUSED, UNLOADABLE, prepare, set_aside_broken
from workers.queue_socket import LONGEST_SOCKET_BYTES
from workers.server import check_server, connect, wait_until_ready
from workers.tether import tethered

PARENT = """
import asyncio, sys
from pathlib import Path
from workers.data_folder import DataFolder
from workers.embedded import prepare
from workers.server import wait_until_ready
from workers.supervisor import ProcessSpec, Supervisor

async def main(path):
    with DataFolder(path) as folder:
        plan = prepare(folder.path)
        spec = ProcessSpec("valkey", plan.command, last=True, inherit=(folder.lock_fd,))
        supervisor = Supervisor([spec])
        running = asyncio.create_task(supervisor.run(asyncio.Event()))
        await asyncio.to_thread(wait_until_ready, plan.url)
        print(supervisor.states()[0].pid, plan.url, flush=True)
        await running

asyncio.run(main(Path(sys.argv[1])))
"""


def ask(url: str, *command: str) -> object:
    with closing(connect(url)) as client:
        return client.execute_command(*command)


Parent = tuple[subprocess.Popen[str], int, str]  #: the process, its server's pid and address


@pytest.fixture
def start_parent(tmp_path: Path) -> Iterator[Callable[[], Parent]]:
    """Give a starter of parents on one data folder; those that live at the end are killed."""
    started: list[subprocess.Popen[str]] = []

    def start() -> Parent:
        command = [sys.executable, "-c", PARENT, str(tmp_path)]
        parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - the script above
        started.append(parent)
        assert parent.stdout
        for line in parent.stdout:
            if "unix://" in line and line[0].isdigit():
                pid, url = line.split()
                return parent, int(pid), url
        raise AssertionError("the parent said nothing")

    yield start
    for parent in started:
        parent.kill()
        with parent:  # waits for it and closes its output
            pass


def until_written(server_url: str) -> None:
    """Wait until what was acknowledged stands in the append-only file, which `everysec` puts off by a second or two."""
    time.sleep(1.1)
    deadline = time.monotonic() + 60
    with closing(connect(server_url)) as client:
        while client.info("persistence")["aof_buffer_length"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


async def test_valkey_dies_with_its_parent_and_starts_again_at_once(start_parent: Callable[[], Parent]) -> None:
    """R36: after kill -9 of the parent the server is gone, and the next instance starts at once and keeps the data."""
    parent, server_pid, url = start_parent()
    ask(url, "SET", "kept", "yes")
    until_written(url)
    parent.kill()
    parent.communicate()
    _, heir_pid, url = start_parent()
    await eventually(lambda: not alive(server_pid))
    assert heir_pid != server_pid
    assert ask(url, "GET", "kept") == b"yes"


def test_the_server_is_private_and_keeps_what_it_is_told(new_valkey: Callable[[], RunningValkey]) -> None:
    """S9, R16, R17: a socket of mode 0700 in a folder of mode 0700, no port, append-only, nothing evicted."""
    server = new_valkey()
    connection = server.client
    check_server(connection)
    wanted = {"port": "0", "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
    assert {name: connection.config_get(name)[name] for name in wanted} == wanted
    assert stat.S_IMODE(server.plan.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.plan.folder.stat().st_mode) == 0o700


def test_what_was_acknowledged_a_second_ago_survives_a_kill(new_valkey: Callable[[], RunningValkey]) -> None:
    """R16: kill -9 of the server loses at most what was written in the last second."""
    server = new_valkey()
    server.client.set("kept", "yes")
    until_written(server.url)
    server.kill()
    server.start()
    assert server.client.get("kept") == b"yes"


def test_a_torn_tail_of_the_file_is_no_obstacle(new_valkey: Callable[[], RunningValkey]) -> None:
    """R16: a record cut in the middle, as a power cut leaves it, costs that record and nothing more."""
    server = new_valkey()
    server.client.set("kept", "yes")
    server.client.set("torn", "x" * 1000)
    until_written(server.url)
    server.kill()
    [tail] = (server.plan.folder / "appendonlydir").glob("*.incr.aof")
    os.truncate(tail, tail.stat().st_size - 500)
    server.start()
    assert server.client.mget("kept", "torn") == [b"yes", None]


@pytest.mark.parametrize("tail", [b"", bytes(4096)], ids=["cut", "cut, then zeros"])
def test_whatever_a_power_cut_leaves_of_the_file_the_server_starts(
    new_valkey: Callable[[], RunningValkey], tail: bytes
) -> None:
    """R16, R21: cut at any byte, it starts with a beginning of what was written; with zeros behind, at least empty."""
    server = new_valkey()
    for number in range(100):
        server.client.rpush("records", number)
    until_written(server.url)
    server.kill()
    [file] = (server.plan.folder / "appendonlydir").glob("*.incr.aof")
    written, dice = file.read_bytes(), random.Random(1)
    for size in [0, *(dice.randrange(len(written)) for _ in range(5))]:
        file.write_bytes(written[:size] + tail)
        started_or_set_aside(server)
        set_aside = list(server.plan.folder.glob("appendonlydir.broken-*"))
        assert tail or not set_aside
        for folder in set_aside:
            shutil.rmtree(folder)
        kept = [int(record) for record in server.client.lrange("records", 0, -1)]
        assert kept == list(range(len(kept)))
        assert len(kept) < 100
        server.kill()


def started_or_set_aside(server: RunningValkey) -> None:
    """Start the server as `storywatch run` does: one that ends at once is started again, its broken files set aside."""
    server.process = subprocess.Popen(tethered(server.plan.command, os.getpid()))  # noqa: S603 - our own command
    while server.process.poll() is None:
        with suppress(QueueUnavailable):
            return wait_until_ready(server.url, seconds=0.1)
    set_aside_broken(server.plan)
    return server.start()


def test_a_file_that_cannot_be_loaded_is_set_aside(new_valkey: Callable[[], RunningValkey]) -> None:
    """R16: the queue is transport; what is damaged in the middle is kept for a look, and the server starts empty."""
    server = new_valkey()
    server.client.set("kept", "yes")
    server.kill()
    [tail] = (server.plan.folder / "appendonlydir").glob("*.incr.aof")
    tail.write_bytes(b"this is no record\r\n" * 100)
    broken = subprocess.Popen(server.plan.command)  # noqa: S603 - our own command
    assert broken.wait(90) != 0
    set_aside_broken(server.plan)
    server.start()
    assert server.client.dbsize() == 0
    assert len(list(server.plan.folder.glob("appendonlydir.broken-*"))) == 1
    set_aside_broken(server.plan)
    assert (server.plan.folder / "appendonlydir").exists()


@pytest.mark.parametrize(
    "command",
    [
        *("DEBUG OBJECT x", "MODULE LOAD /tmp/x.so", "FUNCTION LIST", "SHUTDOWN NOSAVE", "MONITOR", "ACL WHOAMI"),
        *("MIGRATE host 1 key 0 1", "REPLICAOF host 1", "SLAVEOF host 1", "PSYNC ? -1", "REPLCONF ACK 1", "SYNC"),
        *("CLUSTER INFO", "FAILOVER", "CONFIG REWRITE", "SAVE", "BGSAVE"),
    ],
)
def test_the_server_does_nothing_but_a_queues_work(valkey_server: RunningValkey, command: str) -> None:
    """S37: what can load code, speak to other servers or listen to others is refused, and so is lifting that."""
    assert command.split(maxsplit=1)[0].lower() in {name.partition("|")[0] for name in REFUSED}
    with pytest.raises(ResponseError, match=r"permission|not allowed"):
        valkey_server.client.execute_command(*command.split())


def test_files_that_break_in_one_second_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R16: each is set aside under a name of its own, so that none stands in the way of the next start."""
    monkeypatch.setattr("workers.embedded.time.time", lambda: 1_800_000_000.0)
    plan = prepare(tmp_path)
    plan.log_path.write_text(f"starting\n{UNLOADABLE[0]}\n", encoding="utf-8")
    for number in range(3):
        (plan.folder / "appendonlydir").mkdir()
        (plan.folder / "appendonlydir" / f"{number}.aof").touch()
        set_aside_broken(plan)
    kept = [file.name for file in plan.folder.glob("appendonlydir.broken-*/*")]
    assert sorted(kept) == ["0.aof", "1.aof", "2.aof"]
    assert not (plan.folder / "appendonlydir").exists()


def test_a_stale_socket_is_cleared(tmp_path: Path) -> None:
    """R36: a socket file that a killed server left is no obstacle."""
    plan = prepare(tmp_path)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(plan.socket))
    assert plan.socket.exists()
    server = RunningValkey(tmp_path)
    assert server.client.ping()
    server.close()


def test_a_long_path_moves_the_socket(tmp_path: Path) -> None:
    """R36: where the data folder's path is longer than a socket's may be, a private short folder holds it."""
    server = RunningValkey(tmp_path / ("long" * 20) / ("longer" * 20))
    try:
        assert server.client.ping()
        assert len(os.fsencode(server.plan.socket)) <= LONGEST_SOCKET_BYTES
        assert stat.S_IMODE(server.plan.socket.parent.stat().st_mode) == 0o700
        assert server.plan.folder.is_relative_to(tmp_path)
    finally:
        server.close()
        server.plan.socket.unlink(missing_ok=True)
        server.plan.socket.parent.rmdir()


def test_odd_characters_in_the_path(tmp_path: Path) -> None:
    """A folder named with blanks, quotes and accents works."""
    server = RunningValkey(tmp_path / 'my "näws" 100%')
    assert server.client.ping()
    server.close()


def test_a_planted_folder_is_refused(tmp_path: Path) -> None:
    """S9: a link where our folder should be is not followed."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "queue").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unusable, match="queue"):
        prepare(tmp_path)


async def test_a_hanging_parent_is_not_a_dead_one(start_parent: Callable[[], Parent]) -> None:
    """The tether is cut by death only: a stopped parent keeps its server."""
    parent, server_pid, url = start_parent()
    parent.send_signal(signal.SIGSTOP)
    await asyncio.sleep(0.3)
    assert alive(server_pid)
    assert ask(url, "PING")
    parent.kill()
    parent.communicate()
    await eventually(lambda: not alive(server_pid))
