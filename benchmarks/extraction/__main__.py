"""Processor time of extracting real pages, against trafilatura's fast mode on the same pages.

In: the pages with gold text beside the checkout. Out: one row; ends with 1 if ours takes more than `GOAL` of
trafilatura's time, with 2 where there are no pages. Hides nothing. Trap: theirs gives the text alone, ours also title,
byline, dates, language, kind and marks.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.extraction.race import Pages, race
from benchmarks.text_model.pages import SETS, read_set

GOAL = 1.3
QUICK_STEP = 8
LACKING = 2
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "extraction"


def read_all(folder: Path) -> Pages:
    """Read every page of both sets with its address."""
    return [(html, want.get("url", "")) for of in SETS for _, html, want in read_set(folder, of)]


def main() -> int:
    """Measure; give the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.extraction", description="Processor time of extraction.")
    parser.add_argument("--quick", action="store_true", help=f"every {QUICK_STEP}th page")
    step = QUICK_STEP if parser.parse_args().quick else 1
    if not DATA.is_dir():
        sys.stderr.write(f"there are no pages at {DATA}\n")
        return LACKING
    pages = read_all(DATA)[::step]
    ours, fast = (1000 * seconds / len(pages) for seconds in race(pages))
    print(
        f"| extraction of {len(pages)} real pages, ms of processor a page | {ours:.1f} "
        f"| trafilatura's fast mode | {fast:.1f} | {ours / fast:.2f} x | at most {GOAL:g} x |"
    )
    return 0 if ours <= GOAL * fast else 1


if __name__ == "__main__":
    sys.exit(main())
