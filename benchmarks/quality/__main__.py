"""Measure quality on every set and print one table: `python -m benchmarks.quality [--pictures] [NAME…]`.

In: the data beside the checkout. Out: the table on standard output; exit code 1 if a target is missed, 2 without the
data. A module of this folder with `measure(shared)` that yields `Figure`s is a set; with `draw(shared, docs)` it also
draws pictures. Trap: the sets are those that thresholds were chosen on; each figure flatters us a little.
"""

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

from benchmarks.quality.figure import HEAD, Figure

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
SHARED = ROOT.parent / "shared"
LACKING = 2


def find_sets() -> dict[str, ModuleType]:
    """Find the modules that measure something."""
    names = [found.name for found in pkgutil.iter_modules([str(FOLDER)]) if found.name != "__main__"]
    modules = {name: importlib.import_module(f"benchmarks.quality.{name}") for name in sorted(names)}
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def main() -> int:
    """Measure, print, say whether all targets are met."""
    sets = find_sets()
    parser = argparse.ArgumentParser(prog="quality", description="Measure quality on every set.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these, of: {', '.join(sets)}")
    parser.add_argument("--pictures", action="store_true", help="draw the pictures of docs/ anew as well")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with data/ and tools/")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in sets]:
        parser.error(f"there is no set {', '.join(unknown)}")
    if not arguments.shared.is_dir():
        sys.stderr.write(f"the data is not there: {arguments.shared}\n")
        return LACKING
    print("\n".join(HEAD))
    figures: list[Figure] = []
    for name in arguments.names or sets:
        for figure in sets[name].measure(arguments.shared):
            print(figure.line(), flush=True)
            figures.append(figure)
        if arguments.pictures and hasattr(sets[name], "draw"):
            sets[name].draw(arguments.shared, ROOT / "docs")
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
