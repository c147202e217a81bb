"""Fuzz one reader in a process of its own, with a ceiling on its memory.

In: an entry point, for how long, a folder of real documents. Out: its `Report`; a process that dies or does not come
back is a finding. Hides multiprocessing. Trap: the child imports this module anew, so it must stand outside
`__main__`.
"""

import multiprocessing
import resource
import sys
import zipfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.fuzz.entry_points import ENTRY_POINTS, EntryPoint
from benchmarks.fuzz.rounds import Finding, Report, fuzz

MEMORY_BYTES = 1024 * 1024 * 1024
MORE_SECONDS = 120.0  #: that a reader's process may take beyond its time, before it counts as hung
LARGEST_SEED_BYTES = 100_000
MOST_SEEDS = 400
KINDS = {"feed": ("real.zip", "conformance.zip"), "page": ("articles.zip", "segments.zip")}


def fuzz_alone(point: EntryPoint, seconds: float, seed: int, data: Path | None) -> Report:
    """Fuzz it for so many seconds."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_run, args=(theirs, point.name, seconds, seed, data))
    process.start()
    theirs.close()
    try:
        if ours.poll(seconds + MORE_SECONDS):
            found = ours.recv()
            assert isinstance(found, Report)
            return found
        why = "it did not come back"
    except EOFError:
        why = "its process died"
    finally:
        process.kill()
        process.join()
    return Report(point.name, findings={why: Finding(why, why, b"")})


def _run(pipe: Connection, name: str, seconds: float, seed: int, data: Path | None) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    point = next(one for one in ENTRY_POINTS if one.name == name)
    seeds = [*point.seeds, *_real(name, data)]
    pipe.send(fuzz(point, seeds, seconds=seconds, most=sys.maxsize, seed=seed))


def _real(name: str, data: Path | None) -> Iterator[bytes]:
    """Give real documents of the kind that this reader reads, if a folder of them was named."""
    files = [found for wanted in KINDS.get(name, ()) for found in sorted(data.rglob(wanted))] if data else []
    for file in files:
        with zipfile.ZipFile(file) as archive:
            small = [one for one in archive.infolist() if 0 < one.file_size <= LARGEST_SEED_BYTES]
            for one in small[:: max(1, len(small) // MOST_SEEDS)]:
                yield archive.read(one)
