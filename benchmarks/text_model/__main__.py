"""Grow the forest anew, and say how good it is on pages it never saw.

In: the pages with gold text beside the checkout. Out: `pipeline/articles/forest.json`, or with `--check` only a
share and the scores. Needs lightgbm and numpy. Trap: `--check` takes minutes: trees are grown for every part.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from benchmarks.text_model.grow import forest_of, grow
from benchmarks.text_model.held_out import PARTS, part_of, score
from benchmarks.text_model.pages import SETS, LabelledPage, label, read_set

SHARED = Path(__file__).resolve().parents[3] / "shared"
DATA = SHARED / "data" / "extraction"
FOREST = Path(__file__).resolve().parents[2] / "pipeline" / "articles" / "forest.json"
SEEDS = (7, 11)  #: of the two ways to part the pages


def main(words: Sequence[str]) -> int:
    """Run from the command line; 2 where there are no pages to learn from."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.text_model")
    options.add_argument("--check", action="store_true", help="judge each fifth by trees grown on the others")
    chosen = options.parse_args(words)
    if not DATA.is_dir():
        print(f"there are no pages at {DATA}")
        return 2
    pages = read_labelled()
    if chosen.check:
        _check(pages)
        return 0
    FOREST.write_text(json.dumps(grow(pages), separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {FOREST}")
    return 0


def _check(pages: Sequence[LabelledPage]) -> None:
    """Print how good trees are on pages they were not grown on."""
    for of in SETS:
        print(f"{of}: {agreement(pages, of):.4f} of the labelled blocks told rightly on pages never seen")
    for seed in SEEDS:
        for of, said in score(pages, SHARED, part_of(seed)):
            print(f"{of}, parted by {seed}: " + ", ".join(f"{name} {value:.4f}" for name, value in said.items()))


def read_labelled() -> list[LabelledPage]:
    """Read and label every page of both sets, in an order that does not depend on the machine."""
    asked = [(of, *one) for of in SETS for one in read_set(DATA, of)]
    with Pool() as pool:
        found = [page for pages in pool.imap_unordered(_labelled, asked, chunksize=8) for page in pages]
    return sorted(found, key=lambda page: (page.of, page.name, page.opaque))


def agreement(pages: Sequence[LabelledPage], of: str) -> float:
    """Give the share of blocks of a set that trees grown on other pages tell rightly."""
    right = total = 0
    number_of = part_of(SEEDS[0])
    for part in range(PARTS):
        forest = forest_of(grow([page for page in pages if number_of(page.name) != part]))
        for page in pages:
            if page.of == of and not page.opaque and number_of(page.name) == part:
                likely = forest.ask(page.rows, page.lengths, page.kin)
                right += sum((share >= 0.5) == said for share, said in _said(likely, page.labels))
                total += sum(said is not None for said in page.labels)
    return right / max(total, 1)


def _said(likely: Iterable[float], labels: Iterable[bool | None]) -> list[tuple[float, bool]]:
    return [(share, said) for share, said in zip(likely, labels, strict=True) if said is not None]


def _labelled(asked: tuple[str, str, str, dict[str, Any]]) -> list[LabelledPage]:
    return list(label(*asked))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
