"""The clock of all our processes is set while they work.

In: a scene whose processes read their wall clock through `clock.c`. Out: the fault, played under load. Hides the
compiler. Trap: only our own processes see the other time; origin, receiver and a PostgreSQL do not.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.faults.fault import Fault
from benchmarks.faults.scene import Scene, loaded

JUMPS_SECONDS = (3600, 0, -3600, 0)
CLOCK_FILE = "clock"
SOURCE = Path(__file__).with_suffix(".c")
COMPILER = "cc"


async def clock_set(scene: Scene) -> None:
    """Set the clock an hour ahead, back, an hour behind, back."""
    async with loaded(scene):
        for seconds in JUMPS_SECONDS:
            _set(scene.folder, seconds)
            await asyncio.sleep(scene.seconds / len(JUMPS_SECONDS))


def _set(folder: Path, seconds: int) -> None:
    with (folder / CLOCK_FILE).open("r+b") as file:  # in place: it is mapped into the processes
        file.write(seconds.to_bytes(8, "little", signed=True))


def settable_clock(folder: Path) -> Mapping[str, str]:
    """Give the environment in which the clock can be set by the file of that folder."""
    (folder / CLOCK_FILE).write_bytes(bytes(8))
    library = folder / "clock.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)], check=True)  # noqa: S603
    return {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(folder / CLOCK_FILE)}


def lacks_compiler() -> str:
    """Say why no clock can be set here."""
    return "" if shutil.which(COMPILER) else "there is no C compiler (Debian: apt install gcc)"


CLOCK = (
    Fault(
        "clock-set",
        "clock set 1 h ahead, back, 1 h behind, back",
        clock_set,
        240,
        "R29",
        may_repeat=True,
        environment=settable_clock,
        lacks=lacks_compiler,
    ),
)
