"""What a page that took its reader over could do from there: nothing (checklist S38)."""

import ctypes
import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX, create_server, socket

import pytest

from pipeline.articles.extractor import Extractor
from pipeline.articles.hint import Hint
from tests.articles.test_extractor import GOOD, URL, children

ROOT = Path(__file__).parents[2]
# What whoever runs inside tries, each line an expression; `given` names what the test laid out.
ATTEMPTS = {
    "write to /etc": "open('/etc/storywatch-was-here', 'w')",
    "write beside its code": "open(given['code'] + '/planted.py', 'w')",
    "read the settings with their secrets": "open(given['settings']).read()",
    "read the database": "open(given['database'], 'rb').read()",
    "list the data folder": "os.listdir(given['folder'])",
    "remove the settings": "os.unlink(given['settings'])",
    "connect to PostgreSQL's port": "socket.create_connection(('127.0.0.1', given['port']), 5)",
    "connect to the queue's socket": "connect(given['socket'])",
    "send a datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', given['port']))",
    "run a program": "subprocess.run(['/bin/true'])",
    "become a program": "os.execv('/bin/true', ['true'])",
    "stop its parent": "os.kill(os.getppid(), 0)",
}
INSIDE = """
import json, os, socket, subprocess, sys
from pipeline.articles.shut_in import shut_in

given, attempts, closed = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3] == "closed"

def connect(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(path)

def tried(attempt):
    try:
        eval(attempt)
    except PermissionError:
        return "refused"
    except OSError as error:
        return str(error)
    return "done"

if closed:
    shut_in()
print(json.dumps({name: tried(attempt) for name, attempt in attempts.items()}))
"""
HALVED = """
import ctypes, sys
from pipeline.articles.shut_in import shut_in
sys.maxsize = 2**31 - 1
shut_in()
print(ctypes.CDLL(None).prctl(21, 0, 0, 0, 0))
"""
LACKING = """
import platform, sys
from pipeline.articles.shut_in import lacking
print(lacking())
platform.machine = lambda: "vax"
print(lacking())
sys.platform = "darwin"
print(lacking())
"""
HARMLESS = ("read the settings with their secrets", "list the data folder", "connect to PostgreSQL's port",
            "connect to the queue's socket", "run a program", "stop its parent")  # fmt: skip


def landlock_version() -> int:
    """Ask the kernel for its version of Landlock; 0 or less if it has none."""
    return int(ctypes.CDLL(None).syscall(444, None, 0, 1)) if sys.platform.startswith("linux") else 0


needs_kernel = pytest.mark.skipif(landlock_version() < 6, reason="this kernel lacks Landlock, or has an early one")


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """Lay out an installation's files, a server on a port and one on a socket."""
    folder = tmp_path_factory.mktemp("installation")
    settings, database, path = folder / "storywatch.toml", folder / "storywatch.db", folder / "valkey.sock"
    settings.write_text('[web]\npassword = "sesame"\n', encoding="utf-8")
    database.write_bytes(b"SQLite format 3\0")
    with create_server(("127.0.0.1", 0)) as port, socket(AF_UNIX) as queue:
        queue.bind(str(path))
        queue.listen()
        given = {
            "settings": settings,
            "database": database,
            "socket": path,
            "folder": folder,
            "code": ROOT / "pipeline",
        }
        yield {name: str(value) for name, value in given.items()} | {"port": port.getsockname()[1]}


def ran(program: str, *arguments: str, python: str = sys.executable) -> str:
    """Run a program of ours in a process of its own; gives what it said."""
    command = [python, "-P", "-c", program, *arguments]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours


def inside(
    given: dict[str, object], attempts: dict[str, str], *, closed: bool, python: str = sys.executable
) -> dict[str, str]:
    """Try things in a process of its own; gives what came of each."""
    arguments = (json.dumps(given), json.dumps(attempts), "closed" if closed else "open")
    return dict(json.loads(ran(INSIDE, *arguments, python=python)))


@needs_kernel
def test_whoever_reads_pages_reaches_nothing_else(laid_out: dict[str, object]) -> None:
    """S38: it writes no file, reads no secret, dials nobody and runs nothing, whoever's process it is."""
    assert inside(laid_out, ATTEMPTS, closed=True) == dict.fromkeys(ATTEMPTS, "refused")


def test_without_it_all_that_would_be_allowed(laid_out: dict[str, object]) -> None:
    """S38: what is tried is possible where nothing is closed, so that a refusal says something."""
    attempts = {name: ATTEMPTS[name] for name in HARMLESS}
    assert inside(laid_out, attempts, closed=False) == dict.fromkeys(HARMLESS, "done")


@needs_kernel
def test_secrets_in_the_folder_of_the_installation_are_no_code(tmp_path: Path) -> None:
    """S38: settings and data may lie in the virtual environment's own folder, where somebody keeps all in one place."""
    venv.create(tmp_path, symlinks=True)
    settings = tmp_path / "storywatch.toml"
    settings.write_text('[web]\npassword = "sesame"\n', encoding="utf-8")
    attempts = {"read": "open(given['settings']).read()", "list": "os.listdir(given['folder'])"}
    given: dict[str, object] = {"settings": str(settings), "folder": str(tmp_path)}
    python = str(tmp_path / "bin" / "python")
    assert inside(given, attempts, closed=False, python=python) == dict.fromkeys(attempts, "done")
    assert inside(given, attempts, closed=True, python=python) == dict.fromkeys(attempts, "refused")


@needs_kernel
def test_a_program_of_32_bits_is_not_told_the_calls_of_64() -> None:
    """On a kernel of 64 bits it bears that kernel's name, and a filter for it would refuse every call it makes."""
    assert ran(HALVED) == "0\n"


def rights_of(pid: int) -> tuple[str, str]:
    """Say whether a process may gain no rights, and how its calls are filtered: proc(5)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    status = dict(line.split(":\t", 1) for line in lines)
    return status["NoNewPrivs"], status["Seccomp"]


@needs_kernel
async def test_the_child_that_extracts_is_shut_in_and_does_its_work() -> None:
    """S38: the real child runs under the filter, without a way to more rights, and gives its extract."""
    extractor = Extractor(processes=1, seconds=60, megabytes=1024)
    try:
        assert "northern lock" in (await extractor.extract(GOOD, URL, Hint())).text
        [pid] = children()
        assert rights_of(pid) == ("1", "2")
    finally:
        await extractor.close()


@needs_kernel
def test_what_is_lacking_is_named() -> None:
    """Nothing on a machine that has all; the part that is not known of others is named, for `storywatch doctor`."""
    here, elsewhere, mac = ran(LACKING).splitlines()
    assert (here, "vax" in elsewhere, "Landlock" in elsewhere, mac == "[]") == ("[]", True, False, False)
