"""Faults of the database and of what it rests on: PostgreSQL away, the disk full.

In: a scene. Out: the fault, played under load. Trap: on a full disk nothing else can be written either, the queue's
file and the log included.
"""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from benchmarks.faults.fault import Fault
from benchmarks.faults.plays.queue import break_in_words
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.scene import Scene, Store, loaded
from benchmarks.faults.servers import Postgres

DISK_BYTES = 64 * 1024 * 1024
PIECE = b"\0" * 65_536


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
        await break_in_words(scene, proxy)


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


ON_POSTGRES = (Store.POSTGRES,)
STORE = (
    Fault("postgres-stopped", "PostgreSQL stopped", stopped, 60, "R38 R32", may_repeat=True, stores=ON_POSTGRES),
    Fault("postgres-restarted", "PostgreSQL restarted", restarted, 60, "R38", may_repeat=True, stores=ON_POSTGRES),
    Fault("postgres-paused", "PostgreSQL frozen", paused, 60, "R38 R32", may_repeat=True, stores=ON_POSTGRES),
    Fault("postgres-cut", "connections reset, also in mid-word, refused, swallowed, narrow", cut, 90, "R32",
          may_repeat=True, stores=ON_POSTGRES),
    Fault("disk-full", "disk full, twice: database, queue and log", disk_full, 60, "R30", may_repeat=True,
          place=small_disk, lacks=lacks_disk),
)  # fmt: skip
