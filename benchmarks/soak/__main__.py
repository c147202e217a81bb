"""Run the demo's newsroom fast and long, and see that nothing grows: `python -m benchmarks.soak [--minutes 60]`.

In: how long and how fast; --read for samples of an earlier run. Out: a table of levels and slopes, the samples as JSON
lines, with --picture an SVG; exit code 1 if something grows. Trap: it starts a whole `storywatch demo` at low priority;
on a machine that others use delays tell of them, and memory and descriptors of us.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.soak.picture import draw
from benchmarks.soak.sample import Figures, Looker
from benchmarks.soak.verdict import Verdict, judge
from pipeline.errors import StorywatchError
from workers.tether import tethered

SAMPLE_SECONDS = 10.0
READY_SECONDS = 120.0
STOP_SECONDS = 120.0
DEMO = (sys.executable, "-c", "from cli.main import main; main()", "demo", "--port", "0")


def main() -> int:
    """Run, or read an earlier run; print; give the exit code."""
    arguments = _arguments()
    samples = _read(arguments.read) if arguments.read else _run(arguments)
    verdicts = judge(samples)
    print("\n".join(_table(verdicts)))
    if arguments.picture:
        arguments.picture.write_text(draw(samples), encoding="utf-8")
    return 0 if all(one.holds for one in verdicts) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description="Run long and see that nothing grows.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--pace", type=float, default=20, help="1 is a new article about every five seconds")
    parser.add_argument("--samples", type=Path, default=Path("soak.jsonl"), help="file of the samples")
    parser.add_argument("--read", type=Path, help="judge this file of an earlier run instead")
    parser.add_argument("--picture", type=Path, help="write an SVG here")
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> list[Figures]:
    samples: list[Figures] = []
    os.nice(10)
    with (
        tempfile.TemporaryDirectory(prefix="storywatch-soak-") as folder,
        _demo(Path(folder), arguments.pace) as pid,
        arguments.samples.open("w", encoding="utf-8") as file,
    ):
        looker = _ready(pid, Path(folder) / "data")
        began = time.monotonic()
        while (passed := time.monotonic() - began) < 60 * arguments.minutes:
            sample = {"hours": passed / 3600} | looker.look()
            samples.append(sample)
            file.write(json.dumps(sample) + "\n")
            file.flush()
            time.sleep(SAMPLE_SECONDS)
    return samples


@contextmanager
def _demo(folder: Path, pace: float) -> Iterator[int]:
    """Run a demo for the block; its log stays in the system's temporary folder."""
    with tempfile.NamedTemporaryFile("wb", prefix="storywatch-soak-", suffix=".log", delete=False) as log:
        command = [*DEMO, "--pace", str(pace), "--keep", str(folder)]
        process = subprocess.Popen(tethered(command, os.getpid()), stdout=log, stderr=log)  # noqa: S603 - our own
        sys.stderr.write(f"log: {log.name}\n")
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _ready(pid: int, data: Path) -> Looker:
    """Wait until everything runs."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            looker = Looker(pid, data)
            if looker.look()["articles"] > 0:
                return looker
        except (StorywatchError, OSError, KeyError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the demo did not begin: {error}") from error
        time.sleep(1)


def _read(file: Path) -> list[Figures]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _table(verdicts: list[Verdict]) -> list[str]:
    head = ["| figure | level | highest | an hour adds | allowed | flat |", "|---|---|---|---|---|---|"]
    return head + [
        f"| {one.name} | {one.slope.level:.4g} | {one.highest:.4g} | {one.slope.an_hour:+.3g} | "
        f"{one.allowed:.3g} | {'yes' if one.holds else '**no**'} |"
        for one in verdicts
    ]


if __name__ == "__main__":
    sys.exit(main())
