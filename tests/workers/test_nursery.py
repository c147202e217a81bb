"""Roles that are forked of one process: what they find, how they end, what is started again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.local.plan import SERVICES
from tests.workers.support import alive, eventually, minds_stop
from workers.forking import Role, is_possible
from workers.nursery import Nursery
from workers.supervisor import ProcessSpec, Supervisor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every service is started from scratch")

MODULE = "tests.workers.sleeping_role"
ROOT = Path(__file__).parents[2]
#: A supervisor of two roles in a nursery forked of itself, as `storywatch run` does it.
FORKS = """
import asyncio, sys
from workers.forking import Role, is_possible
from workers.nursery import Nursery
from workers.supervisor import ProcessSpec, Supervisor
assert is_possible()
role = Role("{module}", (sys.argv[1],))
nursery = Nursery(role)
with open(sys.argv[1] + ".open", "w") as ours:
    specs = [ProcessSpec("sleeper", ["never"], count=2, role=role)]
    asyncio.run(Supervisor(specs, nursery=nursery).run(asyncio.Event()))
"""
#: Before the program above: it holds a socket, as `storywatch demo` holds the one its newsroom listens on.
HOLDS = """
import socket
held = socket.create_server(("127.0.0.1", 0))
"""
#: Before the program above: its third fork fails, which is that of its second role.
FAILS_ONCE = """
import errno, os
fork, asked = os.fork, []
def fork_or_fail():
    asked.append(1)
    if len(asked) == 3:
        raise BlockingIOError(errno.EAGAIN, "no room for another process")
    return fork()
os.fork = fork_or_fail
"""
#: What is there once every service's modules are loaded, as in the process of which they are forked.
LOADS = """
import os, threading
from importlib import import_module
from tests.workers.sleeping_role import opened
for name in {modules}:
    import_module(name)
print(len(os.listdir("/proc/self/task")), threading.active_count(), opened())
"""


def told(file: Path) -> list[dict[str, Any]]:
    """Give what the roles have told so far."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def title(pid: int) -> str:
    """Give what `ps` shows of a process."""
    return Path(f"/proc/{pid}/cmdline").read_text().strip("\0 ")


@asynccontextmanager
async def supervised(role: Role, count: int = 1) -> AsyncIterator[tuple[Supervisor, Nursery, list[int]]]:
    """Supervise roles inside the block; the list holds the exit code after it."""
    nursery = Nursery()
    supervisor = Supervisor([ProcessSpec("sleeper", ["never"], count=count, role=role)], nursery=nursery)
    stop, codes = asyncio.Event(), list[int]()
    run = asyncio.create_task(supervisor.run(stop))
    try:
        yield supervisor, nursery, codes
    finally:
        stop.set()
        codes.append(await run)
        nursery.close()


async def test_a_role_begins_with_nothing_of_its_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R22: no thread, no descriptor, no chance in common; a session, arguments and environment of its own."""
    monkeypatch.setenv("STORYWATCH_SEEN", "here")
    file = tmp_path / "told"
    async with supervised(Role(MODULE, (str(file),)), count=2) as (supervisor, nursery, _):
        await eventually(lambda: len(told(file)) == 2)
        running = {child.pid for child in supervisor.states()}
        found = told(file)
        assert {one["pid"] for one in found} == running == {one["session"] for one in found}
        assert {one["parent"] for one in found} == {nursery.pid}
        assert [one["threads"] for one in found] == [1, 1]
        assert [one["descriptors"] for one in found] == [[], []]
        assert [one["stdin"] for one in found] == ["/dev/null", "/dev/null"]
        assert found[0]["random"] != found[1]["random"]
        assert [one["argv"] for one in found] == [[MODULE, str(file)]] * 2
        assert all(one["environ"]["STORYWATCH_SEEN"] == "here" for one in found)
        assert {title(pid) for pid in running} == {f"storywatch sleeper-{number} ({MODULE})" for number in (1, 2)}


async def test_a_stop_is_heard_and_the_exit_code_told(tmp_path: Path) -> None:
    """R13: SIGTERM to each role; how it ended reaches the supervisor."""
    file = tmp_path / "told"
    async with supervised(Role(MODULE, (str(file),))) as (supervisor, nursery, codes):
        await eventually(lambda: told(file))
        [running], nursery_pid = supervisor.states(), nursery.pid
    assert running.pid is not None
    assert supervisor.states()[0].exit_code == 7
    assert codes == [1]  # 7 is no clean end
    assert not alive(running.pid)
    assert not alive(nursery_pid)


async def test_a_killed_role_is_forked_again(tmp_path: Path) -> None:
    """R31: another pid of the same nursery, and the state counts it."""
    file = tmp_path / "told"
    async with supervised(Role(MODULE, (str(file),))) as (supervisor, nursery, _):
        await eventually(lambda: told(file))
        os.kill(told(file)[0]["pid"], signal.SIGKILL)
        await eventually(lambda: len(told(file)) == 2)
        assert supervisor.states()[0].exit_code == -signal.SIGKILL
        assert {one["parent"] for one in told(file)} == {nursery.pid}


async def test_a_killed_nursery_takes_its_roles_along_and_comes_again(tmp_path: Path) -> None:
    """R36: no role outlives it unwatched; another is started from scratch and forks them again."""
    file = tmp_path / "told"
    async with supervised(Role(MODULE, (str(file),)), count=2) as (supervisor, nursery, _):
        await eventually(lambda: len(told(file)) == 2)
        first = nursery.pid
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: len(told(file)) == 4)
        before, after = told(file)[:2], told(file)[2:]
        assert not any(alive(one["pid"]) for one in before)
        assert {one["parent"] for one in after} == {nursery.pid} != {first}
        assert [child.exit_code for child in supervisor.states()] == [-signal.SIGKILL] * 2


async def test_a_signal_to_the_whole_group_leaves_the_nursery(tmp_path: Path) -> None:
    """R13: a service manager that tells everybody to stop must not have the roles killed in mid-work."""
    file = tmp_path / "told"
    async with supervised(Role(MODULE, (str(file),))) as (supervisor, nursery, _):
        await eventually(lambda: told(file))
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(nursery.pid, number)
        os.kill(told(file)[0]["pid"], signal.SIGKILL)
        await eventually(lambda: len(told(file)) == 2)  # the one who was told twice still works
        assert {one["parent"] for one in told(file)} == {nursery.pid}
        await eventually(lambda: minds_stop(supervisor.states()[0].pid or 0))


async def test_a_role_that_cannot_be_loaded_breaks_no_other(tmp_path: Path) -> None:
    """A module with a fault ends its own role, again and again; the others run."""
    file, nursery = tmp_path / "told", Nursery()
    specs = [
        ProcessSpec("broken", ["never"], role=Role("tests.workers.no_such_role")),
        ProcessSpec("sleeper", ["never"], role=Role(MODULE, (str(file),))),
    ]
    supervisor, stop = Supervisor(specs, nursery=nursery), asyncio.Event()
    run = asyncio.create_task(supervisor.run(stop))
    await eventually(lambda: supervisor.states()[0].restarts and told(file))
    assert [child.exit_code for child in supervisor.states()] == [1, None]
    stop.set()
    await run
    nursery.close()


@pytest.mark.parametrize("before", ["", HOLDS], ids=["with nothing open", "with a socket"])
async def test_forked_of_the_supervisor_itself(tmp_path: Path, before: str) -> None:
    """R22, R36: roles hold nothing that it opened, and a kill -9 of it leaves neither nursery nor role."""
    file = tmp_path / "told"
    program = before + FORKS.format(module=MODULE)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, file, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        await eventually(lambda: len(told(file)) == 2)
        found = told(file)
        assert [one["descriptors"] for one in found] == [[], []]
        [nursery_pid] = {one["parent"] for one in found}
        assert nursery_pid != process.pid
    finally:
        process.kill()
        await process.communicate()
    await eventually(lambda: not any(alive(pid) for pid in (nursery_pid, *(one["pid"] for one in found))))


async def test_a_fork_that_fails_ends_no_other_role(tmp_path: Path) -> None:
    """R31: on a machine without room for another process the roles that run go on; what is missing is tried again."""
    file = tmp_path / "told"
    program = FAILS_ONCE + FORKS.format(module=MODULE)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, file, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        await eventually(lambda: len({one["pid"] for one in told(file) if alive(one["pid"])}) == 2)
    finally:
        process.kill()
        said, _ = await process.communicate()
    assert len(told(file)) == 2
    assert b"no room" in said or b"unavailable" in said
    assert b"nursery_ended" not in said


async def test_roles_of_a_process_without_standard_input(tmp_path: Path) -> None:
    """Descriptors that come in at the numbers of the standard ones reach their places all the same."""
    file, heard = tmp_path / "told", tmp_path / "heard"
    program = FORKS.format(module=MODULE)
    with heard.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-c", program, file), cwd=ROOT, stdout=output
        )
    try:
        await eventually(lambda: len(told(file)) == 2)
        assert {(one["stdin"], one["stdout"]) for one in told(file)} == {("/dev/null", str(heard))}
    finally:
        process.kill()
        await process.wait()


def test_a_python_that_knows_no_pidfd_forks_no_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some are built for older kernels and have no such function, on whatever kernel they run."""
    monkeypatch.setattr("threading.active_count", lambda: 1)
    assert is_possible()
    monkeypatch.delattr(os, "pidfd_open")
    assert not is_possible()


def test_loading_every_service_opens_nothing() -> None:
    """R22: the modules of all services can be loaded before a fork: no thread, no file, no connection comes of it."""
    program = LOADS.format(modules=list(SERVICES.values()))
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - the program above
    assert done.stdout == "1 1 []\n"


@pytest.mark.parametrize(
    ("kind", "strangers"),
    [
        ("poller", {"dashboard", "fastapi", "jinja2", "trafilatura", "apprise", "rq_dashboard", "uvicorn", "typer"}),
        ("worker", {"dashboard", "fastapi", "jinja2", "trafilatura", "apprise", "feedparser", "typer"}),
        ("dispatcher", {"dashboard", "fastapi", "jinja2", "trafilatura", "apprise", "feedparser", "lxml", "typer"}),
    ],
)
def test_a_service_loads_nothing_of_the_others(kind: str, strangers: set[str]) -> None:
    """A process that runs alone, as in a container, holds only what it needs."""
    program = f"import sys, {SERVICES[kind]}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - the program above
    assert strangers & set(done.stdout.split()) == set()
