"""Reckon the dispatcher at 1,000,000 feeds and 5,000,000 articles a day: `python -m benchmarks.dispatching`.

In: nothing. Out: a table, and with `--picture FILE` its picture. Trap: this is arithmetic with measured unit costs and
the product's own pace of hosts and rounds, not a run of the product.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.dispatching.picture import svg
from benchmarks.dispatching.played import Outcome, burst, lose_a_dispatcher, lose_a_queue, nothing, play
from benchmarks.dispatching.world import World

NEWS = World()
FIVE_TIMES = World(articles_a_day=5 * NEWS.articles_a_day)
PLAYED = (
    ("all goes well", NEWS, 1, nothing),
    ("all goes well", NEWS, 8, nothing),
    ("a shard of the queue lost for a minute", NEWS, 8, lose_a_queue),
    ("a dispatcher lost for five minutes, no second", NEWS, 8, lose_a_dispatcher),
    ("20,000 entries of 500 hosts at once", NEWS, 8, burst),
    ("five times as much", FIVE_TIMES, 1, nothing),
    ("five times as much", FIVE_TIMES, 2, nothing),
    ("five times as much", FIVE_TIMES, 8, nothing),
)
COLUMNS = (
    *("what is played", "shards", "came, a second", "begun, a second"),
    *("median, s", "p95, s", "p99, s", "longest, s", "most waiting"),
)
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def main() -> int:
    """Play all, print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.dispatching", description="Reckon the dispatcher at great size.")
    parser.add_argument("--picture", type=Path, help="write the picture to this file")
    parser.add_argument("--seconds", type=int, default=3600, help="of the busiest hour")
    arguments = parser.parse_args()
    print(HEAD, flush=True)
    outcomes = []
    for name, world, count, mishap in PLAYED:
        outcomes.append(play(name, world, count, mishap, seconds=arguments.seconds))
        print(_row(outcomes[-1], arguments.seconds), flush=True)
    if arguments.picture:
        arguments.picture.write_text(svg(outcomes), encoding="utf-8")
    return 0


def _row(one: Outcome, seconds: int) -> str:
    spans = " | ".join(f"{value:.1f}" for value in (one.median, one.p95, one.p99, one.longest))
    rates = f"{one.came / seconds:.0f} | {one.done / seconds:.0f}"
    return f"| {one.name} | {one.shards} | {rates} | {spans} | {one.most_waiting:,} |"


if __name__ == "__main__":
    sys.exit(main())
