"""Measure pages end to end, queue to store, against bare trafilatura and against news-please on the same pages.

In: the real pages beside the checkout, or made-up ones. Out: two rows; ends with 1 below a goal, with 2 if news-please
cannot be installed (the first row is printed all the same). Ours is `storywatch run` with its default of one worker
and two extractors; the others get two processes. Trap: all share the machine with the origin, which runs in here.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

import structlog

from benchmarks.pages.bare import bare
from benchmarks.pages.newsplease import VERSION, newsplease, newsplease_python
from benchmarks.pages.ours import ours
from benchmarks.pages.published import Published, publish
from benchmarks.pages.timed import Timed
from benchmarks.replay.corpus import SHARED_DATA
from benchmarks.replay.origin import Origin
from config.settings import WorkerSettings
from pipeline.articles import decode

QUICK_COUNT = 240
BARE_GOAL = 0.75
RIVAL_GOAL = 5.0
LACKING = 2
PROCESSES = WorkerSettings().extractors


async def measure(folder: Path, data: Path, most: int | None, python: Path | None) -> list[bool]:
    """Measure one after the other and print the rows; tells of each whether its goal is met."""
    async with Origin() as origin:
        pages = publish(data, origin.port, most)
        write_decoded(folder, pages)
        mine = await ours(folder, origin, pages)
        _tell("storywatch run", mine)
        floor = await asyncio.to_thread(bare, folder, len(pages), PROCESSES)
        _tell("bare trafilatura", floor)
        met = [print_row(mine, "bare trafilatura", floor, BARE_GOAL)]
        if python is not None:
            theirs = await newsplease(python, folder, [page.url for page in pages], PROCESSES)
            _tell(f"news-please {VERSION}", theirs)
            met.append(print_row(mine, f"news-please {VERSION}", theirs, RIVAL_GOAL))
    return met


def write_decoded(folder: Path, pages: list[Published]) -> None:
    """Put the pages where bare trafilatura reads them, decoded for it beforehand."""
    for number, page in enumerate(pages):
        (folder / f"{number}.html").write_text(decode(page.body), encoding="utf-8")


def print_row(mine: Timed, rival: str, theirs: Timed, goal: float) -> bool:
    """Print one row; tell whether the goal is met."""
    ratio, by_processor = mine.rate / theirs.rate, theirs.milliseconds / mine.milliseconds
    print(
        f"| pages/s end to end, {mine.page_count} pages ({mine.milliseconds:.0f} ms of processor a page) "
        f"| {mine.rate:.1f} | {rival}, {PROCESSES} processes ({theirs.milliseconds:.0f} ms) | {theirs.rate:.1f} "
        f"| {ratio:.2f} x ({by_processor:.2f} x by processor time) | at least {goal:g} x |",
        flush=True,
    )
    return ratio >= goal


def _tell(name: str, timed: Timed) -> None:
    sys.stderr.write(f"{name}: {timed.text_count} texts of {timed.page_count} pages in {timed.seconds:.1f} s\n")


def main() -> int:
    """Measure; give the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.pages", description="Pages end to end.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_COUNT} of the pages")
    parser.add_argument("--data", type=Path, default=SHARED_DATA, help="folder of the real data")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    python = newsplease_python()
    with tempfile.TemporaryDirectory(prefix="storywatch-pages-") as name:
        most = QUICK_COUNT if arguments.quick else None
        met = asyncio.run(measure(Path(name), arguments.data, most, python))
    if not all(met):
        return 1
    if python is None:
        sys.stderr.write(f"news-please {VERSION} cannot be installed from the package index; see pip's words above\n")
        return LACKING
    return 0


if __name__ == "__main__":
    sys.exit(main())
