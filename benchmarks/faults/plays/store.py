"""Faults of the database and of what it rests on: PostgreSQL away, the disk full, the clock set.

In: a scene. Out: the fault, played under load. Trap: on a full disk nothing else can be written either, the queue's
file and the log included; and the clock is set by libfaketime, where the machine has it, for our processes alone.
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from benchmarks.faults.fault import Fault
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.scene import Scene, Store, loaded
from benchmarks.faults.servers import Postgres

DISK_BYTES = 64 * 1024 * 1024
PIECE = b"\0" * 65_536
JUMPS = ("+3600", "+0", "-3600", "+0")
CLOCK_FILE = "clock"
LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")


def _postgres(scene: Scene) -> tuple[Postgres, Proxy]:
    if scene.postgres is None or scene.postgres_proxy is None:
        raise ValueError("this fault needs PostgreSQL")
    return scene.postgres, scene.postgres_proxy


async def stopped(scene: Scene) -> None:
    """Stop PostgreSQL for a while."""
    postgres, _ = _postgres(scene)
    async with loaded(scene):
        await asyncio.to_thread(postgres.stop)
        await asyncio.sleep(scene.seconds)
        await asyncio.to_thread(postgres.start)


async def restarted(scene: Scene) -> None:
    """Restart PostgreSQL again and again."""
    postgres, _ = _postgres(scene)
    async with loaded(scene):
        for _ in range(scene.rounds):
            await asyncio.sleep(scene.dice.uniform(0.5, 3))
            await asyncio.to_thread(postgres.stop)
            await asyncio.to_thread(postgres.start)


async def paused(scene: Scene) -> None:
    """Freeze PostgreSQL with all its backends."""
    postgres, _ = _postgres(scene)
    async with loaded(scene):
        postgres.send(SIGSTOP)
        await asyncio.sleep(scene.seconds)
        postgres.send(SIGCONT)


async def cut(scene: Scene) -> None:
    """Reset its connections, refuse new ones, swallow everything."""
    _, proxy = _postgres(scene)
    async with loaded(scene):
        for _ in range(scene.rounds):
            await asyncio.sleep(1)
            proxy.cut()
        proxy.refuses = True
        proxy.cut()
        await asyncio.sleep(scene.seconds / 2)
        proxy.release()
        proxy.hold()
        await asyncio.sleep(scene.seconds / 2)
        proxy.cut()
        proxy.release()


async def disk_full(scene: Scene) -> None:
    """Fill the disk to its last byte, twice, and make room again."""
    async with loaded(scene):
        for _ in range(2):
            await asyncio.sleep(2)
            ballast = scene.folder / "ballast"
            await _fill(ballast, scene.seconds / 2)
            ballast.unlink()


async def _fill(ballast: Path, seconds: float) -> None:
    """Keep it full: what others give back is taken again."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    with ballast.open("ab", buffering=0) as file:
        while loop.time() < until:
            size = len(PIECE)
            while size:
                try:
                    written = file.write(PIECE[:size])
                except OSError:
                    written = 0
                size = size // 2 if not written else size
            await asyncio.sleep(0.05)


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """Mount a small disk in memory for the block."""
    folder = Path(tempfile.mkdtemp(prefix="sw-disk-"))
    _run("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "storywatch-faults", str(folder))
    try:
        yield folder
    finally:
        _run("umount", "-l", str(folder))
        folder.rmdir()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words


def lacks_disk() -> str:
    """Say why no disk can be made here."""
    if os.geteuid() != 0:
        return "only root can mount a small disk"
    with suppress(subprocess.CalledProcessError, FileNotFoundError), small_disk():
        return ""
    return "this machine allows no mount"


async def clock_set(scene: Scene) -> None:
    """Set the clock of all our processes an hour ahead, back, an hour behind, back."""
    async with loaded(scene):
        for jump in JUMPS:
            (scene.folder / CLOCK_FILE).write_text(jump, encoding="ascii")
            await asyncio.sleep(scene.seconds / len(JUMPS))


def fake_clock(folder: Path) -> Mapping[str, str]:
    """Give the environment in which the clock is read from a file of the folder."""
    (folder / CLOCK_FILE).write_text("+0", encoding="ascii")
    return {
        "LD_PRELOAD": _library(),
        "FAKETIME_TIMESTAMP_FILE": str(folder / CLOCK_FILE),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def _library() -> str:
    found = [str(file) for pattern in LIBRARIES for file in Path("/").glob(pattern.lstrip("/"))]
    return os.environ.get("LIBFAKETIME", found[0] if found else "")


def lacks_clock() -> str:
    """Say why no clock can be set here."""
    return "" if _library() else "libfaketime is not installed (Debian: apt install libfaketime)"


ON_POSTGRES = (Store.POSTGRES,)
STORE = (
    Fault("postgres-stopped", "PostgreSQL stopped", stopped, 60, "R38 R32", may_repeat=True, stores=ON_POSTGRES),
    Fault("postgres-restarted", "PostgreSQL restarted", restarted, 60, "R38", may_repeat=True, stores=ON_POSTGRES),
    Fault("postgres-paused", "PostgreSQL frozen", paused, 60, "R38 R32", may_repeat=True, stores=ON_POSTGRES),
    Fault("postgres-cut", "connections reset, refused, swallowed", cut, 90, "R32", may_repeat=True, stores=ON_POSTGRES),
    Fault("disk-full", "disk full, twice: database, queue and log", disk_full, 60, "R30", may_repeat=True,
          place=small_disk, lacks=lacks_disk),
    Fault("clock-set", "clock set 1 h ahead, back, 1 h behind, back", clock_set, 240, "R29", may_repeat=True,
          environment=fake_clock, lacks=lacks_clock),
)  # fmt: skip
