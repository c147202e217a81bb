"""Play a power cut for SQLite: a writer whose syncs are watched, and the files as a cut could leave them.

In: a migrated database, how durable its commits shall be. Out: `Cut`s: what was acknowledged by then, and for each file
what was synced and what was written. Hides the shim `power_cut.c`, which needs a C compiler. Trap: `mixed` may change
only bytes that were being written; SQLite too relies on a sector's other bytes staying as they are.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHIM = Path(__file__).with_suffix(".c")
SECTOR_BYTES = 512
NAMES = ("storywatch.db", "storywatch.db-wal")
ENTRIES = 5  #: of each transaction

# Four writers at once, so that commits are grouped as the product groups them; NORMAL is the control of the experiment.
WRITER = f"""
import asyncio, itertools, os, sys
from sqlalchemy import event
from pipeline.store.database import Database
from pipeline.store import engines
from tests.store.making import entry, show

plain = engines._set_up_sqlite
def set_up(connection, *, query_only):
    plain(connection, query_only=query_only)
    if sys.argv[2] == "NORMAL":
        connection.execute("PRAGMA synchronous=NORMAL")
engines._set_up_sqlite = set_up

async def write(database, numbers):
    for number in numbers:
        shown = [entry(number * {ENTRIES} + n, summary="word " * 200) for n in range({ENTRIES})]
        await database.run(show, *shown, url=f"https://feeds.example/{{number}}")
        os.write(1, b"%d\\n" % number)

async def main():
    database, numbers = Database.open(sys.argv[1]), itertools.count()
    await asyncio.gather(*(write(database, numbers) for _ in range(4)))

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """One instant: the numbers acknowledged by then, and each file as synced and as written."""

    acknowledged: frozenset[int]
    synced: dict[str, bytes]
    written: dict[str, bytes]

    def left(self, folder: Path, dice: random.Random | None) -> Path:
        """Write what the cut leaves; without dice nothing that was not synced. Returns the database's path."""
        folder.mkdir()
        for name in NAMES:
            old, new = self.synced[name], self.written[name]
            (folder / name).write_bytes(mixed(old, new, dice) if dice else old)
        return folder / NAMES[0]


def mixed(old: bytes, new: bytes, dice: random.Random) -> bytes:
    """Take each sector as it was, as it was to become, half of it, or zeros where it was written; and cut what grew."""
    if new == old:
        return old
    if len(new) > len(old):
        new = new[: dice.randint(len(old), len(new))]
    size = max(len(old), len(new))
    old, new = old.ljust(size, b"\0"), new.ljust(size, b"\0")
    made = bytearray(old)
    for at in range(0, size, SECTOR_BYTES):
        before, after = old[at : at + SECTOR_BYTES], new[at : at + SECTOR_BYTES]
        if before != after:
            made[at : at + SECTOR_BYTES] = _sector(before, after, dice)
    return bytes(made)


def _sector(before: bytes, after: bytes, dice: random.Random) -> bytes:
    match dice.choice(("old", "new", "new", "torn", "zeros")):
        case "old":
            return before
        case "new":
            return after
        case "torn":
            place = dice.randrange(len(after))
            return after[:place] + before[place:]
        case _:
            return bytes(one if one == other else 0 for one, other in zip(before, after, strict=True))


def shim(folder: Path, compiler: str) -> Path:
    """Build the library that watches syncs."""
    made = folder / "power_cut.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", made, SHIM, "-ldl"], check=True)  # noqa: S603 - our own source
    return made


@contextmanager
def cuts(database: Path, library: Path, synchronous: str, every: int) -> Iterator[Iterator[Cut]]:
    """Run the writer and give the instants at which it stopped; it is killed in the end."""
    kept = database.parent / "kept"
    kept.mkdir()
    (kept / database.name).write_bytes(database.read_bytes())
    watching = {"LD_PRELOAD": str(library), "POWER_KEPT": str(kept), "POWER_EVERY": str(every)}
    command = [sys.executable, "-c", WRITER, f"sqlite:///{database}", synchronous]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | watching) as writer:  # noqa: S603
        try:
            yield _stops(writer, database.parent, kept)
        finally:
            writer.kill()


def _stops(writer: subprocess.Popen[bytes], live: Path, kept: Path) -> Iterator[Cut]:
    assert writer.stdout
    os.set_blocking(writer.stdout.fileno(), False)
    said = b""
    while True:
        _, status = os.waitpid(writer.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "the writer ended"
        said += writer.stdout.read() or b""
        numbers = frozenset(int(line) for line in said.split(b"\n")[:-1])
        yield Cut(numbers, _files(kept), _files(live))
        writer.send_signal(signal.SIGCONT)


def _files(folder: Path) -> dict[str, bytes]:
    paths = {name: folder / name for name in NAMES}
    return {name: path.read_bytes() if path.exists() else b"" for name, path in paths.items()}
