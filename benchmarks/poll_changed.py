"""Measure how many changed feeds a second the poller reads and stores, against lemon24/reader on the same origin.

In: nothing; `reader` is installed into a virtual environment of its own, kept in the user's cache. Out: a row; ends
with 1 below `GOAL`, with 2 if reader cannot be had. Each of 1,000 feeds shows 20 entries that nobody knows yet. Trap:
reader 3.27 needs Python 3.12; on an older one 3.26 is measured, its last for 3.11.
"""

import argparse
import asyncio
import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

import structlog

from benchmarks.feed_origin import origin
from benchmarks.polled import Timed, add_all, poll_all
from benchmarks.rivals import rival_python
from pipeline.store.database import Database

GOAL = 4.0
VERSION = "3.27" if sys.version_info >= (3, 12) else "3.26"
LACKING = 2
RIVAL = """
import json, sys, time
from reader import make_reader
path, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
reader = make_reader(path)
for number in range(count):
    reader.add_feed(f"http://127.0.0.1:{port}/rival/{number}")
began, began_cpu = time.perf_counter(), time.process_time()
reader.update_feeds(workers=10)
seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
assert reader.get_entry_counts().total == 20 * count
print(json.dumps([seconds, cpu]))
"""


def rival(python: Path, folder: Path, port: int, count: int) -> Timed:
    """Let reader update all feeds once."""
    command = [str(python), "-c", RIVAL, str(folder / "rival.db"), str(port), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")  # noqa: S603 - the program above
    seconds, cpu_seconds = json.loads(done.stdout)
    return Timed(count, seconds, cpu_seconds)


def ours(folder: Path, port: int, count: int) -> Timed:
    """Poll all feeds once."""
    database = Database.open(f"sqlite:///{folder / 'storywatch.db'}")
    database.migrate()
    add_all(database, [f"http://127.0.0.1:{port}/feed/{number}" for number in range(count)])
    timed = asyncio.run(poll_all(database, port, count))
    database.close()
    return timed


def main() -> int:
    """Measure both and print the row."""
    parser = argparse.ArgumentParser(description="Polls of changed feeds.")
    parser.add_argument("--quick", action="store_true", help="fewer feeds")
    count = 200 if parser.parse_args().quick else 1000
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    python = rival_python("reader", VERSION, "sgmllib3k")
    if python is None:
        sys.stderr.write(f"reader {VERSION} cannot be installed\n")
        return LACKING
    with tempfile.TemporaryDirectory() as name, origin(entry_count=20) as port:
        theirs = rival(python, Path(name), port, count)
        mine = ours(Path(name), port, count)
    ratio, by_processor = mine.rate / theirs.rate, theirs.milliseconds / mine.milliseconds
    print(
        f"| feeds of 20 new entries polled a second ({mine.milliseconds:.1f} ms of processor a feed) | {mine.rate:.0f} "
        f"| reader {VERSION}, 10 workers ({theirs.milliseconds:.1f} ms) | {theirs.rate:.0f} "
        f"| {ratio:.2f} x ({by_processor:.2f} x by processor time) | at least {GOAL:g} x |"
    )
    return int(ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
