"""Feeds: what four test suites say of titles, links, ids and dates.

In: `conformance.zip` in the folder of real data beside the checkout, or a folder named. Out: a table per suite and
field, checked and held, then one row with the target; `--failed` lists every expectation that does not hold. Trap: a
document that raises anything but a named error ends the run, on purpose.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.conformance.said import FIELDS, Scored, score
from benchmarks.conformance.suites import cases

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "feeds" / "conformance.zip"
ASKED = frozenset({"title", "link", "id", "date", "count"})  #: what a watch needs; texts are shown beside
TARGET = 0.99


def main() -> int:
    """Score and print; 2 without the data, 1 below the target."""
    parser = argparse.ArgumentParser(prog="benchmarks.conformance", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the archive of suites")
    parser.add_argument("--failed", action="store_true", help="list every expectation that does not hold")
    arguments = parser.parse_args()
    if not arguments.data.is_file():
        sys.stderr.write(f"{arguments.data} is not there\n")
        return 2
    scored = [one for case in cases(arguments.data) for one in score(case)]
    print("\n".join(_table(scored)))
    if arguments.failed:
        print("\n".join(_line(one) for one in scored if not one.held))
    asked = [one for one in scored if one.said.field in ASKED]
    held = sum(one.held for one in asked)
    share = held / max(1, len(asked))
    print("| what | ours | against | theirs | ratio | target |\n|---|---|---|---|---|---|")
    print(f"| titles, links, ids, dates held | {held} | four suites | {len(asked)} | {share:.4f} | at least {TARGET} |")
    return 0 if share >= TARGET else 1


def _table(scored: Sequence[Scored]) -> list[str]:
    checked, held = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in scored:
        checked[one.case.suite, one.said.field] += 1
        held[one.case.suite, one.said.field] += one.held
    lines = ["suite       " + "".join(f"{field:>14}" for field in FIELDS), ""]
    for suite in sorted({one.case.suite for one in scored}):
        cells = (f"{held[suite, field]}/{checked[suite, field]}" if checked[suite, field] else "-" for field in FIELDS)
        lines.append(f"{suite:<12}" + "".join(f"{cell:>14}" for cell in cells))
    return [*lines, ""]


def _line(one: Scored) -> str:
    where = "feed" if one.said.entry is None else f"entry {one.said.entry}"
    return f"{one.case.suite} {one.case.name} {where} {one.said.field}: {one.said.wanted!r} but {one.got!r}"[:400]


if __name__ == "__main__":
    sys.exit(main())
