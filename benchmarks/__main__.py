"""Run every benchmark of this folder and print one table: `python -m benchmarks [--quick] [NAME…]`.

In: nothing but the code, and the real data where it lies beside the checkout. Out: the table on standard output, what
runs on standard error; exit code 1 if a target is missed or a benchmark fails. Trap: one that lacks its data is named
in the table and fails nothing.
"""

import argparse
import sys

from benchmarks.suite import find_benchmarks, rows_of, run, table


def main() -> int:
    """Run them one after the other; give the exit code."""
    found = {benchmark.name: benchmark for benchmark in find_benchmarks()}
    parser = argparse.ArgumentParser(prog="benchmarks", description="Run every benchmark and print one table.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these, of: {', '.join(found)}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, where a benchmark has them")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in found]:
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    rows = []
    for name in arguments.names or found:
        sys.stderr.write(f"{name} …\n")
        rows += rows_of(found[name], run(found[name], quick=arguments.quick))
    print("\n".join(table(rows)))
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
